import Manifests

/// What becomes of the hooks of an overlay that is a chart.
///
/// A fleet is brought to a state and kept there; there is no moment before or after an installation. So what a chart
/// would run around an installation or upgrade is part of the state like everything else, and what it would run at
/// other moments (tests, deletions, rollbacks) is left out: applied with the rest it would do its work at once.
enum ChartHooks {
  private static let annotation = "helm.sh/hook"
  private static let kept: Set<String> = ["pre-install", "post-install", "pre-upgrade", "post-upgrade", "crd-install"]
  private static let dropped: Set<String> = [
    "test", "test-success", "test-failure", "pre-delete", "post-delete", "pre-rollback", "post-rollback",
  ]

  /// Takes away what is for other moments; throws for a moment that nobody knows.
  static func apply(to resources: inout [Resource]) throws(FleetError) {
    var left: [Resource] = []
    left.reserveCapacity(resources.count)
    for resource in resources where try isKept(resource) { left.append(resource) }
    resources = left
  }

  private static func isKept(_ resource: Resource) throws(FleetError) -> Bool {
    guard let text = resource.tree.value(at: "metadata", "annotations")?[annotation]?.text else { return true }
    let moments = text.split(separator: ",").map { String($0.filter { $0 != " " }).lowercased() }
    for moment in moments where !kept.contains(moment) && !dropped.contains(moment) {
      throw FleetError(
        .chartFailed, "no hook that Helm knows: \(moment)", at: resource.address,
        nextStep: "mend the annotation \(annotation)")
    }
    return moments.isEmpty || moments.contains { kept.contains($0) }
  }
}
