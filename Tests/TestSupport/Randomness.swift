import Foundation

/// Random numbers that a seed repeats: a failure shows the seed, and `FLOTILLA_TEST_SEED` brings it back.
public struct Randomness: RandomNumberGenerator {
  public let seed: UInt64
  private var state: UInt64

  /// A new seed, unless the environment gives one; prints it.
  public init(_ what: String) {
    let given = ProcessInfo.processInfo.environment["FLOTILLA_TEST_SEED"].flatMap { UInt64($0) }
    self.init(seed: given ?? UInt64.random(in: .min ... .max))
    print("\(what): FLOTILLA_TEST_SEED=\(seed)")
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
