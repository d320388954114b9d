import Manifests
import Rendering
import Synchronization

/// Stands in for helm: what it makes of a chart is said by the test, and what it was asked is kept.
final class ScriptedInflater: ChartInflater {
  let identity: String
  private let output: @Sendable (ChartRequest, ChartPass) -> String
  private let asked = Mutex<[ChartRequest]>([])

  init(identity: String = "helm v0", output: @escaping @Sendable (ChartRequest, ChartPass) -> String) {
    self.identity = identity
    self.output = output
  }

  /// One that writes a ConfigMap with this in it.
  convenience init(_ identity: String = "helm v0", data: @escaping @Sendable (ChartRequest) -> String = { _ in "x" }) {
    self.init(identity: identity) { request, _ in
      """
      ---
      # Source: web/templates/a.yaml
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: web}
      data:
        text: \(data(request))
      """
    }
  }

  func inflate(_ request: ChartRequest, _ pass: ChartPass) throws(FleetError) -> [UInt8] {
    asked.withLock { $0.append(request) }
    return Array(output(request, pass).utf8)
  }

  /// Every request, each of them twice.
  var requests: [ChartRequest] { asked.withLock { $0 } }
}

extension ChartRequest {
  /// Its values, as JSON.
  var valueTexts: [String] { values.map { String(decoding: $0, as: UTF8.self) } }
}

/// A chart in the directory where kustomize looks for it.
let webChart = [
  "charts/web/Chart.yaml": "name: web", "charts/web/values.yaml": "a: 1\nb: {c: 2, d: [x]}\n",
  "charts/web/templates/a.yaml": "{{ .Values.a }}",
]
