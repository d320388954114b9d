import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

/// A published view, as a static web server would have it, and what our own client makes of it.
private struct StaticView {
  let root: [UInt8]
  let cluster: ClusterUID
  var files: [String: [UInt8]]
  let wanted: [String: Digest]

  /// Publishes a random bundle.
  init(_ hub: TestHub, at now: Timestamp, using random: inout SeededRandom) throws {
    root = hub.created.root
    let cluster = uid("c-\(random.next() % 1_000_000)")
    self.cluster = cluster
    var blobs: [String: [UInt8]] = [:]
    let names = Set((0..<Int.random(in: 0...8, using: &random)).map { _ in StaticView.name(using: &random) }).sorted()
    let apps = names.map { name in
      let content = StaticView.content(using: &random)
      blobs[TargetPath.app(name, of: cluster)] = content
      return StaticView.app(name, content)
    }
    let bundle = FleetModel.Bundle(
      fleet: "acme", cluster: cluster, bundleSeq: Int64.random(in: 1 ... .max, using: &random), prevSeq: 0,
      minAgent: SemanticVersion(major: 0, minor: 1, patch: 0), notBefore: now, apps: apps, removed: [])
    blobs[TargetPath.bundle(of: cluster)] = bundle.canonicalBytes
    let versions = MetadataSigner.Versions(
      targets: .random(in: 1...1_000_000, using: &random), snapshot: .random(in: 1...1_000_000, using: &random),
      timestamp: .random(in: 1...1_000_000, using: &random))
    let connectivity = ClusterDeclaration.Connectivity.allCases.randomElement(using: &random) ?? .connected
    let view = try hub.keys.signer.sign(
      bundle, bytes: bundle.canonicalBytes, versions, MetadataSigner.Expiry(connectivity), at: now)
    files = [
      "metadata/timestamp.json": view.timestamp, "metadata/\(versions.snapshot).snapshot.json": view.snapshot,
      "metadata/\(versions.targets).targets.json": view.targets,
    ]
    wanted = blobs.mapValues { Digest(of: $0) }
    for (path, bytes) in blobs {
      let parts = path.split(separator: "/")
      let folder = parts.dropLast().joined(separator: "/")
      files["targets/\(folder)/\(Digest(of: bytes).hex).\(parts.last ?? "")"] = bytes
    }
  }

  private static func name(using random: inout SeededRandom) -> String {
    String((0..<Int.random(in: 1...12, using: &random)).map { _ in "abcxyz09".randomElement(using: &random) ?? "a" })
  }

  /// 8 to 3,000 bytes, eight at a time: a view has thousands.
  private static func content(using random: inout SeededRandom) -> [UInt8] {
    var content: [UInt8] = []
    for _ in 0..<Int.random(in: 1...375, using: &random) {
      withUnsafeBytes(of: random.next()) { content.append(contentsOf: $0) }
    }
    return content
  }

  private static func app(_ name: String, _ content: [UInt8]) -> FleetModel.Bundle.App {
    FleetModel.Bundle.App(
      name: name, commit: String(repeating: "a", count: 40), committer: "ola \u{e9}", release: .init(Digest(of: name)),
      rollout: "r-1",
      appDigest: AppContent.present(app: name, manifests: Digest(of: content), policy: AppPolicy()).digest,
      manifests: BlobReference(sha256: Digest(of: content), length: content.count), order: 0, policy: AppPolicy())
  }

  /// Flips one bit of one file of metadata.
  mutating func tamper(using random: inout SeededRandom) {
    let names = files.keys.filter { $0.hasPrefix("metadata/") }.sorted()
    guard let name = names.randomElement(using: &random), var bytes = files[name],
      let index = bytes.indices.randomElement(using: &random)
    else { return }
    bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
    files[name] = bytes
  }

  /// The view as the script reads it.
  var line: Value {
    let files = files.merging(["root.json": root], uniquingKeysWith: { first, _ in first })
    return [
      "files": .object(Object(uniqueEntries: files.map { ($0.key, .string(Data($0.value).base64EncodedString())) })),
      "wanted": .array(wanted.keys.sorted().map { .string($0) }),
    ]
  }

