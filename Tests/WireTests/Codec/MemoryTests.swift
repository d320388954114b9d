import Testing

@testable import Wire

typealias SampledMessage = RandomMessage & CMapped

@Suite("Unpacking with too little memory")
struct MemoryTests {
  @Test("fails cleanly wherever it runs out", arguments: everyMessageName)
  func everyBudget(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    guard let sampled = kind as? any SampledMessage.Type else {
      Issue.record("\(name) has no mapping to C")
      return
    }
    check(sampled)
  }

  /// Each budget up to what the message needs ends the unpacking at another allocation; protobuf-c must then free what
  /// it has. A wrong free shows as a crash.
  private func check<M: SampledMessage>(_ kind: M.Type) {
    var random = RandomSource(seed: 6)
    for _ in 0..<5 {
      let bytes: [UInt8] = M.random(&random).encoded()
      bytes.withUnsafeBytes { buffer in
        var budget = 0
        while Unpacked(M.descriptor, buffer, budget: budget) == nil { budget += 8 }
        #expect(budget <= WireLimits.decodeBudget(forBytes: bytes.count))
      }
    }
  }
}
