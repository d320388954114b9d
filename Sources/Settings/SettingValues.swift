/// The settings that are in force, and where each came from.
public struct SettingValues: Sendable {
  struct Entry: Sendable {
    var value: SettingValue
    var source: String
  }

  /// A setting for people: what holds, and who said so. A secret's text is `(secret)`.
  public struct Line: Hashable, Sendable {
    public var name: String
    public var text: String
    /// A flag, a variable, a file with line, or `default`.
    public var source: String
  }

  let entries: [String: Entry]
  let order: [String]

  /// The value of a setting of the table that these came from.
  public subscript<Value>(setting: Setting<Value>) -> Value {
    guard let box = entries[setting.name]?.value.value as? Box<Value> else {
      preconditionFailure("setting \(setting.name) is not in the program's table")
    }
    return box.value
  }

  /// All of them in the table's order, to be logged when the program starts.
  public var lines: [Line] {
    order.compactMap { name in
      entries[name].map { Line(name: name, text: $0.value.text, source: $0.source) }
    }
  }
}
