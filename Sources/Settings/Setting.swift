public import Manifests

/// One setting of a program, declared once: flag, environment variable, file key, help and reference follow from it.
///
/// The name is in kebab case: `poll-interval` is the flag `--poll-interval`, the variable `…_POLL_INTERVAL` and the
/// key `poll-interval` of the configuration file.
public struct Setting<Value: Sendable>: Sendable {
  public let name: String
  public let kind: SettingKind<Value>
  /// What holds when nobody says otherwise; nil when the setting has to be given.
  public let defaultValue: Value?
  /// One or two sentences.
  public let help: String
  /// A secret is never shown, and not taken from the command line, which every user of the machine can read.
  public let isSecret: Bool

  private init(_ name: String, _ kind: SettingKind<Value>, _ defaultValue: Value?, _ help: String, isSecret: Bool) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.help = help
    self.isSecret = isSecret
  }

  /// A setting with a default.
  public init(
    _ name: String, _ kind: SettingKind<Value>, default defaultValue: Value, help: String, isSecret: Bool = false
  ) {
    self.init(name, kind, .some(defaultValue), help, isSecret: isSecret)
  }

  /// A setting that has to be given.
  public init(required name: String, _ kind: SettingKind<Value>, help: String, isSecret: Bool = false) {
    self.init(name, kind, nil, help, isSecret: isSecret)
  }

  /// A setting that may be left out, and is nil then.
  public init<Wrapped>(optional name: String, _ kind: SettingKind<Wrapped>, help: String, isSecret: Bool = false)
  where Value == Wrapped? {
    self.init(name, kind.optional, .some(nil), help, isSecret: isSecret)
  }
}

/// A setting of whatever type, as a table lists it.
public protocol AnySetting: Sendable {
  var name: String { get }
  var help: String { get }
  var isSecret: Bool { get }
  var isRequired: Bool { get }
  /// What stands for the value in a help text; nil for a setting that a bare flag turns on.
  var placeholder: String? { get }
  /// The default for people; empty when there is none to speak of.
  var defaultText: String { get }
  /// Whether the flag may be given more than once.
  var isList: Bool { get }

  /// The value that a source spells, or an error with its address.
  func read(_ spelling: Spelling) throws(FleetError) -> SettingValue
  /// The default; nil when the setting has to be given.
  var fallback: SettingValue? { get }
}

/// How a source gives a value.
public enum Spelling: Sendable {
  /// Texts of the command line or the environment, one or, for a list, several; `place` is what errors call the source.
  case texts([String], place: String)
  /// A field of the configuration file.
  case field(Field)
}

/// A value of whatever type, and what people are shown of it.
public struct SettingValue: Sendable {
  let value: any Sendable
  public let text: String
}

extension Setting: AnySetting {
  public var isRequired: Bool { defaultValue == nil }
  public var placeholder: String? { kind.placeholder }
  public var isList: Bool { kind.isList }
  public var defaultText: String { defaultValue.map(shown) ?? "" }
  public var fallback: SettingValue? { defaultValue.map(boxed) }

  public func read(_ spelling: Spelling) throws(FleetError) -> SettingValue {
    switch spelling {
    case .field(let field): return boxed(try kind.read(field))
    case .texts(let texts, let place):
      guard let value = kind.parse(texts) else {
        let given = isSecret ? "what is given" : "`\(texts.joined(separator: ","))`"
        throw FleetError(
          .invalidField, "\(given) is not \(kind.form)", at: FleetError.Address(field: place),
          nextStep: "setting \(name): \(help)")
      }
      return boxed(value)
    }
  }

  private func shown(_ value: Value) -> String { isSecret ? "" : kind.text(value) }

  private func boxed(_ value: Value) -> SettingValue {
    // In a box, because an optional that stood in an existential would be looked through.
    SettingValue(value: Box(value: value), text: isSecret ? "(secret)" : kind.text(value))
  }
}

/// Keeps a value's type as it was declared.
struct Box<Value: Sendable>: Sendable {
  var value: Value
}
