import Manifests

/// A name in metadata: a target's path, a file of the snapshot. Equal when its bytes are.
///
/// Swift holds texts for equal that are canonically equivalent: as keys of a dictionary, two paths would become one.
struct MetadataName: Hashable, Sendable, CustomStringConvertible {
  let text: String

  init(_ text: String) { self.text = text }

  var description: String { text }

  static func == (left: MetadataName, right: MetadataName) -> Bool { left.text.hasSameBytes(as: right.text) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
