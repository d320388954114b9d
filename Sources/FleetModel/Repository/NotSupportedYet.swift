import Manifests

/// What the format of the fleet repository knows and nothing acts on yet. Using any of it is an error: a field that
/// is silently passed over would promise a protection that is not there.
///
/// This list is the only place that knows. Whoever makes a field work deletes its line, and the line of
/// `Docs/reference/fleet-repository.md` that repeats it.
enum NotSupportedYet {
  static let fields: [Entry] = [
    Entry("Fleet", "spec.git.commitSignatures", unless: ["none"])
  ]

  struct Entry: Sendable {
    let kind: String
    /// Keys from the document's root; `*` stands for every key of a map and every element of a list.
    let path: [Substring]
    /// What the field may say all the same: what is supported, or happens anyway. An empty list says nothing and is always
    /// allowed.
    let exceptions: [String]

    init(_ kind: String, _ path: String, unless exceptions: [String] = []) {
      self.kind = kind
      self.path = path.split(separator: ".")
      self.exceptions = exceptions
    }
  }

  /// Notes every use of what is not supported yet.
  static func check(_ root: Field, kind: String, _ log: ErrorLog) {
    for entry in fields where entry.kind == kind {
      for found in root.found(at: entry.path[...], keyAddress: root.address) where !entry.allows(found.field) {
        log.add(
          FleetError(
            .notSupportedYet, "not supported yet", at: found.keyAddress, nextStep: entry.nextStep))
      }
    }
  }
}

extension NotSupportedYet.Entry {
  fileprivate func allows(_ field: Field) -> Bool {
    // What is malformed is another error already; a null says nothing.
    if field.isNull || field.value.array?.isEmpty == true { return true }
    return field.value.string.map { text in exceptions.contains { text.hasSameBytes(as: $0) } } ?? false
  }

  fileprivate var nextStep: String {
    exceptions.isEmpty ? "remove the field" : "remove the field, or write \(exceptions.joined(separator: " or "))"
  }
}

extension Field {
  fileprivate typealias Found = (field: Field, keyAddress: FleetError.Address)

  /// The fields at a path below this one; none where anything on the way is not what the path says.
  fileprivate func found(at path: ArraySlice<Substring>, keyAddress: FleetError.Address) -> [Found] {
    guard let step = path.first else { return [(self, keyAddress)] }
    let rest = path.dropFirst()
    if step == "*", let elements = try? array() {
      return elements.flatMap { $0.found(at: rest, keyAddress: $0.address) }
    }
    let entries = (try? entries()) ?? []
    return entries.filter { step == "*" || $0.key.hasSameBytes(as: String(step)) }
      .flatMap { $0.field.found(at: rest, keyAddress: $0.keyAddress) }
  }
}
