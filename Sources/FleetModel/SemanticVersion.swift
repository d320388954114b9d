/// A version as Semantic Versioning 2.0.0 has it, ordered by its rules: `0.2.0-rc.1` comes before `0.2.0`.
///
/// Build metadata (`+5114f85`) is kept and, as the rules demand, counts neither for equality nor for order.
public struct SemanticVersion: Sendable {
  public let major: Int64
  public let minor: Int64
  public let patch: Int64
  /// The identifiers after `-`, in their order; empty for a release.
  public let prerelease: [String]
  /// What stands after `+`; empty when nothing does.
  public let build: String

  public init(major: UInt32, minor: UInt32, patch: UInt32) {
    self.major = Int64(major)
    self.minor = Int64(minor)
    self.patch = Int64(patch)
    prerelease = []
    build = ""
  }

  /// The version that a text such as `1.0.0-rc.1+build.5` names; nil when it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, !SemanticVersion.areIdentifiers(parts[1]) { return nil }
    build = parts.count == 2 ? String(parts[1]) : ""
    let release = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if release.count == 2 {
      guard SemanticVersion.areIdentifiers(release[1]) else { return nil }
      prerelease = release[1].split(separator: ".").map(String.init)
      guard prerelease.allSatisfy({ !SemanticVersion.hasLeadingZero($0) }) else { return nil }
    } else {
      prerelease = []
    }
    let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, let major = SemanticVersion.number(numbers[0]),
      let minor = SemanticVersion.number(numbers[1]), let patch = SemanticVersion.number(numbers[2])
    else { return nil }
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  private static func number(_ text: Substring) -> Int64? {
    hasLeadingZero(text) ? nil : Int64(digits: text.utf8)
  }

  /// Whether this is a number with a zero before it, which would be a second spelling of the same number.
  private static func hasLeadingZero(_ text: some StringProtocol) -> Bool {
    text.utf8.count > 1 && text.utf8.first == 0x30 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func areIdentifiers(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2d
        }
    }
  }
}

extension SemanticVersion: Comparable, Hashable {
  public static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
    left.numbers == right.numbers && left.prerelease == right.prerelease
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(numbers)
    hasher.combine(prerelease)
  }

  public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
    // A version with a prerelease comes before the one without.
    if left.prerelease.isEmpty || right.prerelease.isEmpty {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    for (a, b) in zip(left.prerelease, right.prerelease) where a != b { return precedes(a, b) }
    return left.prerelease.count < right.prerelease.count
  }

  private var numbers: [Int64] { [major, minor, patch] }

  /// The order of two identifiers that differ: numbers by value and before texts, texts by their bytes.
  private static func precedes(_ a: String, _ b: String) -> Bool {
    func isNumber(_ text: String) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    switch (isNumber(a), isNumber(b)) {
    // Without leading zeros the longer number is the greater one, however long it is.
    case (true, true) where a.utf8.count != b.utf8.count: return a.utf8.count < b.utf8.count
    case (true, false): return true
    case (false, true): return false
    default: return a.utf8.lexicographicallyPrecedes(b.utf8)
    }
  }
}

extension SemanticVersion: CustomStringConvertible {
  public var description: String {
    var text = "\(major).\(minor).\(patch)"
    if !prerelease.isEmpty { text += "-" + prerelease.joined(separator: ".") }
    return build.isEmpty ? text : "\(text)+\(build)"
  }
}
