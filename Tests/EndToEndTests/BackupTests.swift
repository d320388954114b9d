import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("A hub that is lost comes back from its backup", .serialized)
struct BackupTests {
  private func hub(_ arguments: String...) throws -> String {
    try LocalProcess.run("\(Stage.programs)/flotilla-hub", arguments)
  }

  private func loseHub(_ stage: Stage) async throws {
    try stage.fleet.hub.kill()
    try FileManager.default.removeItem(atPath: "\(stage.machine.directory)/hub")
  }

  /// How often agents complained that somebody set their view back.
  private func rollbacks(_ stage: Stage) -> Int {
    stage.sample.clusters.map { cluster in
      stage.fleet.cluster(cluster.name).log.split(separator: "\n").count { $0.contains("rollback") }
    }.reduce(0, +)
  }

  private func bundleSeqs(_ stage: Stage) async throws -> [Int64] {
    try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters.map(\.bundleSeq)
  }

  @Test("taken while it ran; its agents go on, no version is used twice, and the next commit reaches everybody")
  func restored() async throws {
    try await Stage.with { stage in
      let (state, copy) = ("\(stage.machine.directory)/hub", "\(stage.machine.directory)/backup")
      let passphrase = "\(stage.machine.directory)/passphrase"
      try Data("correct horse\n".utf8).write(to: URL(filePath: passphrase))
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      _ = try hub("backup", "--state-directory", state, "--to", copy, "--passphrase-file", passphrase)
      for name in ["ca.key", "targets.key", "online.key"] {
        let text = try String(contentsOfFile: "\(copy)/keys/\(name)", encoding: .utf8)
        #expect(text.contains("BEGIN ENCRYPTED PRIVATE KEY"), "\(name)")
      }
      for tag in ["lost-1", "lost-2"] { try await stage.succeeded(try stage.release(tag)) }
      let before = try await bundleSeqs(stage)
      #expect(before.allSatisfy { $0 >= 3 })

      try await loseHub(stage)
      let restore = ["restore", "--state-directory", state, "--from", copy]
      let locked = try refusal { try LocalProcess.run("\(Stage.programs)/flotilla-hub", restore) }
      #expect(locked?.cause.contains("passphrase") == true, "\(String(describing: locked))")
      _ = try LocalProcess.run("\(Stage.programs)/flotilla-hub", restore + ["--passphrase-file", passphrase])
      let twice = try refusal {
        try LocalProcess.run("\(Stage.programs)/flotilla-hub", restore + ["--passphrase-file", passphrase])
      }
      #expect(twice?.cause.contains("there is a hub already") == true, "\(String(describing: twice))")
      try stage.fleet.startHub()
      try await stage.fleet.allOnline()

      let commit = try stage.release("after")
      try await stage.succeeded(commit)
      for cluster in stage.sample.clusters { #expect(stage.tag(on: cluster.name) == "after") }
      let after = try await bundleSeqs(stage)
      #expect(zip(before, after).allSatisfy { $0 + 1 << 19 < $1 }, "\(before) then \(after)")
      #expect(rollbacks(stage) == 0)
      let acts = try await stage.fleet.ask { try await $0.listAudit(.init(filter: .init(actor: "hub", action: "hub"))) }
      #expect(acts.records.map(\.action) == ["hub.restore", "hub.backup"])
      _ = try LocalProcess.run(
        "\(Stage.programs)/flotilla", ["audit", "verify", "--operator", stage.fleet.operatorFile])
    }
  }

  @Test("what agents report decides, where its state was set back behind its back")
  func setBack() async throws {
    try await Stage.with { stage in
      let (state, copy) = ("\(stage.machine.directory)/hub", "\(stage.machine.directory)/copy")
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try await stage.fleet.hub.stop()
      try FileManager.default.copyItem(atPath: state, toPath: copy)
      try stage.fleet.startHub()
      for tag in ["lost-1", "lost-2"] { try await stage.succeeded(try stage.release(tag)) }
      let before = try await bundleSeqs(stage)
      try await loseHub(stage)
      try FileManager.default.moveItem(atPath: copy, toPath: state)
      try stage.fleet.startHub()
      try await stage.succeeded(try stage.release("after"))
      for cluster in stage.sample.clusters { #expect(stage.tag(on: cluster.name) == "after") }
      let after = try await bundleSeqs(stage)
      #expect(zip(before, after).allSatisfy { $0 < $1 }, "\(before) then \(after)")
    }
  }

  @Test("a backup that was damaged is refused, and one without a passphrase says what it is worth")
  func damaged() async throws {
    try await Stage.with { stage in
      let (state, copy) = ("\(stage.machine.directory)/hub", "\(stage.machine.directory)/backup")
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let taken = try LocalProcess.run(
        "sh", ["-c", "\(Stage.programs)/flotilla-hub backup --state-directory \(state) --to \(copy) 2>&1"])
      #expect(taken.contains("WARNING: the backup has the hub's keys UNENCRYPTED"), "\(taken)")
      let mode = try FileManager.default.attributesOfItem(atPath: "\(copy)/keys/ca.key")[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let again = try refusal { _ = try hub("backup", "--state-directory", state, "--to", copy) }
      #expect(again?.cause.contains("there is something already") == true)

      func damage(_ file: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: file))
      }
      let blobs = Stage.files(below: "\(copy)/store/blobs")
      let parts = ["\(copy)/store/blobs/\(try #require(blobs.first))", "\(copy)/store/store.sqlite"]
      for part in parts {
        try damage(part)
        let target = "\(stage.machine.directory)/new"
        let refused = try refusal { _ = try hub("restore", "--state-directory", target, "--from", copy) }
        #expect(refused?.cause.contains("is not what") == true, "\(part): \(String(describing: refused))")
        #expect(!FileManager.default.fileExists(atPath: "\(target)/store"))
        #expect(!FileManager.default.fileExists(atPath: "\(target)/keys"))
        try damage(part)
      }
      try FileManager.default.removeItem(atPath: "\(copy)/store/blobs")
      try FileManager.default.createDirectory(atPath: "\(copy)/store/blobs", withIntermediateDirectories: false)
      let other = "\(stage.machine.directory)/other"
      let lacking = try refusal { _ = try hub("restore", "--state-directory", other, "--from", copy) }
      #expect(lacking?.cause.contains("the backup lacks") == true, "\(String(describing: lacking))")
    }
  }
}
