import Digests
import Manifests

/// The keys under which a render cache keeps what an overlay came to.
enum RenderKey {
  /// Part of every key: raised when the same files come to render in another way.
  static let version: Int64 = 1

  /// For what a build looked at, and the variables that its objects name.
  static func build(of overlay: Overlay) -> Digest {
    digest(["kind": "build", "overlay": name(of: overlay)])
  }

  /// For a manifest set.
  static func manifests(of overlay: Overlay, _ parameters: OverlayBuild.Parameters) -> Digest {
    var inputs = Value.null
    if let values = parameters.inputs {
      // A variable without a value is another input than one that is null, and than none.
      inputs = .object(Object(values.map { ($0.key, $0.value.map { Value.array([$0]) } ?? .array([])) }))
    }
    return digest([
      "inputs": inputs, "kind": "manifests", "namespace": .string(parameters.namespace), "overlay": name(of: overlay),
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

extension OverlayBuild {
  /// What a cache keeps of the build itself.
  var cacheEntry: CachedRender {
    let variables = Object(self.variables.map { ($0.key, Value.bool($0.value)) })
    return CachedRender(trace: trace, result: JSON.canonical(.object(variables)))
  }

  /// nil for an entry that does not say which variables there are.
  convenience init?(_ overlay: Overlay, cacheEntry entry: CachedRender) {
    guard case .object(let object)? = try? JSON.parse(entry.result, file: "render cache") else { return nil }
    var variables: [String: Bool] = [:]
    for (key, value) in object {
      guard let hasFallback = value.bool else { return nil }
      variables[key] = hasFallback
    }
    self.init(overlay, trace: entry.trace, variables: variables)
  }
}
