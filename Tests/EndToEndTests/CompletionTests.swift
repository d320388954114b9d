import Foundation
import LocalFleet
import TestSupport
import Testing

@Suite("A shell completes commands, options and names", .serialized)
struct CompletionTests {
  private static let program = "\(Stage.programs)/flotilla"

  /// What bash offers for a line that was typed so far, with the script that the program prints.
  private func complete(_ words: [String], operatorFile: String = "/nowhere") throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "completion-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script = try LocalProcess.run(Self.program, ["completion", "bash"])
    try script.write(toFile: "\(folder)/flotilla.bash", atomically: true, encoding: .utf8)
    let line = ["flotilla"] + words
    let driver = """
      set -e
      export PATH="\(Stage.programs):$PATH" FLOTILLA_OPERATOR="\(operatorFile)"
      source "\(folder)/flotilla.bash"
      handler="$(complete -p flotilla | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
      COMP_WORDS=(\(line.map { "'\($0)'" }.joined(separator: " ")))
      COMP_CWORD=\(words.count)
      COMP_LINE='\(line.joined(separator: " "))'
      COMP_POINT=${#COMP_LINE}
      COMP_TYPE=9
      set +e
      "$handler" flotilla '\(words.last ?? "")' '\(line.dropLast().last ?? "")' 2>/dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let offered = try LocalProcess.run("bash", ["--norc", "-c", driver])
    return offered.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test("bash loads what is printed, and completes subcommands at every depth, options and choices")
  func bash() throws {
    let commands = try complete([""])
    #expect(Set(["get", "rollout", "operator", "audit", "completion"]).isSubset(of: commands), "\(commands)")
    let one = try complete(["oper"])
    #expect(one == ["operator"])
    let below = try complete(["operator", ""])
    #expect(Set(["add", "list", "change", "renew", "remove"]).isSubset(of: below), "\(below)")
    let verify = try complete(["audit", "ver"])
    #expect(verify == ["verify"])
    let options = try complete(["audit", "verify", "--he"])
    #expect(options.contains("--head"), "\(options)")
    let roles = try complete(["operator", "add", "ana", "--role", ""])
    #expect(Set(["viewer", "deployer", "admin"]).isSubset(of: roles), "\(roles)")
  }

  @Test("with names of clusters, apps and operators that the hub knows, and none where there is no hub")
  func names() async throws {
    try await Stage.with { stage in
      let file = stage.fleet.operatorFile
      let lines = [
        (["tree", "cluster", ""], ["dev-1", "prod-1"]), (["cluster", "token", "pr"], ["prod-1"]),
        (["tree", "app", ""], ["web"]), (["operator", "remove", ""], ["admin"]),
      ]
      for (line, names) in lines {
        let offered = try complete(line, operatorFile: file)
        #expect(offered == names, "\(line)")
      }
      let none = try complete(["tree", "cluster", ""])
      #expect(none.isEmpty)
    }
  }

  @Test("the scripts of the other shells are theirs", arguments: ["zsh", "fish"])
  func others(shell: String) throws {
    let script = try LocalProcess.run(Self.program, ["completion", shell])
    #expect(script.contains(shell == "zsh" ? "#compdef flotilla" : "complete -c 'flotilla'"), "\(script.prefix(300))")
    let unknown = try refusal { try LocalProcess.run(Self.program, ["completion", "tcsh"]) }
    #expect(unknown != nil)
  }
}
