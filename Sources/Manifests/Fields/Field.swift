public import Digests

/// A value of a document that is being read, together with where it stands: every error names file, line and field.
///
/// Formats are read by asking for what they should have; each accessor answers the value or throws a `FleetError` that
/// says what stands there instead (never its content, which may be secret). Works on plain values (JSON) and on YAML
/// nodes; only the latter know lines.
///
///     let name = try Field(document.root, file: "fleet.yaml").object { fields throws(FleetError) in
///       try fields.required("name").nonEmptyString()
///     }
public struct Field: Sendable {
  enum Content: Sendable {
    case value(Value)
    case node(YAMLNode)
  }

  let content: Content
  let file: String
  let path: FieldPath

  /// The whole of a document that has no positions.
  public init(_ value: Value, file: String) { self.init(.value(value), file: file, path: .root) }

  /// The whole of a YAML document.
  public init(_ node: YAMLNode, file: String) { self.init(.node(node), file: file, path: .root) }

  init(_ content: Content, file: String, path: FieldPath) {
    self.content = content
    self.file = file
    self.path = path
  }

  /// The file, line and field, as far as they are known.
  public var address: FleetError.Address { address(at: position) }

  /// Where the value stands; nil for a document without positions.
  public var position: TextPosition? {
    if case .node(let node) = content { node.position } else { nil }
  }

  /// An error at this field.
  public func error(
    _ message: String, code: FleetError.Code = .invalidField, cause: String = "", nextStep: String = ""
  ) -> FleetError {
    FleetError(code, message, at: address, cause: cause, nextStep: nextStep)
  }

  func address(at position: TextPosition?) -> FleetError.Address {
    let name = path.description
    return FleetError.Address(
      file: file, line: position?.line, column: position?.column, field: name.isEmpty ? nil : name)
  }
}

extension Field {
  /// The value as it is, without positions.
  public var value: Value {
    switch content {
    case .value(let value): value
    case .node(let node): node.value
    }
  }

  public var isNull: Bool {
    switch content {
    case .value(let value): value.isNull
    case .node(let node): node.isNull
    }
  }

  /// What a person calls this kind of value.
  public var kindName: String {
    switch content {
    case .value(let value): value.kindName
    case .node(let node): node.kindName
    }
  }

  /// The scalar; nil for a list or map.
  private var scalar: Value? {
    switch content {
    case .value(let value): value
    case .node(let node): if case .scalar(let value) = node.content { value } else { nil }
    }
  }

  private func mismatch(_ wanted: String, nextStep: String = "") -> FleetError {
    error("\(kindName) where \(wanted) should stand", nextStep: nextStep)
  }
}

extension Field {
  /// A text. Numbers and booleans are refused: in YAML they look like texts, and their spelling would be lost.
  public func string() throws(FleetError) -> String {
    if case .string(let text)? = scalar { return text }
    switch scalar {
    case .bool?, .integer?, .unsigned?, .number?: throw mismatch("a text", nextStep: "write it in quotes")
    default: throw mismatch("a text")
    }
  }

  /// A text that is not empty.
  public func nonEmptyString() throws(FleetError) -> String {
    let text = try string()
    guard !text.isEmpty else { throw error("an empty text") }
    return text
  }

  public func bool() throws(FleetError) -> Bool {
    guard case .bool(let value)? = scalar else {
      throw mismatch("true or false", nextStep: scalar?.string == nil ? "" : "write true or false, without quotes")
    }
    return value
  }

  /// An integer in this range.
  public func integer(in range: ClosedRange<Int64> = .min ... .max) throws(FleetError) -> Int64 {
    guard let scalar else { throw mismatch("an integer") }
    switch scalar {
    case .integer(let value) where range.contains(value): return value
    case .integer, .unsigned: throw error("not in the range \(range.lowerBound) to \(range.upperBound)")
    default: throw mismatch("an integer")
    }
  }

  /// An integer in this range.
  public func int(in range: ClosedRange<Int> = .min ... .max) throws(FleetError) -> Int {
    Int(try integer(in: Int64(range.lowerBound)...Int64(range.upperBound)))
  }

  /// A SHA-256 digest as 64 lowercase hexadecimal digits.
  public func digest() throws(FleetError) -> Digest {
    try text("a SHA-256 digest of 64 lowercase hexadecimal digits") { Digest(hex: $0) }
  }

  /// A text of a form of its own.
  /// - Parameters:
  ///   - form: what the text should be, for the error: `a cluster uid`.
  ///   - make: the text as what it stands for, or nil when it is none.
  public func text<Result>(_ form: String, _ make: (String) -> Result?) throws(FleetError) -> Result {
    guard let result = make(try string()) else { throw error("not \(form)") }
    return result
  }

  /// One of the texts that an enumeration's cases stand for.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _: Choice.Type = Choice.self
  ) throws(FleetError) -> Choice where Choice.RawValue == String {
    let text = try string()
    if let choice = Choice.allCases.first(where: { $0.rawValue.hasSameBytes(as: text) }) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    throw error(
      "not one of \(names.joined(separator: ", "))",
      nextStep: Suggestion.closest(to: text, among: names).map { "did you mean \($0)?" } ?? "")
  }
}

extension YAMLNode {
  fileprivate var kindName: String {
    switch content {
    case .scalar(let value): value.kindName
    case .sequence: "list"
    case .mapping: "map"
    }
  }
}

extension FleetError.Code {
  /// A field whose value is not what its format says.
  public static let invalidField = FleetError.Code("invalid-field")
  /// A field that its format does not have.
  public static let unknownField = FleetError.Code("unknown-field")
  /// A field that its format wants and that is not there.
  public static let missingField = FleetError.Code("missing-field")
  /// A field, or a value of it, that is known and does nothing yet.
  public static let notSupportedYet = FleetError.Code("not-supported-yet")
}
