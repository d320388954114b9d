import Manifests

/// What a kustomization has come to: its objects, and the configuration that those above it inherit.
///
/// Names are not final yet: hashes and references are put in once, at the top.
struct Accumulation: Sendable {
  var list = ResourceList()
  var configuration = TransformerConfiguration()
  var variables: [Variable] = []
  /// The directories of all kustomizations that it is made of.
  var directories: Set<TreePath> = []
  var charts = ChartUse()

  /// Takes over what another kustomization has come to.
  mutating func merge(_ other: Accumulation) throws(FleetError) {
    try list.append(other.list.resources)
    configuration = try configuration.merging(other.configuration)
    directories.formUnion(other.directories)
    charts.formUnion(other.charts)
    try merge(other.variables)
  }
}
