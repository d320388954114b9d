/// A place in a text: line and column, both counted from 1, columns in characters (Unicode scalars).
public struct TextPosition: Hashable, Sendable {
  // Small on purpose: every node of a document has one. Inputs are bounded far below these types' range.
  private let storedLine: UInt32
  private let storedColumn: UInt32

  public var line: Int { Int(storedLine) }
  public var column: Int { Int(storedColumn) }

  public init(line: Int, column: Int) {
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
  }

  /// The place of the byte at `offset`; lines end with a line feed.
  init(ofByte offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 0x0a {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }
}

extension TextPosition: Comparable {
  public static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
  }
}
