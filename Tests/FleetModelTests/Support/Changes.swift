import Manifests
import Testing

/// A change of one field of a document, and where the reader should find it.
struct Change: Sendable, CustomTestStringConvertible {
  enum Step: Sendable {
    case key(String)
    case index(Int)
  }

  var path: [Step]
  /// nil: the field is taken out.
  var value: Value?
  /// The field that the error names.
  var field: String

  /// - Parameter path: such as `apps.0.policy.prune`.
  init(_ path: String, _ value: Value?, at field: String? = nil) {
    self.path = path.split(separator: ".").map { part in Int(part).map(Step.index) ?? .key(String(part)) }
    self.value = value
    self.field = field ?? Change.name(of: self.path)
  }

  var testDescription: String {
    let spelt = value.map { String(decoding: JSON.compact($0).prefix(40), as: UTF8.self) } ?? "nothing"
    return "\(Change.name(of: path)) = \(spelt)"
  }

  /// The document with this change, in canonical form.
  func applied(to bytes: [UInt8]) throws -> [UInt8] {
    var document = try JSON.parse(bytes, file: "golden")
    Change.set(&document, path[...], value)
    return JSON.canonical(document)
  }

  private static func set(_ value: inout Value, _ path: ArraySlice<Step>, _ new: Value?) {
    switch path.first {
    case nil: value = new ?? .null
    case .key(let key)? where path.count == 1: value[key] = new
    case .key(let key)?:
      var child = value[key] ?? .object(Object())
      set(&child, path.dropFirst(), new)
      value[key] = child
    case .index(let index)?:
      guard var elements = value.array, elements.indices.contains(index) else { return }
      set(&elements[index], path.dropFirst(), new)
      value = .array(elements)
    }
  }

  private static func name(of path: [Step]) -> String {
    path.reduce("") { name, step in
      switch step {
      case .key(let key): name.isEmpty ? key : "\(name).\(key)"
      case .index(let index): "\(name)[\(index)]"
      }
    }
  }
}

/// The error that reading throws, or nil when it throws none.
func failure(_ read: () throws -> some Any) -> FleetError? {
  do {
    _ = try read()
    return nil
  } catch {
    return error as? FleetError
  }
}
