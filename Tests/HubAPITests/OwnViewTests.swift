import Digests
import FleetModel
import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing
import Trust
import Wire

@Suite("An agent reads and reports only what is its own", .timeLimit(.minutes(8)))
struct OwnViewTests {
  /// Two clusters that run what the fleet says; what is rendered for them differs.
  private func withTwoClusters(
    _ body: @escaping @Sendable (OpenHub, _ dev: TestAgent, _ prod: TestAgent) async throws -> Void
  ) async throws {
    try await OpenHub.with { hub in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await hub.hub.driveToTheEnd([dev, prod])
      try await body(hub, dev, prod)
    }
  }

  private func blob(_ digest: Digest, of agent: TestAgent, from hub: OpenHub) async throws -> [UInt8] {
    let uid = try #require(await agent.uid)
    return try await hub.connect(as: .cluster(uid)) { channel in
      try await FlotillaV1.AgentClient(channel).getBlobs(.init(blobs: [.init(sha256: digest.bytes)])) { chunks in
        var bytes: [UInt8] = []
        for try await chunk in chunks { bytes += chunk.data }
        return bytes
      }
    }
  }

  private func timestamp(of agent: TestAgent, from hub: OpenHub) async throws -> [UInt8] {
    let uid = try #require(await agent.uid)
    return try await hub.connect(as: .cluster(uid)) { channel in
      try await FlotillaV1.AgentClient(channel).getMetadata(.init(role: .timestamp)).content
    }
  }

  @Test("the metadata is that of the certificate's cluster")
  func metadata() async throws {
    try await withTwoClusters { hub, dev, prod in
      let (one, other) = (try await timestamp(of: dev, from: hub), try await timestamp(of: prod, from: hub))
      #expect(one != other)
      let uid = try #require(await dev.uid)
      #expect(try await hub.hub.agents.metadata(.timestamp, of: uid, version: nil) == one)
    }
  }

