internal import FleetModel
internal import Manifests

/// What values a setting has, and how they are spelt.
public struct SettingKind<Value: Sendable>: Sendable {
  /// What stands for the value in a help text; nil for what a bare flag turns on.
  let placeholder: String?
  /// What a value has to be, after "is not": `an integer from 1 to 10`.
  let form: String
  let isList: Bool
  /// The value that texts spell; nil when they spell none.
  let parse: @Sendable ([String]) -> Value?
  let read: @Sendable (Field) throws(FleetError) -> Value
  /// The value as `parse` reads it.
  let text: @Sendable (Value) -> String

  /// A kind whose values are one text each, the same text in every source.
  init(
    _ placeholder: String, _ form: String, parse: @escaping @Sendable (String) -> Value?,
    text: @escaping @Sendable (Value) -> String
  ) {
    self.init(
      placeholder: placeholder, form: form, isList: false, parse: { $0.last.flatMap(parse) },
      read: { field throws(FleetError) in try field.text(form, parse) }, text: text)
  }

  init(
    placeholder: String?, form: String, isList: Bool, parse: @escaping @Sendable ([String]) -> Value?,
    read: @escaping @Sendable (Field) throws(FleetError) -> Value, text: @escaping @Sendable (Value) -> String
  ) {
    self.placeholder = placeholder
    self.form = form
    self.isList = isList
    self.parse = parse
    self.read = read
    self.text = text
  }

  /// The same kind, for a setting that may be left out.
  var optional: SettingKind<Value?> {
    SettingKind<Value?>(
      placeholder: placeholder, form: form, isList: isList, parse: { [parse] in parse($0).map(Optional.some) },
      read: { [read] field throws(FleetError) in try read(field) }, text: { [text] in $0.map(text) ?? "" })
  }
}

extension SettingKind<String> {
  /// Any text but an empty one.
  public static let string = SettingKind("TEXT", "a text that is not empty", parse: \.ifNotEmpty, text: { $0 })

  /// A path on this machine, relative ones from where the program was started.
  public static let path = SettingKind("PATH", "a path", parse: \.ifPath, text: { $0 })
}

extension SettingKind<Int> {
  /// An integer in a range.
  public static func integer(in range: ClosedRange<Int>) -> SettingKind {
    SettingKind(
      placeholder: "NUMBER", form: "an integer from \(range.lowerBound) to \(range.upperBound)", isList: false,
      parse: { texts in texts.last.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil } },
      read: { field throws(FleetError) in try field.int(in: range) }, text: { "\($0)" })
  }
}

extension SettingKind<Bool> {
  /// On or off: `--name`, `--no-name`, `--name=false`.
  public static let boolean = SettingKind(
    placeholder: nil, form: "true or false", isList: false,
    parse: { texts in
      switch texts.last {
      case "true": true
      case "false": false
      default: nil
      }
    },
    read: { field throws(FleetError) in try field.bool() }, text: { $0 ? "true" : "false" })
}

extension SettingKind<Duration> {
  /// A span of time in a range, such as `30s`, `1h30m`, `500ms`.
  public static func duration(in range: ClosedRange<Duration>) -> SettingKind {
    SettingKind(
      "DURATION", "a duration from \(range.lowerBound.text) to \(range.upperBound.text), such as 30s or 1h30m",
      parse: { text in Duration(text: text).flatMap { range.contains($0) ? $0 : nil } }, text: \.text)
  }
}

extension SettingKind<HostAndPort> {
  /// Where to listen or to connect to.
  public static let address = SettingKind(
    "HOST:PORT", "a host and port, such as 127.0.0.1:8443 or [::1]:8443", parse: { HostAndPort($0) },
    text: \.description)
}

extension SettingKind<[String]> {
  /// A program and its arguments, which no shell looks at: a list in the file, a list in JSON elsewhere.
  public static let command = SettingKind(
    placeholder: "JSON", form: commandForm, isList: false,
    parse: { texts in
      let value = texts.last.flatMap { try? JSON.parse(Array($0.utf8), file: "") }
      return command(value?.array?.compactMap(\.string) ?? [], of: value?.array?.count ?? 0)
    },
    read: { field throws(FleetError) in
      let words = try field.array { element throws(FleetError) in try element.string() }
      guard let command = command(words, of: words.count) else { throw field.error("not \(commandForm)") }
      return command
    },
    text: { String(decoding: JSON.canonical(.array($0.map { .string($0) })), as: UTF8.self) })

  private static let commandForm =
    "a list of texts, the first the absolute path of a program, such as [\"/usr/bin/probe\",\"--all\"]"

  private static func command(_ words: [String], of count: Int) -> [String]? {
    guard words.count == count, words.first?.hasPrefix("/") == true, words.allSatisfy({ !$0.utf8.contains(0) })
    else { return nil }
    return words
  }
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of a few words.
  public static func choice() -> SettingKind {
    let words = Value.allCases.map(\.rawValue)
    return SettingKind(
      placeholder: words.joined(separator: "|"), form: "one of \(words.joined(separator: ", "))", isList: false,
      parse: { texts in texts.last.flatMap { text in Value.allCases.first { $0.rawValue.hasSameBytes(as: text) } } },
      read: { field throws(FleetError) in try field.choice(Value.self) }, text: \.rawValue)
  }
}

extension SettingKind {
  /// Several values: a list in the file, separated by commas elsewhere; the flag may be repeated.
  public static func list<Element: Sendable>(of kind: SettingKind<Element>) -> SettingKind where Value == [Element] {
    SettingKind(
      placeholder: (kind.placeholder ?? "VALUE") + ",…", form: "a list of which each is \(kind.form)", isList: true,
      parse: { texts in
        let parts = texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let elements = parts.compactMap { kind.parse([String($0)]) }
        return elements.count == parts.count ? elements : nil
      },
      read: { field throws(FleetError) in
        try field.array { element throws(FleetError) in try kind.read(element) }
      },
      text: { $0.map(kind.text).joined(separator: ",") })
  }
}

extension String {
  fileprivate var ifNotEmpty: String? { isEmpty ? nil : self }
  fileprivate var ifPath: String? { isEmpty || utf8.contains(0) ? nil : self }
}
