import Manifests

/// An input of two parts, with a line of nothing but `%%%%` between them.
func parts(of bytes: [UInt8]) -> (first: [UInt8], second: [UInt8])? {
  let separator = Array("\n%%%%\n".utf8)
  guard bytes.count >= separator.count else { return nil }
  for start in 0...(bytes.count - separator.count) where bytes[start...].starts(with: separator) {
    return (Array(bytes[..<start]), Array(bytes[(start + separator.count)...]))
  }
  return nil
}

/// Ends the run: what must hold for every input does not hold for this one.
func require(_ condition: Bool, _ rule: String) {
  guard !condition else { return }
  fatalError("does not hold: \(rule)")
}
