import AgentCore
import FleetModel
import Foundation
import Glibc
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("A program is asked how the host's objects are", .timeLimit(.minutes(2)))
struct CommandProbeTests {
  /// A probe that runs these lines in a shell.
  private func shell(_ script: String, deadline: Duration = .seconds(60)) throws -> CommandProbe {
    try #require(CommandProbe(command: ["/bin/sh", "-c", script], deadline: deadline))
  }

  private func refusal(_ probe: CommandProbe) async throws -> FleetError {
    try #require(try await TestSupport.refusal { _ = try await probe.ask([]) })
  }

  /// Waits until no process has this number.
  private func gone(_ pid: String) async throws {
    let pid = try #require(pid_t(pid.trimmingCharacters(in: .whitespacesAndNewlines)))
    while kill(pid, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("it reads the question, and its answer is evidence")
  func answers() async throws {
    let app = try Site.app("one", maps: ["a", "b"])
    // Every object that the question names is healthy.
    let script = #"sed -e 's/"app":"[^"]*",//' -e 's,"\(/ConfigMap[^"]*\)",{"id":"\1"\,"health":"Healthy"},g'"#
    let answer = try await shell(script).ask(ProbeAnswer.question(about: app))
    let seen = try ProbeAnswer.observation(of: app, from: answer)
    #expect(seen.objects.map(\.health) == [.healthy, .healthy])
    #expect(seen.overall == nil)
  }

  @Test("an answer for another digest is Progressing")
  func otherDigest() async throws {
    let answer = try await shell(#"echo '{"app_digest":"0000","objects":[]}'"#).ask([])
    let seen = try ProbeAnswer.observation(of: try Site.app("one"), from: answer)
    #expect(seen.overall?.health == .progressing)
  }

  @Test("a question and an answer of megabytes arrive whole, with nobody waiting for anybody")
  func large() async throws {
    let question = [UInt8](repeating: 0x61, count: 3 << 20)
    #expect(try await shell("cat").ask(question) == question)
    #expect(try await shell("exit 0").ask(question).isEmpty)
  }

  @Test("an end with another status is no answer, whatever was printed; the end of its complaints is told")
  func badStatus() async throws {
    let error = try await refusal(
      try shell(#"echo '{}'; seq 1000 >&2; printf 'the \033[31mdaemon\n is away\n' >&2; exit 3"#))
    #expect(error.message == "the probe ended with status 3")
    #expect(error.cause.hasSuffix("999 1000 the [31mdaemon is away"))
    #expect(error.cause.utf8.count <= 300)
    #expect(error.address.file == "/bin/sh")
  }

  @Test("a crash is no answer")
  func crash() async throws {
    #expect(try await refusal(try shell("echo '{}'; kill -SEGV $$")).message == "the probe was ended by signal 11")
  }

  @Test("one that hangs is killed with all that it started")
  func hangs() async throws {
    try await withTemporaryDirectory { directory in
      let script = "sleep 1000 & echo $! > \(directory)/pid; echo $$ > \(directory)/own; trap '' TERM; wait"
      let error = try await refusal(try shell(script, deadline: .seconds(1)))
      #expect(error.message.contains("in time"))
      try await gone(try String(contentsOfFile: "\(directory)/pid", encoding: .utf8))
      try await gone(try String(contentsOfFile: "\(directory)/own", encoding: .utf8))
    }
  }

  @Test("an answer counts when the program ends, though what it left running keeps the pipe open; that is killed")
  func heldPipe() async throws {
    try await withTemporaryDirectory { directory in
      let answer = try await shell("sleep 1000 & echo $! > \(directory)/pid; echo done").ask([])
      #expect(String(decoding: answer, as: UTF8.self) == "done\n")
      try await gone(try String(contentsOfFile: "\(directory)/pid", encoding: .utf8))
    }
  }

  @Test("one that has left the group and goes on writing makes nobody wait")
  func escaped() async throws {
    try await withTemporaryDirectory { directory in
      let script =
        "setsid sh -c 'echo $$ > \(directory)/pid; yes >&2' & "
        + "while ! test -s \(directory)/pid; do :; done; echo done"
      let answer = try await shell(script).ask([])
      #expect(String(decoding: answer, as: UTF8.self) == "done\n")
      // Its pipe has no reader any more, which ends it.
      try await gone(try String(contentsOfFile: "\(directory)/pid", encoding: .utf8))
    }
  }

  @Test("an answer without end is cut off")
  func endless() async throws {
    #expect(try await refusal(try shell("yes")).message.contains("larger than \(ProbeLimits.answerBytes) bytes"))
  }

  @Test("complaints without end neither fill the memory nor hold up the answer")
  func complaints() async throws {
    let answer = try await shell("yes | head -c 20000000 >&2; echo done").ask([])
    #expect(String(decoding: answer, as: UTF8.self) == "done\n")
  }

  @Test("what cannot be started is named with the system's words")
  func cannotStart() async throws {
    try await withTemporaryDirectory { directory in
      let plain = "\(directory)/plain"
      try "#!/bin/sh\n".write(toFile: plain, atomically: false, encoding: .utf8)
      for (program, cause) in [("\(directory)/none", "No such file"), (plain, "Permission denied")] {
        let error = try await refusal(try #require(CommandProbe(command: [program])))
        #expect(error.message == "the probe cannot be started")
        #expect(error.cause.contains(cause))
        #expect(error.address.file == program)
      }
    }
  }

  @Test("no shell looks at its arguments, and it gets nothing of the agent but its question")
  func surroundings() async throws {
    let odd = "$HOME; `id` 'x' \"y\""
    let echo = try #require(CommandProbe(command: ["/bin/echo", "-n", odd]))
    #expect(String(decoding: try await echo.ask([]), as: UTF8.self) == odd)
    let variables = String(decoding: try await CommandProbe(command: ["/usr/bin/env"])?.ask([]) ?? [], as: UTF8.self)
    #expect(variables.split(separator: "\n").map { $0.prefix { $0 != "=" } }.sorted() == ["LANG", "PATH"])
    let open = String(decoding: try await shell("pwd; echo /proc/self/fd/*").ask([]), as: UTF8.self)
    // The last one is the shell's own, for reading that folder.
    #expect(open == "/\n/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n")
  }

  @Test("signals that are ignored here have their usual effect there")
  func signals() async throws {
    signal(SIGPIPE, SIG_IGN)
    #expect(String(decoding: try await shell("yes | head -n 1").ask([]), as: UTF8.self) == "y\n")
  }

  @Test("a cancelled question ends its program")
  func cancelled() async throws {
    try await withTemporaryDirectory { directory in
      let probe = try shell("echo $$ > \(directory)/pid; sleep 1000")
      let asking = Task { try await probe.ask([]) }
      var pid = ""
      while pid.isEmpty {
        try await Task.sleep(for: .milliseconds(5))
        pid = (try? String(contentsOfFile: "\(directory)/pid", encoding: .utf8)) ?? ""
      }
      asking.cancel()
      await #expect(throws: FleetError.self) { _ = try await asking.value }
      try await gone(pid)
    }
  }

  @Test("many questions leave neither a descriptor nor a zombie")
  func noLeaks() async throws {
    let probe = try shell("echo done; exit $(( $$ % 2 ))")
    let before = try descriptors()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try await TestSupport.refusal { _ = try await probe.ask([]) } } }
      try await group.waitForAll()
    }
    // Tests beside this one have descriptors and children of their own, which come and go. A leak would stay.
    while try descriptors() >= before + 50 { try await Task.sleep(for: .milliseconds(20)) }
    while try !questions().isEmpty || !zombies().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
  }

  private func questions() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { descriptor in
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
      return target?.contains("memfd:question") == true
    }
  }

  private func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  /// Children of this process that are dead and not waited for, and were shells.
  private func zombies() throws -> [String] {
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
    return processes.filter { process in
      let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
      return status.contains("(sh) Z \(getpid()) ")
    }
  }
}