  /// What the agent's own rules say.
  func ownVerdict(at now: Timestamp) throws -> FleetError? {
    try refusal {
      var view = TrustedView(
        root: try RootMetadata(trusting: root, digest: Digest(of: root)), fleet: "acme", cluster: cluster)
      func file(_ end: String) -> [UInt8] { files.first { $0.key.hasSuffix(end) }?.value ?? [] }
      _ = try view.take(timestamp: file("/timestamp.json"), at: now)
      try view.take(snapshot: file(".snapshot.json"), at: now)
      try view.take(targets: file(".targets.json"), at: now)
    }
  }
}

/// SplitMix64: the same views for the same seed.
private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}

@Suite(
  "TUF's own client reads what the hub publishes",
  .enabled("pip reaches a package index") { try await PythonEnvironment.interoperation.isAvailable() })
struct PythonClientTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Interop/read_views.py").path

  /// python-tuf takes "now" from the system.
  private let now = Timestamp(seconds: Int64(Date.now.timeIntervalSince1970))

  /// What python-tuf says of every view, by its name. They go there in one file: thousands take a disk its time.
  private func verdicts(_ views: [String: StaticView], in folder: String) async throws -> Value {
    let all = Value.object(Object(uniqueEntries: views.map { ($0.key, $0.value.line) }))
    try Data(JSON.compact(all)).write(to: URL(fileURLWithPath: "\(folder)/views.json"))
    let text = try await PythonEnvironment.interoperation.run(Self.script, ["\(folder)/views.json"])
    return try JSON.parse(Array(text.utf8), file: "read_views.py")
  }

  @Test("random views verify, and every target is downloaded with the digest that was published")
  func randomViews() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder, quorum: .standard, at: now)
      var random = SeededRandom(seed: 1)
      var views: [String: StaticView] = [:]
      for number in 0..<1_000 {
        views["\(number)"] = try StaticView(hub, at: now, using: &random)
      }
      let verdicts = try await verdicts(views, in: folder)
      for (name, view) in views {
        let targets = verdicts[name]?["targets"]?.object?.entries.map { ($0.key, $0.value.string) } ?? []
        #expect(
          Dictionary(uniqueKeysWithValues: targets) == view.wanted.mapValues { $0.hex },
          "view \(name): \(verdicts[name].map(String.init(describing:)) ?? "")")
        #expect(try view.ownVerdict(at: now) == nil)
      }
    }
  }

  @Test("of views with one flipped bit the agent takes none that python-tuf refuses")
  func tamperedViews() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder, at: now)
      var random = SeededRandom(seed: 2)
      var own: [String: FleetError?] = [:]
      var views: [String: StaticView] = [:]
      for number in 0..<300 {
        var view = try StaticView(hub, at: now, using: &random)
        view.tamper(using: &random)
        views["\(number)"] = view
        own["\(number)"] = try view.ownVerdict(at: now)
      }
      let verdicts = try await verdicts(views, in: folder)
      for (name, refusal) in own where refusal == nil {
        #expect(verdicts[name]?["error"] == nil, "view \(name)")
      }
      #expect(own.values.count { $0 != nil } > 250)
    }
  }

  @Test("a view that has expired, and one that another hub signed, are refused by both")
  func refusedByBoth() async throws {
    try await withTemporaryDirectory { folder in
      var random = SeededRandom(seed: 3)
      let hub = try TestHub(in: "\(folder)/hub", at: now)
      let other = try TestHub(in: "\(folder)/other", at: now)
      let past = now - .seconds(100 * 86_400)
      let expired = try StaticView(hub, at: past, using: &random)
      var foreign = try StaticView(hub, at: now, using: &random)
      foreign.files = try StaticView(other, at: now, using: &random).files
      let verdicts = try await verdicts(["expired": expired, "foreign": foreign], in: folder)
      #expect(verdicts["expired"]?["error"]?.string?.hasPrefix("ExpiredMetadataError") == true)
      #expect(verdicts["foreign"]?["error"]?.string?.hasPrefix("UnsignedMetadataError") == true)
      #expect(try expired.ownVerdict(at: now)?.code == .expiredMetadata)
      #expect(try foreign.ownVerdict(at: now)?.code == .badSignature)
    }
  }
}
