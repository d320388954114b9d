import Foundation

/// Random numbers that a seed repeats.
///
/// Each user's seed is the same in every run, so that a red run is of the change it ran for; `FLOTILLA_TEST_SEED` gives
/// another, and `FLOTILLA_TEST_SEED=fresh` one that nobody has tried: that is what `make fuzz` looks for faults with.
public struct Randomness: RandomNumberGenerator {
  public let seed: UInt64
  private var state: UInt64

  /// The seed that the environment gives, else the one of this name; prints it.
  public init(_ what: String) {
    switch ProcessInfo.processInfo.environment["FLOTILLA_TEST_SEED"] {
    case "fresh": self.init(seed: UInt64.random(in: .min ... .max))
    case let given?:
      guard let seed = UInt64(given) else { fatalError("FLOTILLA_TEST_SEED is neither a number nor fresh: \(given)") }
      self.init(seed: seed)
    case nil: self.init(seed: Randomness.seed(of: what))
    }
    print("\(what): FLOTILLA_TEST_SEED=\(seed)")
  }

  // FNV-1a: Swift's own hashes differ from process to process.
  private static func seed(of name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  // SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Damages valid documents as fuzzers do.
public enum Mutation {
  private static let tokens = [
    "{", "}", "[", "]", ":", ": ", "- ", "\n", "\r\n", "\t", "  ", "&a ", "*a", "<<: ", "!!int ", "!x ", "|", ">-\n",
    "'",
    "\"", "\\u", "\\ud800", "#", "---\n", "...\n", "%YAML 9.9\n", "? ", ", ", "null", "~", ".nan", "-0", "1e999",
    "99999999999999999999", "0x", "2001-99-99", "\u{feff}", "\u{85}", "${", "}", "$", "../", "*", "@",
  ]

  /// The text with one to six damages: bytes changed, taken away, doubled, moved, or tokens put in.
  public static func mutate(_ text: [UInt8], using random: inout Randomness) -> [UInt8] {
    var text = text
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let range = someRange(of: text, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: text.replaceSubrange(range, with: [])
      case 1: text.insert(contentsOf: text[range], at: Int.random(in: 0...text.count, using: &random))
      case 2: for index in range.prefix(2) { text[index] = UInt8.random(in: .min ... .max, using: &random) }
      case 3: text.removeSubrange(Int.random(in: 0...text.count, using: &random)...)
      default:
        let token = tokens.randomElement(using: &random) ?? ""
        text.insert(contentsOf: token.utf8, at: Int.random(in: 0...text.count, using: &random))
      }
    }
    return text
  }

  private static func someRange(of text: [UInt8], using random: inout Randomness) -> Range<Int> {
    let start = Int.random(in: 0...text.count, using: &random)
    return start..<min(text.count, start + Int.random(in: 0...24, using: &random))
  }
}
