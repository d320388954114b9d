/// Cuts a stream of bytes into lines, none longer than a bound.
struct LineSplitter {
  private let limit: Int
  private var rest: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// The lines that these bytes complete, without their ends; nil when a line is over the bound.
  mutating func take(_ bytes: some Collection<UInt8>) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    var remaining = bytes[...]
    while let end = remaining.firstIndex(of: UInt8(ascii: "\n")) {
      let piece = remaining[..<end]
      guard rest.count + piece.count <= limit else { return nil }
      rest += piece
      if !rest.isEmpty { lines.append(rest) }
      rest = []
      remaining = remaining[remaining.index(after: end)...]
    }
    guard rest.count + remaining.count <= limit else { return nil }
    rest += remaining
    return lines
  }
}
