import AgentCore
import FleetModel
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("Only an answer about the exact digest is evidence of health", .timeLimit(.minutes(1)))
struct EvidenceTests {
  private struct Answering: HealthProbe {
    let answer: @Sendable ([UInt8]) throws(FleetError) -> [UInt8]
    func ask(_ question: [UInt8]) async throws(FleetError) -> [UInt8] { try answer(question) }
  }

  private func observe(_ probe: (any HealthProbe)?) async throws -> AppObservation {
    try await withTemporaryDirectory { directory in
      let target = Site(directory: directory).target(probe: probe)
      let app = try Site.app("one", maps: ["a", "b"])
      _ = await target.apply(app, .enforce)
      guard probe != nil else { return await target.observe(app) }
      let watch = Task { try await target.watch { _ in } }
      defer { watch.cancel() }
      // The suite's time limit ends a wait for nothing.
      while true {
        let seen = await target.observe(app)
        if seen.overall?.reason != "the probe has not answered yet" { return seen }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  private func answering(_ make: @escaping @Sendable (Value) -> Value) -> any HealthProbe {
    Answering { question throws(FleetError) in JSON.canonical(make(try JSON.parse(question, file: "question"))) }
  }

  @Test("without a probe health is Unknown, and holds a gate")
  func noProbe() async throws {
    let seen = try await observe(nil)
    #expect(seen.overall?.health == .unknown)
    #expect(seen.overall?.isBlocking == true)
  }

  @Test("an answer for this digest says how each object is; one that it leaves out is Unknown")
  func answered() async throws {
    let seen = try await observe(
      answering { question in
        let first = question["objects"]?.array?.first ?? .null
        return ["app_digest": question["app_digest"] ?? "", "objects": [["id": first, "health": "Healthy"]]]
      })
    #expect(seen.overall == nil)
    #expect(seen.objects.map(\.health) == [.healthy, .unknown])
    #expect(seen.objects.map(\.isBlocking) == [false, true])
  }

  @Test("an answer for another digest is Progressing, however healthy it calls everything")
  func otherDigest() async throws {
    let seen = try await observe(
      answering { question in
        let objects = (question["objects"]?.array ?? []).map { id -> Value in ["id": id, "health": "Healthy"] }
        return ["app_digest": "0000", "objects": .array(objects)]
      })
    #expect(seen.objects.isEmpty)
    #expect(seen.overall?.health == .progressing)
    #expect(seen.overall?.isBlocking == true)
  }

  @Test(
    "no answer, and one that makes no sense, are Unknown",
    arguments: [#"{"objects":[]}"#, "[]", "", #"{"app_digest":"x"}"#, "{\"app_digest\": 1, \"objects\": []}"])
  func nonsense(answer: String) async throws {
    let seen = try await observe(Answering { _ throws(FleetError) in Array(answer.utf8) })
    #expect(seen.overall?.health == .unknown)
    #expect(seen.overall?.isBlocking == true)
    let silent = try await observe(
      Answering { _ throws(FleetError) in throw FleetError(.fileSystem, "no answer in time") })
    #expect(silent.overall?.health == .unknown)
  }
}
