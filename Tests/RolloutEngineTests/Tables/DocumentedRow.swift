import Foundation

@testable import RolloutRules

/// A row of a table of Docs/rollouts.md.
struct DocumentedRow: Sendable {
  /// What a row is about, by the first letter of its id.
  enum Kind: Character, Sendable {
    case cluster = "C"
    case looseTrack = "L"
    case stage = "S"
    case rollout = "R"
    case fleet = "F"
    case hold = "H"
    case restraint = "Z"
    case outside = "A"
  }

  var id: String
  var kind: Kind
  /// Of a loose track, what it is for.
  var purpose = ""
  /// The states that it leaves; empty where it has none.
  var states: Set<String> = []
  /// The events it names; none where any will do.
  var events: [String] = []
  /// Whether others than those it names will do too.
  var takesAnyEvent = false
  /// Whether it comes as a newer rollout starts, and by nothing else.
  var needsStart = false
  /// Whether it stands for rows of the table above it, which are shown from every state there.
  var isByTheTableAbove = false
  /// The states it leads to; empty where it changes none.
  var next: Set<String> = []
  /// Whether the log does not tell of it.
  var isUnlogged = false
  /// How the transcript shows what it does beside: `  assign`, `  alert`, `  analyze`.
  var marks: [String] = []

  /// Whether it is of something that was not there before.
  var isOfNew: Bool { states == ["(new)"] }
  /// Whether it leaves everything as it was.
  var isOfNone: Bool { states == ["(none)"] }
  /// Whether the state goes on.
  var stays: Bool { next.isEmpty }
}

extension DocumentedRow {
  /// Every row of the page, in its order.
  static func read() throws -> [DocumentedRow] {
    let page = Story.folder.appending(path: "../../../Docs/rollouts.md")
    var rows: [DocumentedRow] = []
    var header: [String] = []
    var above: [String: String] = [:]
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") where line.hasPrefix("|") {
      let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if cells.first == "id" { header = cells }
      guard let first = cells.first, first.wholeMatch(of: /[A-Z]\d+/) != nil else { continue }
      guard cells.count == header.count else { throw StoryError("\(first): \(cells.count) cells of \(header.count)") }
      var row = Dictionary(uniqueKeysWithValues: zip(header, cells))
      for column in ["state", "event"] where row[column] == "the same" { row[column] = above[column] }
      rows.append(try DocumentedRow(id: first, row))
      above = row
    }
    return rows
  }

  private init(id: String, _ cells: [String: String]) throws {
    guard let kind = id.first.flatMap(Kind.init) else { throw StoryError("no table of \(id)") }
    self.id = id
    self.kind = kind
    purpose = cells["kind"] ?? ""
    let event = cells["event"] ?? ""
    events = event.matches(of: /`([a-z][A-Za-z]*(\([a-z]+\))?)`/).map { String($0.1) }
    isByTheTableAbove = event == "as in the table above"
    needsStart = event == "a newer rollout starts"
    takesAnyEvent = events.isEmpty || event.contains("or any")
    if let state = cells["state"] { states = try StateList(state, of: kind, in: id).states }
    if let next = cells["next"], next != "the same" { self.next = try StateList(next, of: kind, in: id).states }
    let action = cells["action, reason"] ?? cells["effect"] ?? ""
    isUnlogged = action.hasPrefix("unlogged")
    if action.contains("`assign`") { marks.append("  assign") }
    if action.contains("`startAnalysis`") { marks.append("  analyze") }
    if action.hasPrefix("alert") { marks.append("  alert") }
  }
}

/// A cell that lists states.
struct StateList {
  var states: Set<String>

  static let skipped: Set<String> = ["Skipped(NoChange)", "Skipped(Excluded)", "Skipped(Removed)", "Skipped(Held)"]

  init(_ cell: String, of kind: DocumentedRow.Kind, in id: String) throws {
    var list = String(cell.prefix { $0 != ";" })
    let isOfOthers = list.hasPrefix("any but ")
    if isOfOthers { list.removeFirst("any but ".count) }
    let all = Self.all(kind)
    states = []
    for name in list.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
      switch name {
      case "(new)", "(none)": states.insert(name)
      case "in flight": states.formUnion(TransitionTable.inFlight)
      case "failed": states.formUnion(TransitionTable.failed)
      case "Skipped": states.formUnion(Self.skipped)
      default:
        guard all.contains(name) else { throw StoryError("\(id): no state \(name)") }
        states.insert(name)
      }
    }
    if isOfOthers { states = all.subtracting(states) }
  }

  private static func all(_ kind: DocumentedRow.Kind) -> Set<String> {
    switch kind {
    case .stage: Set(TransitionTable.stage.keys)
    case .rollout: Set(TransitionTable.rollout.keys)
    case .outside: Set(TransitionTable.outside.keys)
    default: Set(TransitionTable.cluster.keys)
    }
  }
}
