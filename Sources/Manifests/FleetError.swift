/// What went wrong, where, why, and what the operator does next.
///
/// The one error type of the project: a caller that decides by kind compares `code`; a person reads `description`.
/// Never put key material, tokens or the content of Secrets into any of its fields.
public struct FleetError: Error, Sendable, Hashable {
  /// The kind of failure. Modules add their own in an extension of `Code`.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ text: String) { rawValue = text }
    public var description: String { rawValue }
  }

  /// The kind of failure.
  public var code: Code
  /// One sentence that says what is wrong, without the address.
  public var message: String
  /// Where.
  public var address: Address
  /// What made it fail, in the words of the library or system that failed; empty when there is nothing beneath.
  public var cause: String
  /// What the operator does about it; empty when the message already says so.
  public var nextStep: String

  public init(
    _ code: Code, _ message: String, at address: Address = Address(), cause: String = "", nextStep: String = ""
  ) {
    self.code = code
    self.message = message
    self.address = address
    self.cause = cause
    self.nextStep = nextStep
  }

  /// The same error with whatever parts of its address are missing taken from `outer`.
  public func within(_ outer: Address) -> FleetError {
    var error = self
    error.address = address.filled(from: outer)
    return error
  }
}

extension FleetError {
  /// Where an error is: every part that is known.
  public struct Address: Sendable, Hashable {
    public var file: String?
    /// Counted from 1.
    public var line: Int?
    /// Counted from 1, in characters (Unicode scalars).
    public var column: Int?
    /// The path of the field, such as `spec.stages[0].waves`.
    public var field: String?
    public var cluster: String?
    public var app: String?
    /// A Kubernetes object, as `ObjectID.description` writes it.
    public var object: String?

    public init(
      file: String? = nil, line: Int? = nil, column: Int? = nil, field: String? = nil, cluster: String? = nil,
      app: String? = nil, object: String? = nil
    ) {
      self.file = file
      self.line = line
      self.column = column
      self.field = field
      self.cluster = cluster
      self.app = app
      self.object = object
    }

    func filled(from outer: Address) -> Address {
      // A line belongs to its file: the outer one's must not stand beside the inner file's name.
      let sameFile = file == nil || file == outer.file
      return Address(
        file: file ?? outer.file, line: line ?? (sameFile ? outer.line : nil),
        column: column ?? (sameFile && line == nil ? outer.column : nil), field: field ?? outer.field,
        cluster: cluster ?? outer.cluster, app: app ?? outer.app, object: object ?? outer.object)
    }
  }
}

extension FleetError.Address: CustomStringConvertible {
  public var description: String {
    var parts: [String] = []
    if let file {
      let place = [line, line == nil ? nil : column].compactMap { $0 }.map(String.init)
      parts.append(([file] + place).joined(separator: ":"))
    }
    if let app { parts.append("app \(app)") }
    if let cluster { parts.append("cluster \(cluster)") }
    if let object { parts.append("object \(object)") }
    if let field { parts.append("field \(field)") }
    return parts.joined(separator: ", ")
  }
}

extension FleetError: CustomStringConvertible {
  /// `address: message: cause [code]; next step`, on one line as far as the parts are.
  public var description: String {
    let place = "\(address)"
    var text = place.isEmpty ? message : "\(place): \(message)"
    if !cause.isEmpty { text += ": \(cause)" }
    text += " [\(code)]"
    if !nextStep.isEmpty { text += "; \(nextStep)" }
    return text
  }
}
