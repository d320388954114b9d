internal import Glibc

// Swift compares texts by canonical equivalence: `"é" == "e\u{301}"`. Kubernetes, TUF and Git compare bytes, so that
// is what every key, name and path of the project is compared by.
extension String {
  /// Whether both texts are the same bytes in UTF-8.
  public func hasSameBytes(as other: String) -> Bool {
    // What differs for Swift differs in its bytes, and Swift has the quicker way to find that out.
    self == other && compareBytes(other) == 0
  }

  /// Whether this text's UTF-8 bytes come before the other's.
  public func precedesInBytes(_ other: String) -> Bool { compareBytes(other) < 0 }

  /// Negative, zero or positive as this text's bytes come before, are the same as, or come after the other's.
  private func compareBytes(_ other: String) -> Int {
    let left = utf8
    let right = other.utf8
    let order: Int32?? = left.withContiguousStorageIfAvailable { a in
      right.withContiguousStorageIfAvailable { b in
        guard let start = a.baseAddress, let otherStart = b.baseAddress else { return 0 }
        return memcmp(start, otherStart, min(a.count, b.count))
      }
    }
    if case .some(.some(let order)) = order { return order == 0 ? left.count - right.count : Int(order) }
    // Only texts bridged from elsewhere have no contiguous bytes.
    if left.elementsEqual(right) { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
  }

  func hashBytes(into hasher: inout Hasher) {
    if utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
      for byte in utf8 { hasher.combine(byte) }
    }
    hasher.combine(0xff as UInt8)  // no text of UTF-8 has this byte, so it ends one
  }
}

/// A text as a key of sets and maps, compared by its bytes.
public struct ByteText: Hashable, Comparable, Sendable {
  public let text: String
  public init(_ text: String) { self.text = text }

  public static func == (left: ByteText, right: ByteText) -> Bool { left.text.hasSameBytes(as: right.text) }
  public static func < (left: ByteText, right: ByteText) -> Bool { left.text.precedesInBytes(right.text) }
  public func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
