import Manifests

/// The charts that a build is made of, as far as they matter after it.
struct ChartUse: Sendable {
  /// Whether there are any.
  private(set) var isUsed = false
  private var lostPlaceholders: [String] = []

  mutating func note(_ inflation: Inflation) {
    isUsed = true
    lostPlaceholders += inflation.lostPlaceholders
  }

  mutating func formUnion(_ other: ChartUse) {
    isUsed = isUsed || other.isUsed
    lostPlaceholders += other.lostPlaceholders
  }

  /// Throws when a cluster's value was asked for in a place from which no value reaches the objects.
  func refuseLostPlaceholders() throws(FleetError) {
    guard let name = lostPlaceholders.first else { return }
    throw FleetError(
      .invalidPlaceholder, "${\(name)} is given to a chart whose objects do not show it",
      cause: "charts are rendered before a cluster's values are put in, and this one uses the text up",
      nextStep: "give the chart a plain value, in an overlay for each environment or cluster where they differ")
  }
}
