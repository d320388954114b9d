import Manifests

/// A JSON patch (RFC 6902), with the leniences of the library that kustomize uses: negative indices count from the end,
/// and a missing value adds null.
struct JSONPatch: Sendable {
  struct Operation: Sendable {
    enum Action: String, Sendable, CaseIterable {
      case add, remove, replace, move, copy, test
    }

    var action: Action
    /// As it is written, for errors.
    var path: String
    /// The keys that lead to the value, unescaped.
    var keys: [String]
    /// For move and copy: the keys that lead to the source.
    var from: [String]
    var value: Value
  }

  var operations: [Operation]

  /// The patch that a text in JSON or YAML is; throws for anything but a list of operations.
  init(_ text: [UInt8], file: String) throws(FleetError) {
    operations = []
    let patch: Field
    if text.first == UInt8(ascii: "[") {
      patch = Field(try JSON.parse(text, file: file), file: file)
    } else {
      guard let document = try YAML.parseNodes(text, file: file, dialect: .settings).first else { return }
      patch = Field(document.root, file: file)
    }
    guard !patch.isNull else { return }
    for field in try patch.array() { operations.append(try Operation(field)) }
  }

  /// The keys of a JSON pointer, none for the whole document; nil when it does not start with a slash.
  private static func keys(of pointer: String) -> [String]? {
    if pointer.isEmpty { return [] }
    let parts = pointer.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return nil }
    return parts.dropFirst().map(unescape)
  }

  /// `~1` is a slash and `~0` a tilde.
  private static func unescape(_ part: Substring) -> String {
    guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
    var bytes: [UInt8] = []
    var rest = Array(part.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "~"), let next = rest.first, next == 0x30 || next == 0x31 else {
        bytes.append(byte)
        continue
      }
      rest.removeFirst()
      bytes.append(next == 0x30 ? UInt8(ascii: "~") : UInt8(ascii: "/"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JSONPatch.Operation {
  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let path = try fields.required("path")
      let from = try fields.optional("from")
      let action = try fields.required("op").choice(Action.self)
      if action == .move || action == .copy, from == nil { _ = try fields.required("from") }
      return JSONPatch.Operation(
        action: action, path: try path.string(), keys: try JSONPatch.Operation.keys(path),
        from: try from.map { field throws(FleetError) in try JSONPatch.Operation.keys(field) } ?? [],
        value: try fields.optional("value")?.value ?? .null)
    }
  }

  private static func keys(_ field: Field) throws(FleetError) -> [String] {
    guard let keys = JSONPatch.pointer(try field.string()) else {
      throw field.error("not a JSON pointer: it starts with a slash", code: .patchFailed)
    }
    return keys
  }
}

extension JSONPatch {
  fileprivate static func pointer(_ text: String) -> [String]? { keys(of: text) }
}
