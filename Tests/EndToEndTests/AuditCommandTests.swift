import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing

@Suite("The audit log is shown, exported and verified on the command line", .serialized)
struct AuditCommandTests {
  private func flotilla(_ stage: Stage, _ arguments: [String]) throws -> String {
    try LocalProcess.run("\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile])
  }

  /// What `audit verify` says of a log that is in a file.
  private func verify(_ log: String, _ stage: Stage, head: String? = nil) throws -> String {
    let file = "\(stage.machine.directory)/log.jsonl"
    try Data(log.utf8).write(to: URL(filePath: file))
    return try LocalProcess.run(
      "\(Stage.programs)/flotilla", ["audit", "verify", "--file", file] + (head.map { ["--head", $0] } ?? []))
  }

  private func complaint(_ log: [String], _ stage: Stage, head: String? = nil) throws -> String {
    try refusal { _ = try verify(log.map { $0 + "\n" }.joined(), stage, head: head) }?.cause ?? "nothing"
  }

  @Test("with who, what, to what and how it ended; whatever was changed, taken out or cut off is named")
  func whole() async throws {
    try await Stage.with { stage in
      for name in ["dev-1", "prod-1", "dev-1", "prod-1"] {
        try stage.machine.makeFolder("\(stage.machine.directory)/tokens")
        _ = try flotilla(stage, ["cluster", "token", name])
      }
      _ = try refusal { _ = try flotilla(stage, ["cluster", "token", "nowhere"]) }
      let listed = try flotilla(stage, ["audit", "list", "--actor", "admin", "--since", "1h"])
      #expect(listed.contains(/operator\/admin +cluster\.token +prod-1 +done/), "\(listed)")
      #expect(listed.contains(/operator\/admin +cluster\.token +nowhere +refused +no file/), "\(listed)")
      #expect(
        try flotilla(stage, ["audit", "list", "--since", "2099-01-01T00:00:00Z"]).split(separator: "\n").count == 1)
      #expect(try flotilla(stage, ["audit", "list", "--limit", "2", "-o", "json"]).split(separator: "\n").count == 2)

      let verified = try flotilla(stage, ["audit", "verify"])
      let head = try #require(verified.firstMatch(of: /the head is (\d+:[0-9a-f]{64})/)).1
      let log = try flotilla(stage, ["audit", "export"])
      #expect(try verify(log, stage) == verified)
      #expect(try verify(log, stage, head: String(head)) == verified)
      #expect(try flotilla(stage, ["audit", "verify", "--head", String(head)]) == verified)
      let lines = log.split(separator: "\n").map(String.init)
      #expect(lines.count > 4)
      let rest = try flotilla(stage, ["audit", "export", "--after", "2"])
      #expect(rest.split(separator: "\n").map(String.init) == Array(lines.dropFirst(2)))

      var changed = lines
      changed[2] = changed[2].replacing("prod-1", with: "dev-1").replacing("dev-1", with: "dev-2")
      #expect(try complaint(changed, stage).contains("record 3"))
      var shortened = lines
      shortened.remove(at: 2)
      #expect(try complaint(shortened, stage).contains("record 4"))
      var turned = lines
      turned.swapAt(1, 2)
      #expect(try complaint(turned, stage).contains("record 3"))
      let cut = Array(lines.dropLast())
      #expect(try complaint(cut, stage) == "nothing")
      #expect(try complaint(cut, stage, head: String(head)).contains("its end was cut off"))
      let wrong = try refusal { _ = try flotilla(stage, ["audit", "verify", "--head", "7"]) }
      #expect(wrong?.cause.contains("NUMBER:HASH") == true)
    }
  }
}
