import Wire

/// A message that can be made at random.
protocol RandomMessage: WireMessage {
  static func random(_ random: inout RandomSource) -> Self
}

/// Values from a seed: SplitMix64.
struct RandomSource: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// Zeros, small numbers and the ends of the range more often than chance would have them.
  mutating func number() -> Int64 {
    switch below(6) {
    case 0: 0
    case 1: .min
    case 2: .max
    case 3: -1
    case 4: Int64(below(300))
    default: Int64(bitPattern: next())
    }
  }

  mutating func bytes() -> [UInt8] { (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: next()) } }

  mutating func text() -> String {
    let alphabet: [Character] = [
      "a", "Z", "0", " ", "\n", "\u{1}", "é", "e\u{301}", "ß", "漢", "🚢", "\u{FFFD}", "/", "\"",
    ]
    return String((0..<below(12)).map { _ in alphabet[below(alphabet.count)] })
  }

  /// A known value, or now and then one that this version does not know.
  mutating func member<E: WireEnum>(_ type: E.Type) -> E {
    let known = Array(E.allCases)
    let index = below(known.count + 1)
    return index < known.count ? known[index] : E(rawValue: [-1, 4711, .max, .min][below(4)])
  }
}

let everyMessageName: [String] = everyMessageKind.map { $0.messageName }
