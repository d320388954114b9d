import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

/// A hub's keys and one published view, made anew for each test.
private struct PublishedView {
  static let now = Timestamp(seconds: 1_800_000_000)
  let created: HubKeys.Created
  let cluster: ClusterUID
  let bundleBytes: [UInt8]
  let view: MetadataSigner.SignedView

  init(seq: Int64 = 1) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-keys-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    created = try HubKeys.create(
      in: folder.path + "/keys", fleet: "acme", quorum: .development, rootDirectory: folder.path + "/root",
      passphrases: [], at: PublishedView.now)
    cluster = try #require(ClusterUID("c-1"))
    let bundle = Bundle(
      fleet: "acme", cluster: cluster, bundleSeq: seq, prevSeq: seq - 1,
      minAgent: SemanticVersion(major: 0, minor: 1, patch: 0), notBefore: PublishedView.now, apps: [], removed: [])
    bundleBytes = bundle.canonicalBytes
    view = try created.keys.signer.sign(
      bundle, bytes: bundleBytes, MetadataSigner.Versions(targets: 1, snapshot: 1, timestamp: 1),
      MetadataSigner.Expiry(.connected), at: PublishedView.now)
  }

  func trusted(as cluster: ClusterUID? = nil) throws -> TrustedView {
    let root = try RootMetadata(trusting: created.root, digest: Digest(of: created.root))
    return TrustedView(root: root, fleet: "acme", cluster: cluster ?? self.cluster)
  }

  /// Takes all three files in order.
  func take(into trusted: inout TrustedView, at now: Timestamp = PublishedView.now) throws {
    _ = try trusted.take(timestamp: view.timestamp, at: now)
    try trusted.take(snapshot: view.snapshot, at: now)
    try trusted.take(targets: view.targets, at: now)
  }
}

@Suite("A published view is verified by the agent's rules")
struct PublishedViewTests {
  private static let acceptance = VerifiedBundle.Acceptance(
    epoch: 0, bundleSeq: 0, agentVersion: SemanticVersion(major: 0, minor: 1, patch: 0))

  @Test("the view of the own cluster is taken, and its bundle with it")
  func ownViewIsTaken() throws {
    let published = try PublishedView()
    var trusted = try published.trusted()
    try published.take(into: &trusted)
    let verified = try VerifiedBundle(published.bundleBytes, in: trusted, Self.acceptance)
    #expect(verified.bundle.bundleSeq == 1)
    #expect(verified.epoch == 1)
  }

  @Test("another cluster's view is refused and leaves no trace (amendment 1: audience)")
  func foreignViewIsRefused() throws {
    let published = try PublishedView()
    var trusted = try published.trusted(as: ClusterUID("c-2"))
    let code = try refusal { try published.take(into: &trusted) }?.code
    #expect(code == .wrongAudience)
    #expect(trusted.versions.timestamp == 0)
  }

  @Test("an expired timestamp is not taken (TUF 5.4.4)")
  func expiredTimestampIsRefused() throws {
    let published = try PublishedView()
    var trusted = try published.trusted()
    let later = PublishedView.now + .seconds(8 * 86_400)
    let code = try refusal { try published.take(into: &trusted, at: later) }?.code
    #expect(code == .expiredMetadata)
  }

  @Test("no flipped byte of the timestamp, snapshot, targets or bundle is taken as something else")
  func flippedBytesAreRefused() throws {
    let published = try PublishedView()
    var intact = try published.trusted()
    try published.take(into: &intact)
    for index in published.view.timestamp.indices {
      var bytes = published.view.timestamp
      bytes[index] ^= 1
      var trusted = try published.trusted()
      if (try? trusted.take(timestamp: bytes, at: PublishedView.now)) != nil {
        #expect(trusted.versions.timestamp == 1)
      }
    }
    for index in published.bundleBytes.indices {
      var bytes = published.bundleBytes
      bytes[index] ^= 1
      let code = try refusal { _ = try VerifiedBundle(bytes, in: intact, Self.acceptance) }?.code
      #expect(code == .contentMismatch)
    }
  }

  @Test("a bundle below the accepted bundle_seq is refused (amendment 2)")
  func olderBundleIsRefused() throws {
    let published = try PublishedView()
    var trusted = try published.trusted()
    try published.take(into: &trusted)
    var acceptance = Self.acceptance
    (acceptance.epoch, acceptance.bundleSeq) = (1, 2)
    let code = try refusal { _ = try VerifiedBundle(published.bundleBytes, in: trusted, acceptance) }?.code
    #expect(code == .rollbackAttack)
  }

  @Test("a root other than the one that the join token names is refused")
  func otherRootIsRefused() throws {
    let published = try PublishedView()
    let code = try refusal { _ = try RootMetadata(trusting: published.created.root, digest: Digest(of: "another")) }?
      .code
    #expect(code == .contentMismatch)
  }
}
