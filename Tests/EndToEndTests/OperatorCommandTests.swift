import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing

@Suite("Operators are added, bound and removed on the command line", .serialized)
struct OperatorCommandTests {
  private func flotilla(_ stage: Stage, as file: String? = nil, _ arguments: String...) throws -> String {
    try LocalProcess.run(
      "\(Stage.programs)/flotilla", arguments + ["--operator", file ?? stage.fleet.operatorFile])
  }

  private func mode(of path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test("with a key that stays with its owner, or one that is made on the spot")
  func added() async throws {
    try await Stage.with { stage in
      let home = stage.machine.directory
      try LocalProcess.run("\(Stage.programs)/flotilla", ["operator", "request", "--directory", "\(home)/ana"])
      #expect(try mode(of: "\(home)/ana/operator.key") == 0o600)
      _ = try flotilla(
        stage, "operator", "add", "ana", "--role", "deployer", "--environment", "dev", "--request",
        "\(home)/ana/operator.csr", "--directory", "\(home)/for-ana")
      #expect(!FileManager.default.fileExists(atPath: "\(home)/for-ana/operator.key"))
      for name in ["operator.json", "operator.pem", "ca.pem"] {
        try FileManager.default.copyItem(atPath: "\(home)/for-ana/\(name)", toPath: "\(home)/ana/\(name)")
      }
      _ = try flotilla(stage, "operator", "add", "robot", "--role", "viewer", "--directory", "\(home)/robot")
      let (ana, robot) = ("\(home)/ana/operator.json", "\(home)/robot/operator.json")
      for file in [ana, robot] {
        #expect(try flotilla(stage, as: file, "get", "clusters", "-o", "name") == "dev-1\nprod-1\n")
      }
      let listed = try flotilla(stage, "operator", "list")
      #expect(listed.contains(/(?m)^admin +admin +all +\d{4}-/), "\(listed)")
      #expect(listed.contains(/(?m)^ana +deployer +dev +\d{4}-/), "\(listed)")
      #expect(listed.contains(/(?m)^robot +viewer +all +\d{4}-/), "\(listed)")

      let token = try refusal { _ = try flotilla(stage, as: ana, "cluster", "token", "dev-1") }
      #expect(token?.cause.contains("[operator-refused]") == true && token?.cause.contains("admin") == true)
      _ = try flotilla(stage, "operator", "change", "robot", "--role", "admin", "--environment", "dev")
      #expect(try flotilla(stage, as: robot, "cluster", "token", "dev-1").isEmpty == false)
      let prod = try refusal { _ = try flotilla(stage, as: robot, "cluster", "token", "prod-1") }
      #expect(prod?.cause.contains("bound to dev") == true, "\(String(describing: prod))")
    }
  }

  @Test("and removed, the first one of the hub's making too, and get a new certificate in time")
  func removed() async throws {
    try await Stage.with { stage in
      let home = stage.machine.directory
      let last = try refusal { _ = try flotilla(stage, "operator", "remove", "admin", "-m", "leaves") }
      #expect(last?.cause.contains("last admin") == true, "\(String(describing: last))")
      _ = try flotilla(stage, "operator", "add", "eva", "--role", "admin", "--directory", "\(home)/eva")
      let eva = "\(home)/eva/operator.json"
      _ = try flotilla(stage, as: eva, "operator", "renew", "--directory", "\(home)/eva-2")
      _ = try flotilla(
        stage, as: "\(home)/eva-2/operator.json", "operator", "remove", "admin", "--reason", "leaves")
      let refused = try refusal { _ = try flotilla(stage, "get", "clusters") }
      #expect(refused?.cause.contains("[certificate-revoked]") == true, "\(String(describing: refused))")
      #expect(try flotilla(stage, as: eva, "operator", "list", "-o", "name") == "eva\n")
      let again = try refusal {
        _ = try flotilla(stage, as: eva, "operator", "renew", "--directory", "\(home)/eva-2")
      }
      #expect(again?.cause.contains("[operator-files]") == true, "\(String(describing: again))")
    }
  }
}
