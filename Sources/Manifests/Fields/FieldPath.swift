/// The path of a field in its document, such as `spec.stages[0].waves`.
indirect enum FieldPath: Sendable {
  case root
  case key(String, of: FieldPath)
  case index(Int, of: FieldPath)
}

extension FieldPath: CustomStringConvertible {
  var description: String {
    switch self {
    case .root: return ""
    case .index(let index, let list): return "\(list)[\(index)]"
    case .key(let key, let map):
      if FieldPath.isPlain(key) {
        let prefix = map.description
        return prefix.isEmpty ? key : "\(prefix).\(key)"
      }
      return "\(map)[\"\(key)\"]"
    }
  }

  /// Whether a key can stand in a path as it is: one such as `app.kubernetes.io/name` would read as three.
  private static func isPlain(_ key: String) -> Bool {
    !key.isEmpty && !key.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") || $0 <= 0x20 }
  }
}
