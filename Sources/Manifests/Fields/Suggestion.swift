/// Finds the name that somebody probably meant.
public enum Suggestion {
  /// Longer texts are no mistyped names, and the distance takes time by the product of the lengths.
  private static let longestName = 64

  /// The candidate with the fewest edits (a letter more, less, other, or two swapped) to the text, regardless of case;
  /// nil when none is close.
  public static func closest(to text: String, among candidates: [String]) -> String? {
    let wanted = folded(text)
    guard !wanted.isEmpty, wanted.count <= longestName else { return nil }
    var best: (name: String, distance: Int)?
    for name in candidates where name.utf8.count <= longestName {
      let found = distance(wanted, folded(name))
      // A third of the letters wrong is a typing error, more is another word.
      guard found <= max(1, wanted.count / 3), found < best?.distance ?? .max else { continue }
      best = (name, found)
    }
    return best?.name
  }

  /// The bytes with ASCII capitals as small letters.
  static func folded(_ text: String) -> [UInt8] {
    text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
  }

  /// The optimal string alignment distance.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
        row.append(cost)
      }
      beforePrevious = previous
      previous = row
    }
    return previous[b.count]
  }
}