  @Test("the view is that of the certificate's cluster, less what its agent has")
  func view() async throws {
    try await withTwoClusters { hub, dev, prod in
      let (one, other) = (try await view(of: dev, from: hub), try await view(of: prod, from: hub))
      let uid = try #require(await dev.uid)
      #expect(one.timestamp?.content == (try await hub.hub.agents.metadata(.timestamp, of: uid, version: nil)))
      #expect(one.snapshot?.content == (try await hub.hub.agents.metadata(.snapshot, of: uid, version: nil)))
      #expect(one.targets?.content == (try await hub.hub.agents.metadata(.targets, of: uid, version: nil)))
      let apps = try #require(await dev.bundle?.apps.map(\.manifests.sha256))
      #expect(Set(one.blobs.dropFirst().map { Digest(of: $0) }) == Set(apps))
      #expect(Set(one.blobs).isDisjoint(with: other.blobs))
      #expect(one.roots.count == 1 && one.hasAllRoots)

      let bundle = Digest(of: try #require(one.blobs.first))
      let trusted = FlotillaV1.TrustedVersions(
        root: 1, timestamp: one.timestamp?.version ?? 0, snapshot: one.snapshot?.version ?? 0,
        targets: one.targets?.version ?? 0)
      let known = try await view(of: dev, from: hub, .init(trusted: trusted, bundle: bundle.bytes))
      #expect(known == .init(hasAllRoots: true, timestamp: one.timestamp))
      let foreign = try await view(of: prod, from: hub, .init(trusted: trusted, bundle: bundle.bytes))
      #expect(foreign.blobs == other.blobs)
    }
  }

  private func view(
    of agent: TestAgent, from hub: OpenHub, _ request: FlotillaV1.GetViewRequest = .init()
  ) async throws -> FlotillaV1.GetViewResponse {
    let uid = try #require(await agent.uid)
    return try await hub.connect(as: .cluster(uid)) { try await FlotillaV1.AgentClient($0).getView(request) }
  }

  @Test("its blobs come whole, and those of another cluster are not found")
  func blobs() async throws {
    try await withTwoClusters { hub, dev, prod in
      let own = try #require(await dev.bundle?.apps.first?.manifests.sha256)
      let foreign = try #require(await prod.bundle?.apps.first?.manifests.sha256)
      #expect(own != foreign)
      #expect(Digest(of: try await blob(own, of: dev, from: hub)) == own)
      let refused = try await refusal { _ = try await blob(foreign, of: dev, from: hub) }
      #expect(refused?.code == .notFound)
      #expect(refused?.address.object == foreign.hex)
      #expect(Digest(of: try await blob(foreign, of: prod, from: hub)) == foreign)
    }
  }

  @Test("a blob is resumed from an offset, and one outside of it is refused")
  func offsets() async throws {
    try await withTwoClusters { hub, dev, _ in
      let uid = try #require(await dev.uid)
      let reference = try #require(await dev.bundle?.apps.first?.manifests)
      let whole = try await blob(reference.sha256, of: dev, from: hub)
      @Sendable func rest(from offset: Int64) async throws -> [UInt8] {
        try await hub.connect(as: .cluster(uid)) { channel in
          let request = FlotillaV1.GetBlobsRequest(blobs: [.init(sha256: reference.sha256.bytes, offset: offset)])
          return try await FlotillaV1.AgentClient(channel).getBlobs(request) { chunks in
            var bytes: [UInt8] = []
            for try await chunk in chunks { bytes += chunk.data }
            return bytes
          }
        }
      }
      #expect(try await rest(from: 7) == Array(whole.dropFirst(7)))
      #expect(try await rest(from: Int64(whole.count)) == [])
      for offset in [-1, Int64(whole.count) + 1, .max, .min] {
        let refused = try await refusal { _ = try await rest(from: offset) }
        #expect(refused?.code == .invalidRequest && refused?.address.field == "blobs.offset", "\(offset)")
      }
    }
  }

  @Test("more blobs than a call may name are refused")
  func tooMany() async throws {
    try await withTwoClusters { hub, dev, _ in
      let uid = try #require(await dev.uid)
      let refused = try await refusal {
        try await hub.connect(as: .cluster(uid)) { channel in
          let one = FlotillaV1.BlobWanted(sha256: Digest(of: []).bytes)
          let request = FlotillaV1.GetBlobsRequest(blobs: Array(repeating: one, count: WireLimits.blobsPerCall + 1))
          try await FlotillaV1.AgentClient(channel).getBlobs(request) { for try await _ in $0 {} }
        }
      }
      #expect(refused?.code == .invalidRequest)
    }
  }

  @Test("a report of another cluster is refused in the session of this one, and the session goes on")
  func foreignReport() async throws {
    try await withTwoClusters { hub, dev, prod in
      let (own, other) = (try #require(await dev.uid), try #require(await prod.uid))
      let stored = try await hub.hub.agents.lastReport(of: other)
      let foreign = try await prod.signedReport(seq: stored + 1)
      let answers = try await hub.connect(as: .cluster(own)) { channel in
        try await FlotillaV1.AgentClient(channel).session(
          sending: { writer in
            try await writer.write(.init(body: .hello(.init())))
            try await writer.write(.init(body: .report(.init(seq: stored + 1, envelope: foreign))))
            try await writer.write(.init(body: .heartbeat(.init())))
          },
          onResponses: { responses in
            var answers: [FlotillaV1.HubMessage] = []
            for try await response in responses { answers.append(response) }
            return answers
          })
      }
      let refused = answers.compactMap { answer -> FlotillaV1.ReportRefused? in
        if case .reportRefused(let refused) = answer.body { refused } else { nil }
      }
      #expect(refused.count == 1)
      #expect(refused.first?.error?.code.isEmpty == false)
      #expect(try await hub.hub.agents.lastReport(of: other) == stored)
    }
  }

  @Test("a session that does not begin with a hello, or says it twice, is refused")
  func hello() async throws {
    try await withTwoClusters { hub, dev, _ in
      let uid = try #require(await dev.uid)
      for messages in [
        [FlotillaV1.AgentMessage(body: .heartbeat(.init()))], Array(repeating: .init(body: .hello(.init())), count: 2),
      ] {
        let refused = try await refusal {
          try await hub.connect(as: .cluster(uid)) { channel in
            try await FlotillaV1.AgentClient(channel).session(
              sending: { for message in messages { try await $0.write(message) } },
              onResponses: { for try await _ in $0 {} })
          }
        }
        #expect(refused?.code == .invalidRequest)
      }
    }
  }
}
