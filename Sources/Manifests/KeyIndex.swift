/// Finds duplicate keys while a map is being read.
///
/// Few keys are compared one by one, which is quickest; beyond that a table keeps a map with very many keys from
/// taking quadratic time.
struct KeyIndex {
  private static let longestScan = 16
  private var positions: [ByteText: Int] = [:]

  /// The position of an equal key among the first `count`; when there is none, notes this key as the next.
  @inline(__always)
  mutating func record(_ key: String, count: Int, keyAt: (Int) -> String) -> Int? {
    if count < KeyIndex.longestScan {
      for position in 0..<count where keyAt(position).hasSameBytes(as: key) { return position }
      return nil
    }
    return recordInTable(key, count: count, keyAt: keyAt)
  }

  private mutating func recordInTable(_ key: String, count: Int, keyAt: (Int) -> String) -> Int? {
    if positions.isEmpty {
      for position in 0..<count { positions[ByteText(keyAt(position))] = position }
    }
    if let position = positions[ByteText(key)] { return position }
    positions[ByteText(key)] = count
    return nil
  }
}
