import Manifests

/// A kind of objects, or a pattern for kinds where parts are left empty.
struct GroupVersionKind: Hashable, Sendable {
  var group = ""
  var version = ""
  var kind = ""

  init(group: String = "", version: String = "", kind: String = "") {
    self.group = group
    self.version = version
    self.kind = kind
  }

  /// - Parameter apiVersion: `group/version`, or `version` for the core group.
  init(apiVersion: String, kind: String) {
    let bytes = apiVersion.utf8
    if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
      group = String(apiVersion[..<slash])
      version = String(apiVersion[bytes.index(after: slash)...])
    } else {
      version = apiVersion
    }
    self.kind = kind
  }

  var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// Whether this kind is one of those that the pattern stands for: its empty parts match anything.
  func isSelected(by pattern: GroupVersionKind) -> Bool {
    (pattern.kind.isEmpty || pattern.kind.hasSameBytes(as: kind))
      && (pattern.group.isEmpty || pattern.group.hasSameBytes(as: group))
      && (pattern.version.isEmpty || pattern.version.hasSameBytes(as: version))
  }

  static func == (left: GroupVersionKind, right: GroupVersionKind) -> Bool {
    left.kind.hasSameBytes(as: right.kind) && left.group.hasSameBytes(as: right.group)
      && left.version.hasSameBytes(as: right.version)
  }

  func hash(into hasher: inout Hasher) {
    // The kind alone tells nearly all apart.
    for byte in kind.utf8 { hasher.combine(byte) }
  }
}

extension GroupVersionKind: CustomStringConvertible {
  var description: String { apiVersion.isEmpty ? kind : "\(apiVersion) \(kind)" }
}
