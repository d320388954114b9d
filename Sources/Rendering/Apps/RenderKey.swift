import Digests
import FleetModel
import Manifests

/// The keys under which a render cache keeps what an overlay came to.
enum RenderKey {
  /// Part of every key: raised when the same files come to render in another way.
  static let version: Int64 = 2

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

  /// For what a program made of a chart.
  static func chart(_ request: Digest, program: String) -> Digest {
    digest(["kind": "chart", "program": .string(program), "request": .string(request.hex)])
  }

  private static func name(of overlay: Overlay) -> Value {
    var name: Value = ["directory": .string(overlay.directory.description)]
    switch overlay.form {
    case .kustomization: name["form"] = "kustomization"
    case .plain: name["form"] = "plain"
    case .chart(let release):
      name["form"] = "chart"
      name["release"] = [.string(release.name), .string(release.namespace)]
    }
    if let charts = overlay.charts {
      name["charts"] = [
        .string(charts.program), .string(charts.kubernetes.version),
        .array(charts.kubernetes.apiVersions.map(Value.string)),
      ]
    }
    return name
  }

  private static func digest(_ key: Value) -> Digest {
    Digest(of: JSON.canonical(["key": key, "version": .integer(version)]))
  }
}
