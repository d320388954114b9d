import Testing

@testable import RolloutEngine
@testable import RolloutRules

@Suite("The tables of Docs/rollouts.md")
struct TableTests {
  @Test("every row of a table has an id of its own")
  func everyRowHasAnID() throws {
    let ids = try DocumentedRow.read().map(\.id)
    #expect(ids.count > 100)
    #expect(Set(ids).count == ids.count)
  }

  @Test("a story shows the rows that it says it shows", arguments: Story.all.filter { !$0.rows.isEmpty })
  func aStoryShowsItsRows(_ story: Story) throws {
    for claim in try Self.claims(of: story, DocumentedRow.read()) {
      #expect(claim.evidence.isThere, "\(claim.row) after \(claim.commands)")
    }
  }

  @Test("every row is shown by a story, from every state and to every state that it lists, and by every event")
  func everyRowIsShown() throws {
    let rows = try DocumentedRow.read()
    var shown: [String: Evidence] = [:]
    for story in Story.all {
      for claim in try Self.claims(of: story, rows) { shown[claim.row, default: .none].add(claim.evidence) }
    }
    for row in rows {
      let evidence = shown[row.id] ?? .none
      let missing =
        (row.isByTheTableAbove ? [] : row.states.subtracting(evidence.states)).map { "from \($0)" }
        + row.next.subtracting(evidence.next).map { "to \($0)" }
        + row.events.filter { !evidence.events.contains($0) }
      #expect(shown[row.id] != nil, "no story shows \(row.id)")
      #expect(missing.isEmpty, "no story shows \(row.id) \(missing.sorted().joined(separator: ", "))")
    }
  }

  @Test("the checker of the property tests allows the transitions of the tables, and no others")
  func theCheckerAllowsTheSame() throws {
    let rows = try DocumentedRow.read()
    let tables: [([DocumentedRow.Kind], [String: Set<String>])] = [
      ([.cluster, .looseTrack], TransitionTable.cluster), ([.stage], TransitionTable.stage),
      ([.rollout], TransitionTable.rollout), ([.outside], TransitionTable.outside),
    ]
    for (kinds, table) in tables {
      let listed = Set(rows.filter { kinds.contains($0.kind) }.flatMap(\.pairs))
      let allowed = Set(table.flatMap { from, next in next.map { "\(from) → \($0)" } })
      #expect(listed.subtracting(allowed).sorted() == [])
      #expect(allowed.subtracting(listed).sorted() == [])
    }
  }

  private struct Claim {
    var row: String
    var commands: [String]
    var evidence: Evidence
  }

  /// What the scenes of a story say they show, and what of it they do.
  private static func claims(of story: Story, _ rows: [DocumentedRow]) throws -> [Claim] {
    var teller = Storyteller()
    var claims: [Claim] = []
    for scene in story.scenes {
      let moments = try scene.commands.map { try Moment($0, &teller) }
      for id in scene.rows {
        guard let row = rows.first(where: { $0.id == id }) else {
          throw StoryError("\(story) shows row \(id), which is in no table")
        }
        var evidence = Evidence.none
        for moment in moments { evidence.add(moment.evidence(of: row)) }
        claims.append(Claim(row: id, commands: scene.commands, evidence: evidence))
      }
    }
    return claims
  }
}

extension DocumentedRow {
  /// The transitions it lists.
  fileprivate var pairs: [String] {
    guard !isUnlogged, !isOfNew, !isOfNone, !isByTheTableAbove else { return [] }
    return states.flatMap { from in next.subtracting([from]).map { "\(from) → \($0)" } }
  }
}
