import Manifests
import Programs
import Settings
import Synchronization
import Testing

@Suite("A program says with its exit status what became of a command")
struct ProgramTests {
  private final class Calls: Sendable {
    let arguments = Mutex<[[String]]>([])
  }

  private let calls = Calls()

  private var program: Program {
    let calls = calls
    return Program(
      "tester",
      [
        .init("work", "works") { arguments in calls.arguments.withLock { $0.append(arguments) } },
        .init("fail", "fails") { _ in throw FleetError(FleetError.Code("broken"), "it broke") },
        .init("misuse", "is called wrongly") { _ in throw FleetError(.usage, "no such option") },
      ])
  }

  @Test("0 when it was done, with the arguments after the command's name")
  func done() async {
    #expect(await program.run(["work", "--fast", "x"]) == 0)
    #expect(calls.arguments.withLock { $0 } == [["--fast", "x"]])
  }

  @Test("1 when it failed, 2 when it was called wrongly, without a command or with an unknown one")
  func failed() async {
    #expect(await program.run(["fail"]) == 1)
    #expect(await program.run(["misuse"]) == 2)
    #expect(await program.run([]) == 2)
    #expect(await program.run(["werk"]) == 2)
    #expect(calls.arguments.withLock { $0 }.isEmpty)
  }

  @Test("help and version are no failures")
  func help() async {
    #expect(await program.run(["--help"]) == 0)
    #expect(await program.run(["--version"]) == 0)
  }
}
