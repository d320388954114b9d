// Swift compares texts by canonical equivalence: `"é" == "e\u{301}"`. Kubernetes, TUF and Git compare bytes, so that
// is what every key, name and path of the project is compared by.
extension String {
  /// Whether both texts are the same bytes in UTF-8.
  public func hasSameBytes(as other: String) -> Bool {
    let left = utf8
    let right = other.utf8
    guard left.count == right.count else { return false }
    let fast: Bool?? = left.withContiguousStorageIfAvailable { a in
      right.withContiguousStorageIfAvailable { b in
        a.elementsEqual(b)
      }
    }
    if case .some(.some(let same)) = fast { return same }
    return left.elementsEqual(right)
  }

  /// Whether this text's UTF-8 bytes come before the other's.
  public func precedesInBytes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }

  func hashBytes(into hasher: inout Hasher) {
    if utf8.withContiguousStorageIfAvailable({ hasher.combine(bytes: UnsafeRawBufferPointer($0)) }) == nil {
      for byte in utf8 { hasher.combine(byte) }
    }
    hasher.combine(0xff as UInt8)  // no text of UTF-8 has this byte, so it ends one
  }
}
