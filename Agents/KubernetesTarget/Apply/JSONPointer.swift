import Manifests

/// A place in a value (RFC 6901).
struct JSONPointer {
  private let tokens: [String]

  /// nil for a text that is none, and for the whole document.
  init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
  }

  private static func unescaped(_ token: Substring) -> String {
    var text = ""
    var rest = token[...]
    while let tilde = rest.firstIndex(of: "~") {
      text += rest[..<tilde]
      let code = rest[rest.index(after: tilde)...].first
      text += code == "1" ? "/" : "~"
      rest = rest[rest.index(after: tilde)...].dropFirst(code == "0" || code == "1" ? 1 : 0)
    }
    return text + rest
  }

  /// What stands here; nil where there is nothing.
  func value(in root: Value) -> Value? {
    tokens.reduce(Optional(root)) { value, token in
      switch value {
      case .object(let object)?: object[token]
      case .array(let items)?: Int(token).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: nil
      }
    }
  }

  /// Puts a value here, or takes away what is here; a place whose surroundings are missing is left alone.
  func set(_ value: Value?, in root: inout Value) { Self.set(value, at: tokens[...], in: &root) }

  private static func set(_ value: Value?, at path: ArraySlice<String>, in node: inout Value) {
    guard let token = path.first else { return }
    let rest = path.dropFirst()
    switch node {
    case .object(var object):
      if rest.isEmpty {
        object[token] = value
      } else {
        object.update(token) { set(value, at: rest, in: &$0) }
      }
      node = .object(object)
    case .array(var items):
      guard let index = Int(token), items.indices.contains(index) else { return }
      if !rest.isEmpty {
        set(value, at: rest, in: &items[index])
      } else if let value {
        items[index] = value
      }
      node = .array(items)
    default: return
    }
  }
}
