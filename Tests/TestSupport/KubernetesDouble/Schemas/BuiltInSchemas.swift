import Foundation
import Manifests

/// The types of the kinds that every cluster has.
enum BuiltInSchemas {
  /// By name: `core.v1.Container`.
  static let structures: [String: Structure] = {
    guard let file = Bundle.module.url(forResource: "kubernetes-1.36", withExtension: "txt"),
      let text = try? String(contentsOf: file, encoding: .utf8)
    else { preconditionFailure("the double's schema file was not built beside it") }
    return SchemaFile(text).structures
  }()
}

/// Reads the file of types; its head says how it is written.
struct SchemaFile {
  private(set) var structures: [String: Structure] = [:]
  private var name = ""
  private var isAtomic = false
  private var fields: [String: Structure.Field] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("  ") { readField(line.dropFirst(2)) } else { begin(line) }
    }
    finish()
  }

  private mutating func begin(_ line: Substring) {
    finish()
    isAtomic = line.hasSuffix(" !")
    name = String(isAtomic ? line.dropLast(2) : line)
  }

  private mutating func finish() {
    if !name.isEmpty { structures[name] = Structure(fields: fields, isAtomic: isAtomic) }
    fields = [:]
  }

  private mutating func readField(_ line: Substring) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let isRequired = line[..<colon].hasSuffix("*")
    let field = String(isRequired ? line[..<colon].dropLast() : line[..<colon])
    let type = line[line.index(colon, offsetBy: 2)...]
    fields[field] = Structure.Field(
      type: Self.type(type), isRequired: isRequired, defaultValue: Self.defaults["\(name).\(field)"])
  }

  private static func type(_ text: Substring) -> TypeSchema {
    if text.hasPrefix("!") { return atomic(type(text.dropFirst())) }
    if text.hasPrefix("{}") { return .map(type(text.dropFirst(2)), isAtomic: false) }
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let keys = text[text.index(after: text.startIndex)..<end]
      return .list(type(text[text.index(after: end)...]), relation(keys))
    }
    return scalars[String(text)] ?? .named(String(text), isAtomic: false)
  }

  private static func relation(_ keys: Substring) -> ListRelation {
    if keys.isEmpty { return .atomic }
    return keys == "set" ? .set : .map(keys: keys.split(separator: ",").map(String.init))
  }

  private static func atomic(_ type: TypeSchema) -> TypeSchema {
    switch type {
    case .map(let element, _): .map(element, isAtomic: true)
    case .named(let name, _): .named(name, isAtomic: true)
    default: type
    }
  }

  private static let scalars: [String: TypeSchema] = [
    "string": .scalar(.string), "int": .scalar(.integer), "number": .scalar(.number), "bool": .scalar(.boolean),
    "bytes": .scalar(.bytes), "quantity": .scalar(.textOrNumber), "intstr": .scalar(.textOrNumber), "any": .any,
  ]

  /// Defaults that are part of an item's key, which the published definitions leave out.
  private static let defaults: [String: Value] = [
    "core.v1.ContainerPort.protocol": "TCP", "core.v1.ServicePort.protocol": "TCP",
  ]
}
