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

/// Checks that every object of a cluster belongs to one app.
public enum ObjectClaims {
  /// Throws when two of the apps claim the same object; the error names both.
  /// - Parameter cluster: the cluster's name, for the error.
  public static func check(
    _ apps: [(app: String, manifests: ManifestSet)], cluster: String
  ) throws(FleetError) {
    var claims: [ObjectID: (app: String, manifest: Manifest)] = [:]
    for (app, manifests) in apps {
      for manifest in manifests.manifests {
        guard let first = claims.updateValue((app, manifest), forKey: manifest.id) else { continue }
        var address = manifest.address
        address.cluster = cluster
        address.app = app
        throw FleetError(
          .conflictingClaims, "the apps \(first.app) and \(app) both claim \(manifest.id.displayName)", at: address,
          cause: "\(first.app) has it from \(first.manifest.address.file ?? "elsewhere")",
          nextStep: "take it out of one of them")
      }
    }
  }
}
