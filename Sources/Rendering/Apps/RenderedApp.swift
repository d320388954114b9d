public import Manifests

/// An app as it should be on a cluster.
public struct RenderedApp: Sendable {
  public let manifests: ManifestSet
  /// The directory that was rendered.
  public let overlay: TreePath
  /// The program that rendered its charts, with its version; empty when it has none.
  public let chartProgram: String
  /// What was looked at to choose the overlay, and to build it.
  let choiceTrace: BuildTrace
  let buildTrace: BuildTrace
  /// What was read of the cluster: the values of the variables that the objects name, nil for one that has none and
  /// needs none. Clusters with the same overlay and inputs have the identical manifest set.
  public let inputs: [String: Value?]

  /// Everything that was looked at in the tree: on one where it is the same, so is the result.
  public var trace: BuildTrace {
    var trace = buildTrace
    trace.formUnion(choiceTrace)
    return trace
  }
}
