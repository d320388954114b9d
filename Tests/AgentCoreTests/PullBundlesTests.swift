import AgentDoubles
import Digests
import FleetModel
import Foundation
import HubSite
import LocalFleet
import Manifests
import Programs
import ReleasePipeline
import TestSupport
import Testing
import Trust
import Wire

@testable import AgentCore

@Suite("A bundle is accepted whole and verified, or the last good one stays", .timeLimit(.minutes(8)))
struct PullBundlesTests {
  /// An enrolled agent and its hub.
  private struct Pulling: Sendable {
    let stand: HubStand
    let state: StateDirectory
    let identity: AgentIdentity

    /// As after a start of the agent.
    func puller(
      in state: StateDirectory? = nil, version: String = "0.1.0", now: @escaping @Sendable () -> Timestamp = { .now }
    ) throws -> BundlePuller {
      try BundlePuller(
        identity: identity, state: state ?? self.state, version: try #require(SemanticVersion(version)),
        logger: Fixtures.logger, clock: now)
    }

    func pull(_ puller: BundlePuller) async throws -> DesiredState? {
      try await stand.connect(identity) { channel in
        guard case .accepted(let desired) = try await puller.pull(over: channel) else { return nil }
        return desired
      }
    }

    /// Pulls until both apps are there with this tag.
    func pull(_ puller: BundlePuller, tag: String) async throws -> DesiredState {
      try await awaited("the bundle of \(tag)", within: .seconds(120)) {
        let desired = try await pull(puller)
        return desired.map { tags($0) == [tag, tag] } == true ? desired : nil
      }
    }

    func tags(_ state: DesiredState) -> [String] {
      state.apps.compactMap { $0.manifests.manifests.first?.object["data"]?["tag"]?.string }
    }

    /// Commits another release, and returns when the hub has published it for this cluster.
    func release(_ tag: String) async throws {
      for app in ["db", "web"] {
        try stand.site.repository.write(SmallFleet(tag: tag).settings(of: app), to: SmallFleet.settings(of: app))
      }
      try stand.site.repository.commit(tag)
      // Another puller, with a state of its own, sees when it is there.
      let copy = try copied("scout-\(tag)")
      _ = try await pull(try puller(in: copy), tag: tag)
    }

