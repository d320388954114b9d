/// The fields of one map while it is being read; `Field.object` makes it and checks at the end that nothing is left.
///
/// A null counts as a field that is not there, as Kubernetes has it.
public struct Fields {
  /// How the names of fields are compared.
  public enum LetterCase: Sendable {
    case exact
    /// As Go's JSON does, and so kustomize: `nameprefix` is `namePrefix`.
    case any
  }

  private enum Mark { case unread, read }

  /// The map itself.
  public let field: Field
  private let letterCase: LetterCase
  private var entries: [Field.Entry]
  private var marks: [Mark]
  private var asked: [String] = []
  private var ignoresRest = false

  init(of field: Field, entries: [Field.Entry], letterCase: LetterCase) {
    self.field = field
    self.entries = entries
    self.letterCase = letterCase
    marks = Array(repeating: .unread, count: entries.count)
  }

  /// A field that must be there.
  public mutating func required(_ name: String) throws(FleetError) -> Field {
    guard let found = try take(name) else { throw missing(name) }
    guard !found.isNull else { throw found.error("empty where a value is required", code: .missingField) }
    return found
  }

  /// A field that may be missing; nil also when it is null.
  public mutating func optional(_ name: String) throws(FleetError) -> Field? {
    guard let found = try take(name), !found.isNull else { return nil }
    return found
  }

  /// A field that must be there and may be null; nil when it is.
  public mutating func nullable(_ name: String) throws(FleetError) -> Field? {
    guard let found = try take(name) else { throw missing(name) }
    return found.isNull ? nil : found
  }

  /// Refuses a field that exists in the format and does nothing yet.
  public mutating func notSupportedYet(_ names: String...) throws(FleetError) {
    for name in names {
      guard let found = try take(name) else { continue }
      throw found.error("not supported yet", code: .notSupportedYet, nextStep: "remove the field")
    }
  }

  /// Checks that a field has this text: the kind, version or format of a document.
  public mutating func expect(_ name: String, _ text: String) throws(FleetError) {
    let found = try required(name)
    guard try found.string().hasSameBytes(as: text) else { throw found.error("not \(text)") }
  }

  /// Lets fields pass that nobody asks for, where a format says that newer writers may add some.
  public mutating func ignoreRest() { ignoresRest = true }

  private mutating func take(_ name: String) throws(FleetError) -> Field? {
    asked.append(name)
    var found: Field.Entry?
    for index in entries.indices where matches(entries[index].key, name) {
      marks[index] = .read
      let entry = entries[index]
      if let before = found {
        guard letterCase == .any else {
          throw FleetError(.invalidField, "the field \(name) stands twice", at: entry.keyAddress)
        }
        // Go reads them in the order of their bytes, and the last one counts.
        if entry.key.precedesInBytes(before.key) { continue }
      }
      found = entry
    }
    return found?.field
  }

  private func matches(_ key: String, _ name: String) -> Bool {
    if key.hasSameBytes(as: name) { return true }
    return letterCase == .any && Suggestion.folded(key) == Suggestion.folded(name)
  }

  private func missing(_ name: String) -> FleetError {
    let unread = zip(entries, marks).filter { $0.1 == .unread }.map(\.0.key)
    let candidate = Suggestion.closest(to: name, among: unread)
    let path = FieldPath.key(name, of: field.path)
    var address = field.address
    address.field = path.description
    return FleetError(
      .missingField, "missing", at: address,
      nextStep: candidate.map { "did you mean \(name) where \($0) stands?" } ?? "")
  }

  /// An error for each field that nobody has asked for so far, in the order of the document; for readers that gather
  /// errors instead of stopping at the first.
  public var unknownFields: [FleetError] {
    zip(entries, marks).filter { $0.1 == .unread }.map { unknown($0.0) }
  }

  /// Refuses what nobody asked for.
  func refuseRest() throws(FleetError) {
    guard !ignoresRest, let index = marks.firstIndex(of: .unread) else { return }
    throw unknown(entries[index])
  }

  private func unknown(_ entry: Field.Entry) -> FleetError {
    let suggestion = Suggestion.closest(to: entry.key, among: asked)
    return FleetError(
      .unknownField, "no such field", at: entry.keyAddress,
      nextStep: suggestion.map { "did you mean \($0)?" } ?? "fields here: \(asked.joined(separator: ", "))")
  }
}
