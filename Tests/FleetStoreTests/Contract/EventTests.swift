import FleetModel
import FleetStore
import Testing

@Suite("Events are kept in their order", .timeLimit(.minutes(2)))
struct EventTests {
  @Test("the last events come without a number, those after it with one", arguments: Backend.all)
  func order(backend: Backend) async throws {
    try await backend.withStore { store in
      for index in 1...5 { try await store.record(Trail(events: [event("E\(index)", at: Int64(index))])) }
      #expect(try await store.events(EventQuery(limit: 2)).map(\.event.kind) == ["E4", "E5"])
      let all = try await store.events(EventQuery())
      #expect(all.map(\.event.kind) == ["E1", "E2", "E3", "E4", "E5"])
      #expect(all[1].event == event("E2", at: 2))
      let after = EventQuery(after: all[1].number, limit: 2)
      #expect(try await store.events(after).map(\.event.kind) == ["E3", "E4"])
      #expect(try await store.events(EventQuery(after: all[4].number)).isEmpty)
    }
  }

  @Test("a query selects by kind, cluster, app and what stands in the subject", arguments: Backend.all)
  func filters(backend: Backend) async throws {
    try await backend.withStore { store in
      let events = [
        event("Healed", cluster: "fra-1", app: "shop"), event("Healed", cluster: "fra-2", app: "shop"),
        event("Refused", cluster: "fra-1"), event("Started", app: "shop"),
      ]
      try await store.record(Trail(events: events))
      func found(_ query: EventQuery) async throws -> [FleetEvent] { try await store.events(query).map(\.event) }
      #expect(try await found(EventQuery(kind: "Healed")) == [events[0], events[1]])
      #expect(try await found(EventQuery(cluster: "fra-1")) == [events[0], events[2]])
      #expect(try await found(EventQuery(after: 0, app: "shop")) == [events[0], events[1], events[3]])
      #expect(try await found(EventQuery(kind: "Healed", cluster: "fra-2", app: "shop")) == [events[1]])
      #expect(try await found(EventQuery(subject: "op/fra-1")) == [events[0]])
      #expect(try await found(EventQuery(subject: "fra-1", limit: 1)) == [events[2]])
      #expect(try await found(EventQuery(after: 0, subject: "fra", limit: 2)) == [events[0], events[1]])
      #expect(try await found(EventQuery(subject: "shop", limit: 9)) == [events[0], events[1], events[3]])
    }
  }

  @Test("the oldest give way, and no number is used again", arguments: Backend.all)
  func bounded(backend: Backend) async throws {
    try await backend.withStore { store in
      let kept = Int(EventLimits.kept)
      for start in stride(from: 0, to: kept + 5000, by: 5000) {
        try await store.record(Trail(events: (start..<start + 5000).map { event("E\($0)") }))
      }
      let oldest = try #require(try await store.events(EventQuery(after: 0, limit: 1)).first)
      let last = try #require(try await store.events(EventQuery(limit: 1)).first)
      #expect(oldest.event.kind == "E5000")
      #expect(last.event.kind == "E\(kept + 4999)")
      #expect(last.number - oldest.number == EventLimits.kept - 1)
    }
  }
}