    /// A copy of the agent's state.
    func copied(_ name: String, files: any FileSystem = HostFileSystem()) throws -> StateDirectory {
      let path = "\(stand.site.directory)/agents/\(name)"
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: state.path, toPath: path)
      return StateDirectory(path: path, files: files)
    }
  }

  private func pulling(_ body: @escaping @Sendable (Pulling) async throws -> Void) async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      let identity = try await stand.enrolment(state).enroll(token: try await stand.token())
      // Nothing is rolled out to a cluster that is not there.
      _ = stand.hub.sessions.begin(identity.cluster)
      await stand.hub.agents.sessionBegan(identity.cluster)
      try await body(Pulling(stand: stand, state: state, identity: identity))
    }
  }

  @Test("what is accepted is on disk: a start without the hub goes on from it")
  func accepted() async throws {
    try await pulling { agent in
      let puller = try agent.puller()
      #expect(await puller.restore() == nil)
      let desired = try await agent.pull(puller, tag: "1.0")
      #expect(try await agent.pull(puller) == nil)
      let standing = await puller.standing
      #expect(standing.bundleSeq == desired.bundleSeq)
      #expect(standing.trusted.root == 1)

      let restored = try #require(await agent.puller().restore())
      #expect(restored.bundleSeq == desired.bundleSeq)
      #expect(restored.apps.map(\.digest) == desired.apps.map(\.digest))
      #expect(await (try agent.puller()).standing.timeFloor == standing.timeFloor)
    }
  }

  @Test("the blobs of this bundle and the one before are kept, and no others")
  func blobs() async throws {
    try await pulling { agent in
      let puller = try agent.puller()
      for tag in ["1.0", "2.0", "3.0"] {
        if tag != "1.0" { try await agent.release(tag) }
        _ = try await agent.pull(puller, tag: tag)
      }
      let kept = try FileManager.default.contentsOfDirectory(atPath: "\(agent.state.path)/blobs")
      let current = try #require(try AcceptedBundle(in: agent.state))
      #expect(kept.contains(current.bundle.hex))
      #expect(kept.contains(try #require(current.previous).hex))
      // Two bundles, and at most two manifest sets of each.
      #expect(kept.count <= 6)
    }
  }

  @Test(
    "whatever is changed on the way is refused and what was accepted stays; once it is right it is taken",
    arguments: ["GetView", "GetMetadata and GetBlobs"])
  func refusals(calls: String) async throws {
    let flip: Meddling.Change = { bytes in
      var changed = bytes
      changed[changed.count / 2] ^= 1
      return changed
    }
    let meddlings: [(String, @Sendable (Meddling) -> Void)] = [
      ("a changed timestamp", { $0.change(.timestamp, flip) }),
      ("a changed snapshot", { $0.change(.snapshot, flip) }),
      ("changed targets", { $0.change(.targets, flip) }),
      ("no timestamp", { $0.change(.timestamp) { _ in nil } }),
      ("no snapshot", { $0.change(.snapshot) { _ in nil } }),
      ("no targets", { $0.change(.targets) { _ in nil } }),
      ("an empty timestamp", { $0.change(.timestamp) { _ in [] } }),
      ("a huge timestamp", { $0.change(.timestamp) { _ in [UInt8](repeating: 0x20, count: 3 << 20) } }),
      ("a changed blob", { $0.changeBlobs(flip) }),
      ("a blob that is cut off", { $0.changeBlobs { Array($0.dropLast()) } }),
      ("a blob that is too long", { $0.changeBlobs { $0 + [0] } }),
      ("no blob", { $0.changeBlobs { _ in nil } }),
      ("an empty blob", { $0.changeBlobs { _ in [] } }),
    ]
    try await pulling { agent in
      if calls != "GetView" { agent.stand.meddling.beOld() }
      let puller = try agent.puller()
      let good = try await agent.pull(puller, tag: "1.0")
      try await agent.release("2.0")
      for (what, meddle) in meddlings {
        let state = try agent.copied("copy")
        let puller = try agent.puller(in: state)
        meddle(agent.stand.meddling)
        let error = try await refusal { _ = try await agent.pull(puller) }
        #expect(error != nil, "\(what) is accepted")
        #expect(error?.code != .unavailable, "\(what): \(error.map { "\($0)" } ?? "")")
        for puller in [puller, try agent.puller(in: state)] {
          #expect(await puller.restore()?.apps.map(\.digest) == good.apps.map(\.digest), "\(what)")
          #expect(await puller.standing.bundleSeq == good.bundleSeq, "\(what)")
        }
        agent.stand.meddling.stop()
        let next = try await agent.pull(puller)
        #expect(next.map { agent.tags($0) } == ["2.0", "2.0"], "after \(what)")
      }
    }
  }

  @Test("what is new comes in one call; what does not fit into it comes by itself")
  func oneCall() async throws {
    try await pulling { agent in
      let puller = try agent.puller()
      _ = try await agent.pull(puller, tag: "1.0")
      try await agent.release("2.0")
      let before = agent.stand.meddling.calls
      _ = try await agent.pull(puller, tag: "2.0")
      #expect(agent.stand.meddling.calls - before == 1)

      try agent.stand.site.repository.write(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: web-settings, namespace: default}
        data:
          tag: "3.0"
          filling: \(String(repeating: "x", count: WireLimits.viewBlobBytes))

        """, to: SmallFleet.settings(of: "web"))
      try agent.stand.site.repository.commit("large")
      let large = try await awaited("the large one", within: .seconds(120)) { try await agent.pull(puller) }
      #expect(agent.tags(large).contains("3.0"))
      #expect(await puller.restore()?.apps.map(\.digest) == large.apps.map(\.digest))
    }
  }

  @Test("an older timestamp is refused, for it would bring an older bundle back")
  func rollback() async throws {
    try await pulling { agent in
      let puller = try agent.puller()
      _ = try await agent.pull(puller, tag: "1.0")
      let old = try #require(try agent.state.read("timestamp.json"))
      try await agent.release("2.0")
      let new = try await agent.pull(puller, tag: "2.0")
      agent.stand.meddling.change(.timestamp) { _ in old }
      let error = try await refusal { _ = try await agent.pull(puller) }
      #expect(error?.code == .rollbackAttack)
      #expect(await puller.restore()?.apps.map(\.digest) == new.apps.map(\.digest))
    }
  }

  @Test("metadata that has expired is refused; a clock before signed time does not make it young again")
  func time() async throws {
    try await pulling { agent in
      _ = try await agent.pull(try agent.puller(), tag: "1.0")
      let late = try agent.puller(now: { .now + .seconds(10 * 365 * 86_400) })
      #expect(try await refusal { _ = try await agent.pull(late) }?.code == .expiredMetadata)
      #expect(await late.restore() != nil)

      let floor = await late.standing.timeFloor
      let early = try agent.puller(now: { Timestamp(seconds: 0) })
      #expect(try await agent.pull(early) == nil)
      #expect(await early.standing.timeFloor >= floor)
    }
  }

  @Test("an agent that is too old for the bundle refuses it")
  func tooOld() async throws {
    try await pulling { agent in
      _ = try await agent.pull(try agent.puller(), tag: "1.0")
      try await agent.release("2.0")
      let old = try agent.puller(version: "0.0.1")
      let error = try #require(try await refusal { _ = try await agent.pull(old) })
      #expect("\(error)".contains("0.1.0"))
      #expect(await old.restore().map { agent.tags($0) } == ["1.0", "1.0"])
    }
  }

  @Test(
    "whichever operation of the disk fails, there is a whole bundle afterwards, and the next pull brings the new one")
  func failingDisk() async throws {
    try await pulling { agent in
      _ = try await agent.pull(try agent.puller(), tag: "1.0")
      try await agent.release("2.0")
      var failing = 1
      while true {
        let files = FaultyFileSystem(failing.isMultiple(of: 2) ? .once(at: failing) : .torn(at: failing))
        let state = try agent.copied("copy", files: files)
        let faulty = try agent.puller(in: state)
        _ = try await refusal { _ = try await agent.pull(faulty) }
        let healthy = StateDirectory(path: state.path, files: HostFileSystem())
        let restarted = try agent.puller(in: healthy)
        let found = try #require(await restarted.restore())
        #expect([["1.0", "1.0"], ["2.0", "2.0"]].contains(agent.tags(found)))
        _ = try await agent.pull(restarted)
        #expect(await restarted.restore().map { agent.tags($0) } == ["2.0", "2.0"], "after operation \(failing)")
        if files.count < failing { break }
        failing += 1
      }
      #expect(failing > 20)
    }
  }

  @Test(
    "a bundle that is damaged on disk is not used: the one before is, until the hub's comes again; it never came before"
  )
  func damagedOnDisk() async throws {
    try await pulling { agent in
      let puller = try agent.puller()
      _ = try await agent.pull(puller, tag: "1.0")
      try await agent.release("2.0")
      _ = try await agent.pull(puller, tag: "2.0")
      let current = try #require(try AcceptedBundle(in: agent.state)).bundle
      try Data([1, 2, 3]).write(to: URL(filePath: "\(agent.state.path)/blobs/\(current.hex)"))
      let restarted = try agent.puller()
      let restored = try #require(await restarted.restore())
      #expect(agent.tags(restored) != ["2.0", "2.0"])
      let again = try await agent.pull(restarted)
      #expect(again.map { agent.tags($0) } == ["2.0", "2.0"])
      #expect(await (try agent.puller()).restore().map { agent.tags($0) } == ["2.0", "2.0"])
      #expect(try AcceptedBundle(in: agent.state)?.previous != current)
    }
  }
}
