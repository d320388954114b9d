/// The comments of a YAML text that are JSON objects: kustomize takes them for schemas of what they stand beside.
struct YAMLComments {
  private struct Comment {
    var value: Value
    /// Of its `#`, counted from 1.
    var column: Int
    /// Whether nothing else stands on its line.
    var isWholeLine: Bool
  }

  private var comments: [Int: Comment] = [:]
  /// Those that are nothing but a comment, whatever it says.
  private var commentLines: Set<Int> = []

  /// nil when the text has no such comment, as nearly all have none.
  init?(_ bytes: [UInt8]) {
    guard Self.mayHaveAny(bytes) else { return nil }
    var number = 0
    for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
      number += 1
      note(line, number)
    }
    if comments.isEmpty { return nil }
  }

  /// The object in the comment that belongs to a key whose value is a list or a map.
  /// - Parameters:
  ///   - line: the line that the comment would be at the end of: the key's, or that of a closing bracket.
  ///   - column: where on that line nothing but a comment can follow.
  ///   - keyLine: a comment that stands alone on the line above it belongs to it too.
  ///   - lastText: the line that the text before the key ends on.
  func object(endOf line: Int, from column: Int, orAbove keyLine: Int, after lastText: Int) -> Value? {
    if let comment = comments[line], comment.column > column { return comment.value }
    guard keyLine - 1 > lastText, let comment = comments[keyLine - 1], comment.isWholeLine,
      !commentLines.contains(keyLine - 2)
    else { return nil }
    return comment.value
  }

  /// Whether a `{` follows a `#` anywhere.
  private static func mayHaveAny(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
      rest = rest[hash...].drop { $0 == UInt8(ascii: "#") || $0 == 0x20 }
      if rest.first == UInt8(ascii: "{") { return true }
    }
    return false
  }

  private mutating func note(_ line: ArraySlice<UInt8>, _ number: Int) {
    for hash in line.indices where line[hash] == UInt8(ascii: "#") {
      let before = line[..<hash]
      guard before.last.map({ $0 == 0x20 || $0 == 0x09 }) ?? true else { continue }
      let isWholeLine = before.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      if isWholeLine { commentLines.insert(number) }
      let text = line[hash...].drop { $0 == UInt8(ascii: "#") || $0 == 0x20 }
      guard text.first == UInt8(ascii: "{"), let value = try? JSON.parse(Array(text), file: ""),
        value.object?.isEmpty == false
      else { continue }
      let column = String(decoding: before, as: UTF8.self).unicodeScalars.count + 1
      comments[number] = Comment(value: value, column: column, isWholeLine: isWholeLine)
      return
    }
  }
}
