import Digests
import Manifests

/// The keys under which a render cache keeps what an overlay came to.
enum RenderKey {
  /// Part of every key: raised when the same files come to render in another way.
  static let version: Int64 = 1

  /// For what the last build of an overlay looked at, and the variables that its objects name.
  static func build(of overlay: Overlay) -> Digest {
    digest(["kind": "build", "overlay": name(of: overlay)])
  }

  /// For a manifest set, by everything it came from, so that a revert finds what was there before.
  /// - Parameter trace: the digest of what the build of the overlay looked at.
  static func manifests(of overlay: Overlay, _ parameters: OverlayBuild.Parameters, trace: Digest) -> Digest {
    var inputs = Value.null
    if let values = parameters.inputs {
      // A variable without a value is another input than one that is null, and than none.
      inputs = .object(Object(values.map { ($0.key, $0.value.map { Value.array([$0]) } ?? .array([])) }))
    }
    return digest([
      "inputs": inputs, "kind": "manifests", "namespace": .string(parameters.namespace), "overlay": name(of: overlay),
      "trace": .string(trace.hex),
    ])
  }

  private static func name(of overlay: Overlay) -> Value {
    [
      "directory": .string(overlay.directory.description),
      "form": .string(overlay.form == .kustomization ? "kustomization" : "plain"),
    ]
  }

  private static func digest(_ key: Value) -> Digest {
    Digest(of: JSON.canonical(["key": key, "version": .integer(version)]))
  }
}
