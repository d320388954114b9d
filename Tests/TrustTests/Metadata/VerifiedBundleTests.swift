import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Only a bundle that the trusted targets name can be applied")
struct VerifiedBundleTests {
  private static let agent = SemanticVersion(major: 0, minor: 1, patch: 0)
  private static let manifest = Array(
    #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"}}"#.utf8)

  /// A view with one app, and its files.
  private struct View {
    var trusted: TrustedView
    var bundle: [UInt8]
    var manifests: ManifestSet
  }

  private func bundle(
    _ manifests: ManifestSet, seq: Int64 = 7, cluster: String = "c-1", fleet: String = "acme", minAgent: UInt32 = 1
  ) -> Bundle {
    let reference = BlobReference(sha256: Digest(of: manifests.canonicalBytes), length: manifests.canonicalBytes.count)
    let content = AppContent.present(app: "shop", manifests: reference.sha256, policy: AppPolicy())
    let app = Bundle.App(
      name: "shop", commit: String(repeating: "a", count: 40), committer: "ola",
      release: ReleaseDigest(Digest(of: "r")),
      rollout: "r-1", appDigest: content.digest, manifests: reference, order: 0, policy: AppPolicy())
    return Bundle(
      fleet: fleet, cluster: uid(cluster), bundleSeq: seq, prevSeq: 0,
      minAgent: SemanticVersion(major: 0, minor: minAgent, patch: 0), notBefore: TestRepository.now, apps: [app],
      removed: [])
  }

  private func view(listsApp: Bool = true, _ make: (ManifestSet) -> Bundle) throws -> View {
    let value = try JSON.parse(Self.manifest, file: "manifest")
    let manifests = try ManifestSet([try Manifest(value)])
    let bundle = make(manifests)
    let bytes = bundle.canonicalBytes
    var repository = try TestRepository()
    repository.files[TargetPath.bundle(of: TestRepository.cluster)] = BlobReference(
      sha256: Digest(of: bytes), length: bytes.count)
    if listsApp {
      for app in bundle.apps { repository.files[TargetPath.app(app.name, of: TestRepository.cluster)] = app.manifests }
    }
    var trusted = try repository.trusted()
    try trusted.take(try repository.publish())
    return View(trusted: trusted, bundle: bytes, manifests: manifests)
  }

  private func acceptance(epoch: Int64 = 0, seq: Int64 = 0, bundle: Digest? = nil) -> VerifiedBundle.Acceptance {
    VerifiedBundle.Acceptance(epoch: epoch, bundleSeq: seq, agentVersion: Self.agent, bundle: bundle)
  }

  @Test("a bundle and its manifests are taken when everything agrees")
  func taken() throws {
    let view = try view { bundle($0) }
    let verified = try VerifiedBundle(view.bundle, in: view.trusted, acceptance())
    #expect(verified.bundle.bundleSeq == 7)
    #expect(verified.epoch == 1)
    let app = try #require(verified.bundle.apps.first)
    let manifests = try verified.manifests(of: app, view.manifests.canonicalBytes)
    #expect(manifests.canonicalBytes == view.manifests.canonicalBytes)
    let other = try refusal { _ = try verified.manifests(of: app, Array("[]".utf8)) }
    #expect(other?.code == .contentMismatch)
    #expect(other?.address.app == "shop")
  }

  @Test("before there are targets there is no bundle")
  func noTargets() throws {
    let view = try view { bundle($0) }
    let empty = try TestRepository().trusted()
    #expect(VerifiedBundle.reference(in: empty) == nil)
    let error = try refusal { _ = try VerifiedBundle(view.bundle, in: empty, acceptance()) }
    #expect(error?.code == .contentMismatch)
  }

  @Test(
    "a lower (epoch, bundle_seq) is refused, a higher epoch begins anew (amendment 2)",
    arguments: [
      (Int64(1), Int64(8), true), (2, 1, true), (1, 6, false), (0, 900, false),
    ])
  func sequence(epoch: Int64, seq: Int64, isRefused: Bool) throws {
    let view = try view { bundle($0) }
    let error = try refusal {
      _ = try VerifiedBundle(view.bundle, in: view.trusted, acceptance(epoch: epoch, seq: seq))
    }
    #expect(error?.code == (isRefused ? .rollbackAttack : nil))
  }

  @Test("one bundle_seq never names two bundles")
  func sameNumberOtherContent() throws {
    let view = try view { bundle($0) }
    let other = try refusal {
      _ = try VerifiedBundle(view.bundle, in: view.trusted, acceptance(epoch: 1, seq: 7, bundle: Digest(of: "other")))
    }
    #expect(other?.code == .contentMismatch)
    let same = try refusal {
      _ = try VerifiedBundle(
        view.bundle, in: view.trusted, acceptance(epoch: 1, seq: 7, bundle: Digest(of: view.bundle)))
    }
    #expect(same == nil)
  }

  @Test(
    "a bundle for another cluster or fleet is refused, though the targets name it",
    arguments: [("c-2", "acme"), ("c-1", "acmf")])
  func foreign(cluster: String, fleet: String) throws {
    let view = try view { bundle($0, cluster: cluster, fleet: fleet) }
    let error = try refusal { _ = try VerifiedBundle(view.bundle, in: view.trusted, acceptance()) }
    #expect(error?.code == .wrongAudience)
  }

  @Test("an app whose manifests the targets do not name is refused")
  func unlistedManifests() throws {
    let view = try view(listsApp: false) { bundle($0) }
    let error = try refusal { _ = try VerifiedBundle(view.bundle, in: view.trusted, acceptance()) }
    #expect(error?.code == .contentMismatch)
    #expect(error?.address.app == "shop")
  }

  @Test("a bundle for newer agents is refused")
  func newerAgent() throws {
    let view = try view { bundle($0, minAgent: 2) }
    let error = try refusal { _ = try VerifiedBundle(view.bundle, in: view.trusted, acceptance()) }
    #expect(error?.code == .agentTooOld)
  }

  @Test("bytes longer or other than the targets say are refused")
  func otherBytes() throws {
    let view = try view { bundle($0) }
    for bytes in [view.bundle + [0x20], Array(view.bundle.dropLast()), []] {
      let error = try refusal { _ = try VerifiedBundle(bytes, in: view.trusted, acceptance()) }
      #expect(error?.code == .contentMismatch)
    }
  }

  @Test("an accepted bundle is read back only as it was, and only by its own cluster")
  func readBack() throws {
    let view = try view { bundle($0) }
    let digest = Digest(of: view.bundle)
    func read(_ bytes: [UInt8], _ cluster: String) throws -> FleetError? {
      try refusal {
        _ = try VerifiedBundle(accepted: bytes, digest: digest, cluster: uid(cluster), fleet: "acme", epoch: 1)
      }
    }
    #expect(try read(view.bundle, "c-1") == nil)
    #expect(try read(view.bundle, "c-2")?.code == .wrongAudience)
    #expect(try read(Array(view.bundle.dropLast()), "c-1")?.code == .contentMismatch)
  }
}
