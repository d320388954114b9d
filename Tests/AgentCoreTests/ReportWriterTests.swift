import AgentDoubles
import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@testable import AgentCore

@Suite("Reports are numbered, chained and signed, over restarts and failing disks")
struct ReportWriterTests {
  private static let key = Result { () throws(FleetError) in try PrivateKey.generate(.ed25519) }

  private func writer(_ directory: String, files: any FileSystem = HostFileSystem()) throws -> ReportWriter {
    let key = try Self.key.get()
    let cluster = try #require(ClusterUID("0123abcd"))
    return try ReportWriter(
      state: StateDirectory(path: directory, files: files),
      identity: .init(fleet: "acme", cluster: cluster, boot: "boot", agentVersion: "0.1.0", targetKind: "memory"),
      now: { Timestamp(seconds: 1_800_000_000) }, logger: Fixtures.logger,
      sign: { (payload) throws(FleetError) in try ReportEnvelope.sign(payload, with: key) })
  }

  private let standing = ReportWriter.Standing(
    trusted: .init(root: 1, timestamp: 2, snapshot: 3, targets: 4), bundleSeq: 5,
    timeFloor: Timestamp(seconds: 1_700_000_000))

  private func make(_ writer: ReportWriter) async throws -> ReportWriter.Envelope {
    try await writer.make([], server: "1", standing)
  }

  /// What was signed, verified.
  private func opened(_ envelope: ReportWriter.Envelope) throws -> (report: Report, digest: Digest) {
    let authentic = try UnverifiedReport(envelope: envelope.bytes).verified(
      by: try Self.key.get().publicKey, for: try #require(ClusterUID("0123abcd")), of: "acme")
    return (authentic.report, Digest(of: authentic.payload))
  }

  @Test("each has the next number and names the one before, also after a restart")
  func chain() async throws {
    try await withTemporaryDirectory { directory in
      var sent: [(report: Report, digest: Digest)] = []
      for _ in 0..<3 {
        let writer = try writer(directory)
        for _ in 0..<2 { sent.append(try opened(try await make(writer))) }
      }
      #expect(sent.map(\.report.seq) == [1, 2, 3, 4, 5, 6])
      #expect(sent.map(\.report.prev) == [nil] + sent.dropLast().map(\.digest))
      #expect(sent.last?.report.bundleSeq == 5)
    }
  }

  @Test("an event is in every report until one is acknowledged, and survives a restart")
  func events() async throws {
    try await withTemporaryDirectory { directory in
      let first = try writer(directory)
      await first.add(kind: "BundleRefused", reason: "its signature is wrong")
      let again = try writer(directory)
      for _ in 0..<2 { #expect(try opened(try await make(again)).report.events.map(\.kind) == ["BundleRefused"]) }
      try await again.acknowledged(await again.lastSeq)
      #expect(try opened(try await make(again)).report.events.isEmpty)
      #expect(try opened(try await make(try writer(directory))).report.events.isEmpty)
    }
  }

  @Test("whichever write fails, the reports that leave are a chain: none names one that never left, as one did before")
  func failingDisk() async throws {
    var failures = 0
    for failing in 1...40 {
      try await withTemporaryDirectory { directory in
        let writer = try writer(directory, files: FaultyFileSystem(.once(at: failing)))
        var sent: [(report: Report, digest: Digest)] = []
        for _ in 0..<4 {
          do {
            sent.append(try opened(try await make(writer)))
          } catch let error as FleetError {
            #expect(error.code == .fileSystem)
            failures += 1
          }
        }
        #expect(sent.map(\.report.prev) == [nil] + sent.dropLast().map(\.digest))
        #expect(sent.map(\.report.seq) == Array(1...Int64(sent.count)))
        // After a restart no number is used again.
        let last = try #require(sent.last?.report.seq)
        #expect(try opened(try await make(try self.writer(directory))).report.seq > last)
      }
    }
    #expect(failures > 10)
  }

  @Test("an outbox that cannot be read is an error, not an empty one: numbers would be used again")
  func damaged() async throws {
    try await withTemporaryDirectory { directory in
      try StateDirectory(path: directory, files: HostFileSystem()).write("outbox.json", Array("{}".utf8))
      let error = try #require(try refusal { _ = try writer(directory) })
      #expect(error.code == .agentState)
      #expect(error.address.file == "outbox.json")
    }
  }
}
