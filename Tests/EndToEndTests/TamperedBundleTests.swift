import Foundation
import LocalFleet
import Testing
import Wire

@Suite("What was changed between the hub's signature and the agent is refused", .serialized)
struct TamperedBundleTests {
  private func blobs(_ stage: Stage) -> [String] {
    // What is being written is none yet.
    Stage.files(below: stage.fleet.blobs).filter { !$0.hasPrefix("tmp/") }.map { "\(stage.fleet.blobs)/\($0)" }
  }

  private func published(_ stage: Stage) async throws -> Int64 {
    try await stage.fleet.ask { try await $0.getCluster(.init(name: "dev-1")).cluster?.bundleSeq ?? 0 }
  }

  private func flip(_ file: String) throws {
    var bytes = try Data(contentsOf: URL(filePath: file))
    bytes[bytes.startIndex + bytes.count / 2] ^= 1
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    try bytes.write(to: URL(filePath: file))
  }

  @Test("the cluster keeps what it runs and is healed to it, the hub says why, and the next release goes through")
  func refused() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1"]) { stage in
      let server = stage.server(of: "dev-1")
      let before = Set(blobs(stage))
      let agent = try stage.fleet.cluster("dev-1").agent
      agent.suspend()
      let sequence = try await published(stage)
      try stage.release("2.0")
      try await eventually("the hub has published it for dev-1", within: .seconds(60)) {
        try await published(stage) > sequence
      }
      let new = blobs(stage).filter { !before.contains($0) }
      #expect(!new.isEmpty)
      for file in new { try flip(file) }
      agent.resume()

      try await eventually("the hub is told that dev-1 refuses it", within: .seconds(60)) {
        try await stage.fleet.ask { try await $0.listEvents(.init()) }.events.contains {
          $0.action == "BundleRefused" && $0.subject.contains("dev-1")
        }
      }
      #expect(try await server.image() == "registry.test/web:1.0")
      try await server.edit()
      try await eventually("it goes on with what it accepted last", within: .seconds(60)) {
        try await server.text() == "1.0"
      }

      try await stage.succeeded(try stage.release("3.0"))
      #expect(try await server.image() == "registry.test/web:3.0")
      #expect(try await server.text() == "3.0")
    }
  }
}
