import Manifests
import Testing

@testable import Wire

@Suite("Messages")
struct RoundTripTests {
  @Test("every kind of message comes back as it was sent", arguments: everyMessageName)
  func roundTrip(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    try check(kind)
  }

  private func check<M: RandomMessage>(_ kind: M.Type) throws {
    var random = RandomSource(seed: 1)
    for _ in 0..<200 {
      let message = M.random(&random)
      let bytes: [UInt8] = message.encoded()
      let back = try M(wire: bytes)
      #expect(back == message)
      let again: [UInt8] = back.encoded()
      #expect(again == bytes, "equal messages have equal bytes")
    }
  }

  @Test("a message without anything in it has no bytes", arguments: everyMessageName)
  func empty(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    let bytes: [UInt8] = kind.init().encoded()
    #expect(bytes.isEmpty)
  }

  @Test("an optional number that is 0 differs from one that is absent")
  func presence() throws {
    let absent: [UInt8] = FlotillaV1.GetMetadataRequest(role: .root).encoded()
    let zero: [UInt8] = FlotillaV1.GetMetadataRequest(role: .root, version: 0).encoded()
    #expect(try FlotillaV1.GetMetadataRequest(wire: absent).version == nil)
    #expect(try FlotillaV1.GetMetadataRequest(wire: zero).version == 0)
  }

  @Test("a number that an enum does not know is kept and sent on")
  func unknownEnum() throws {
    let bytes: [UInt8] = FlotillaV1.Cluster(name: "a", link: .unrecognized(77)).encoded()
    let cluster = try FlotillaV1.Cluster(wire: bytes)
    #expect(cluster.link == .unrecognized(77))
    let again: [UInt8] = cluster.encoded()
    #expect(again == bytes)
  }

  @Test("fields of a newer peer are passed over")
  func unknownFields() throws {
    // Heartbeat {1: 5} with a varint field 99, a text field 100 and a fixed field 101.
    let bytes: [UInt8] = [8, 5, 0x98, 6, 1, 0xa2, 6, 2, 0x68, 0x69, 0xad, 6, 1, 2, 3, 4]
    #expect(try FlotillaV1.Heartbeat(wire: bytes) == FlotillaV1.Heartbeat(timeUnixMs: 5))
  }

  @Test("a choice of a newer peer reads as none")
  func unknownChoice() throws {
    #expect(try FlotillaV1.AgentMessage(wire: [0x9a, 6, 1, 0]).body == nil)
  }

  @Test("of a choice made twice the last counts, and of a map's key as well")
  func lastWins() throws {
    let first: [UInt8] = FlotillaV1.GetRolloutRequest(which: .id("1")).encoded()
    let second: [UInt8] = FlotillaV1.GetRolloutRequest(which: .app("shop")).encoded()
    #expect(try FlotillaV1.GetRolloutRequest(wire: first + second).which == .app("shop"))
    let a: [UInt8] = FlotillaV1.Cluster(labels: ["tier": "edge"]).encoded()
    let b: [UInt8] = FlotillaV1.Cluster(labels: ["tier": "core"]).encoded()
    #expect(try FlotillaV1.Cluster(wire: a + b).labels == ["tier": "core"])
  }
}
