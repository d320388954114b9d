public import Manifests

extension FleetError.Code {
  /// A kustomization that says something its format does not allow.
  public static let invalidKustomization = FleetError.Code("invalid-kustomization")
  /// A directory that is to be built and is no kustomization.
  public static let noKustomization = FleetError.Code("no-kustomization")
  /// A kustomization that, over others, is its own base.
  public static let kustomizationCycle = FleetError.Code("kustomization-cycle")
  /// A file that lies outside the directory of the kustomization that names it.
  public static let outsideRoot = FleetError.Code("outside-root")
  /// A file or directory that a kustomization names and that is not there.
  public static let missingFile = FleetError.Code("missing-file")
  /// A transformation that does not fit the object it is for.
  public static let renderingFailed = FleetError.Code("rendering-failed")
  /// A patch that has no object to change, or that cannot be applied to it.
  public static let patchFailed = FleetError.Code("patch-failed")
}

extension FleetError.Code {
  /// No directory to render for an app on a cluster.
  public static let noOverlay = FleetError.Code("no-overlay")
  /// Two apps that claim the same object on one cluster.
  public static let conflictingClaims = FleetError.Code("conflicting-claims")
  /// An object stands in a namespace that its cluster is not known to have.
  public static let undeclaredNamespace = FleetError.Code("undeclared-namespace")
}

extension FleetError.Code {
  /// A render that was given up because the task that asked for it was cancelled. It says nothing of what was rendered.
  public static let renderCancelled = FleetError.Code("render-cancelled")
}

extension FleetError {
  /// Throws where the task is cancelled.
  static func checkCancellation() throws(FleetError) {
    if Task.isCancelled { throw FleetError(.renderCancelled, "the render was given up") }
  }
}
