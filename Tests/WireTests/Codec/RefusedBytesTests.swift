import Manifests
import Testing

@testable import Wire

@Suite("Bytes that are refused")
struct RefusedBytesTests {
  private func error(_ decode: () throws -> some WireMessage) -> FleetError? {
    do {
      _ = try decode()
      return nil
    } catch {
      return error as? FleetError
    }
  }

  @Test("a NUL in a text is refused with the field's name, also where C would see only its beginning")
  func embeddedNUL() throws {
    // Hello {1: "ab\0c"}
    let error = try #require(error { try FlotillaV1.Hello(wire: [10, 4, 0x61, 0x62, 0, 0x63]) })
    #expect(error.code == .wireInvalidText)
    #expect(error.address.field == "flotilla.v1.Hello.agent_version")
  }

  @Test("a text that is not UTF-8 is refused", arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
  func invalidUTF8(text: [UInt8]) throws {
    let error = try #require(error { try FlotillaV1.Hello(wire: [10, UInt8(text.count)] + text) })
    #expect(error.code == .wireInvalidText)
  }

  @Test("texts in lists, maps, choices and nested messages are checked as well")
  func everywhere() throws {
    let nul: [UInt8] = [0]
    #expect(error { try FlotillaV1.GetFleetStatusResponse(wire: [0x4a, 1] + nul) }?.code == .wireInvalidText)
    #expect(error { try FlotillaV1.Cluster(wire: [0x22, 3, 0x12, 1] + nul) }?.code == .wireInvalidText)
    #expect(error { try FlotillaV1.GetRolloutRequest(wire: [10, 1] + nul) }?.code == .wireInvalidText)
    #expect(error { try FlotillaV1.AgentMessage(wire: [10, 3, 10, 1] + nul) }?.code == .wireInvalidText)
  }

  @Test("bytes keep their NULs")
  func bytesAreBytes() throws {
    let blob: [UInt8] = [0, 1, 0, 255, 0]
    let bytes: [UInt8] = FlotillaV1.GetMetadataResponse(content: blob).encoded()
    #expect(try FlotillaV1.GetMetadataResponse(wire: bytes).content == blob)
  }

  @Test("a NUL in a text that is sent arrives as U+FFFD, for the rest of the message is worth having")
  func sentNUL() throws {
    let bytes: [UInt8] = FlotillaV1.Event(actor: "hub", reason: "a\0b").encoded()
    #expect(try FlotillaV1.Event(wire: bytes) == FlotillaV1.Event(actor: "hub", reason: "a\u{FFFD}b"))
  }

  @Test("two keys of a map that Swift holds for equal are refused, not merged")
  func canonicallyEqualKeys() throws {
    func entry(_ key: String) -> [UInt8] {
      let key = Array(key.utf8)
      return [0x22, UInt8(key.count + 2), 10, UInt8(key.count)] + key
    }
    let error = try #require(error { try FlotillaV1.Cluster(wire: entry("é") + entry("e\u{301}")) })
    #expect(error.code == .wireInvalidText)
  }

  @Test("a message over its limit is refused before it is read")
  func tooLarge() throws {
    let bytes: [UInt8] = FlotillaV1.BlobChunk(data: [UInt8](repeating: 7, count: 1000)).encoded()
    let error = try #require(error { try FlotillaV1.BlobChunk(wire: bytes.span.bytes, limit: bytes.count - 1) })
    #expect(error.code == .wireTooLarge)
    _ = try FlotillaV1.BlobChunk(wire: bytes.span.bytes, limit: bytes.count)
  }

  @Test("a message that grows a hundredfold in memory is refused")
  func amplification() throws {
    // A million empty stages, two bytes each, would take some 200 MB.
    let hostile = [UInt8](repeatElement([0x12, 0], count: 1_000_000).joined())
    #expect(error { try FlotillaV1.RolloutDetail(wire: hostile) }?.code == .wireMalformed)
  }

  @Test("a nested message given again and again costs no quadratic time", .timeLimit(.minutes(1)))
  func repeatedMerging() throws {
    // Merging copies all stages gathered so far, each time: the budget ends it.
    let once: [UInt8] = [10, 4, 0x12, 2, 10, 0]
    let hostile = [UInt8](repeatElement(once, count: 600_000).joined())
    #expect(error { try FlotillaV1.GetRolloutResponse(wire: hostile) }?.code == .wireMalformed)
  }

  @Test("honest messages of every size fit their budget")
  func honestMessagesFit() throws {
    let cluster = FlotillaV1.RolloutCluster(name: "c", uid: [1], state: .soaked, changedUnixMs: 1)
    let stage = FlotillaV1.RolloutStage(name: "prod", clusters: Array(repeating: cluster, count: 20_000))
    let bytes: [UInt8] = FlotillaV1.RolloutDetail(stages: [stage]).encoded()
    #expect(try FlotillaV1.RolloutDetail(wire: bytes).stages.first?.clusters.count == 20_000)
    let wanted = FlotillaV1.BlobWanted(sha256: [UInt8](repeating: 1, count: 32))
    let request: [UInt8] = FlotillaV1.GetBlobsRequest(blobs: Array(repeating: wanted, count: 100_000)).encoded()
    #expect(try FlotillaV1.GetBlobsRequest(wire: request).blobs.count == 100_000)
    let events = (0..<1000).map { FlotillaV1.Event(n: Int64($0), actor: "a", action: "b", subject: "c", outcome: "d") }
    let page: [UInt8] = FlotillaV1.ListEventsResponse(events: events).encoded()
    #expect(try FlotillaV1.ListEventsResponse(wire: page).events == events)
  }

  @Test("cut and bent messages are decoded or refused, and nothing else", arguments: everyMessageName)
  func mutations(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    mutate(kind)
  }

  private func mutate<M: RandomMessage>(_ kind: M.Type) {
    var random = RandomSource(seed: 2)
    for _ in 0..<100 {
      var bytes: [UInt8] = M.random(&random).encoded()
      guard !bytes.isEmpty else { continue }
      for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
      if random.below(2) == 0 { bytes.removeLast(random.below(bytes.count)) }
      if let message = try? M(wire: bytes) {
        let again: [UInt8] = message.encoded()
        #expect((try? M(wire: again)) == message)
      }
    }
  }

  @Test("noise is decoded or refused, and nothing else", arguments: everyMessageName)
  func noise(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    var random = RandomSource(seed: 3)
    for _ in 0..<300 { _ = try? kind.init(wire: random.bytes()) }
  }
}
