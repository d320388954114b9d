import Digests
import FleetModel
import FleetStore
import Foundation
import Manifests
import TestSupport
import Testing

@Suite("A hub killed at any instant keeps what it acknowledged", .timeLimit(.minutes(5)))
struct KillTests {
  @Test("25 times kill -9 while it writes everything at once, on one state directory")
  func killed() async throws {
    try await withTemporaryDirectory { directory in
      for round in 0..<25 {
        // Every fifth is killed while it still opens the store.
        let delay = UInt32.random(in: round % 5 == 4 ? 1...30_000 : 30_000...200_000)
        await #expect(processExitsWith: .signal(SIGKILL), "round \(round), killed after \(delay) µs") {
          [directory = directory as String, delay = delay as UInt32] in
          KillTests.killThisProcess(after: delay)
          try await Workload(directory).run()
        }
        try await Workload(directory).check("round \(round), killed after \(delay) µs")
      }
      let advanced = try Workload(directory).acknowledged("advanced").compactMap { Int($0) }.max() ?? 0
      #expect(advanced > 25, "the workload hardly got to write: \(advanced) steps")
    }
  }

  static func killThisProcess(after microseconds: UInt32) {
    Thread.detachNewThread {
      usleep(microseconds)
      kill(getpid(), SIGKILL)
    }
  }
}

/// Writes all that belongs together, for ever, and notes beside the store what was acknowledged.
private struct Workload {
  let directory: String

  init(_ directory: String) { self.directory = directory }

  func acknowledged(_ kind: String) throws -> [String] {
    guard let text = try? String(contentsOfFile: "\(directory)/\(kind).acks", encoding: .utf8) else { return [] }
    // A line that the kill cut short was not acknowledged.
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  private func acknowledge(_ kind: String, _ text: String) {
    let descriptor = open("\(directory)/\(kind).acks", O_WRONLY | O_APPEND | O_CREAT, 0o600)
    _ = (text + "\n").withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
  }

  func run() async throws {
    let store = try SQLiteStore(directory: directory)
    let cluster = try await store.register("fra-1")
    try await withThrowingTaskGroup { group in
      group.addTask { try await advance(store, cluster) }
      group.addTask { try await publish(store, cluster) }
      group.addTask { try await report(store, cluster) }
      group.addTask { try await saveBlobs(store) }
      group.addTask { try await enroll(store, cluster) }
      try await group.waitForAll()
    }
  }

  private func advance(_ store: SQLiteStore, _ cluster: ClusterUID) async throws {
    var number = Int64(try await store.rolloutLog(after: 0, limit: .max).count)
    while true {
      number += 1
      try await store.advanceRollouts(
        RolloutStep(
          entries: [logRecord(number)], assignments: [.assign(assignment(cluster, "shop", "\(number)"))],
          rollouts: [rolloutRecord("r1", status: "\(number)")], trail: Trail(audit: [entry("step")])))
      acknowledge("advanced", "\(number)")
    }
  }

  private func publish(_ store: SQLiteStore, _ cluster: ClusterUID) async throws {
    while true {
      let versions = try await store.publishNext(cluster)
      acknowledge("published", "\(versions.timestamp)")
    }
  }

  private func report(_ store: SQLiteStore, _ cluster: ClusterUID) async throws {
    var seq = try await store.latestReport(of: cluster)?.seq ?? 0
    while true {
      seq += 1
      let app = observed("shop", "\(seq)")
      #expect(try await store.recordReport(FleetStoreTests.report(cluster, seq: seq, apps: [app])) == .accepted)
      acknowledge("reported", "\(seq)")
    }
  }

  private func saveBlobs(_ store: SQLiteStore) async throws {
    while true {
      let blobs = (0..<5).map { _ in [UInt8]((0..<2000).map { _ in UInt8.random(in: 0...255) }) }
      for digest in try await store.saveBlobs(blobs) { acknowledge("blobs", digest.hex) }
    }
  }

  private func enroll(_ store: SQLiteStore, _ cluster: ClusterUID) async throws {
    while true {
      let token = UUID().uuidString
      try await store.enroll(cluster, token: token, key: token)
      acknowledge("enrolled", token)
    }
  }

  func check(_ comment: Comment) async throws {
    let store = try SQLiteStore(directory: directory)
    try await checkRollouts(store, comment)
    try await checkPublications(store, comment)
    for hex in try acknowledged("blobs") {
      #expect(try await store.blob(try #require(Digest(hex: hex))) != nil, comment)
    }
    for token in try acknowledged("enrolled") {
      let repeated = try await store.redeemToken(redemption(token, key: token, at: 2), trail: .none)
      #expect(repeated.reply == bytes("reply"), comment)
      #expect(try await store.certificate(serial: "c-\(token)-reply") != nil, comment)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/blobs/tmp").isEmpty, comment)
    try await store.close()
  }

  private func checkRollouts(_ store: SQLiteStore, _ comment: Comment) async throws {
    let log = try await store.rolloutLog(after: 0, limit: .max).map(\.number)
    let last = log.last ?? 0
    #expect(log == Array(1..<last + 1), comment)
    #expect(last >= (try acknowledged("advanced").compactMap { Int64($0) }.max() ?? 0), comment)
    #expect(try await store.rollout("r1")?.status == (last == 0 ? nil : "\(last)"), comment)
    #expect(try await store.assignments().map(\.digest) == (last == 0 ? [] : [appDigest("\(last)")]), comment)
    #expect(try await store.verifyAudit()?.n ?? 0 == last, comment)
  }

  private func checkPublications(_ store: SQLiteStore, _ comment: Comment) async throws {
    guard let cluster = try await store.cluster(named: "fra-1")?.uid else {
      #expect(try acknowledged("published").isEmpty && acknowledged("reported").isEmpty, comment)
      return
    }
    let published = try await store.publication(of: cluster)
    #expect((published?.versions.timestamp ?? 0) >= (try acknowledged("published").compactMap { Int64($0) }.max() ?? 0))
    if let published {
      for role in ViewRole.allCases {
        let expected = bytes("\(role.rawValue) \(published.versions[role]) a")
        #expect(try await store.metadata(of: cluster, role, version: nil) == expected, comment)
      }
      let bundle = bytes("bundle \(published.versions.bundleSeq) a")
      #expect(try await store.bundle(of: cluster, published.bundle) == bundle, comment)
    }
    let seq = try await store.latestReport(of: cluster)?.seq ?? 0
    #expect(seq >= (try acknowledged("reported").compactMap { Int64($0) }.max() ?? 0), comment)
    let observed = try await store.observedApps(of: cluster).map(\.app.appDigest)
    #expect(observed == (seq == 0 ? [] : [appDigest("\(seq)")]), comment)
  }
}
