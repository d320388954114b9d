extension Int64 {
  /// The number that these ASCII digits are; nil when one of them is none, or there are more than 18.
  init?(digits: some Collection<UInt8>) {
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self = digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }
}
