import AgentCore
import FleetModel
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("Each reader of the folder gets what it can read")
struct KindsTests {
  private func message(_ outcome: ObjectOutcome?) -> String {
    if case .failed(let error, _)? = outcome?.result { error.message } else { "" }
  }

  @Test("a kubelet's folder takes Pods and refuses everything else by name, and the Pods are written all the same")
  func staticPods() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let pod: Value = [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web", "namespace": "shop"],
        "spec": ["containers": [["name": "web", "image": "registry.test/web:1"]]],
      ]
      let app = try Site.app(of: [pod, Site.configMap("a", "one")])
      let outcomes = await site.target(.staticPods).apply(app, .enforce)
      #expect(outcomes.words.sorted() == ["created", "failed"])
      #expect(message(outcomes.first { $0.id.kind == "ConfigMap" }) == "the kubelet runs only Pods from its folder")
      // The kubelet reads every file without a leading dot: there must be just the Pod's.
      #expect(try site.contents().keys.filter { !$0.hasPrefix(".") }.count == 1)
    }
  }

  @Test("k3s deletes nothing whose file vanishes, so a deletion is refused and the file stays")
  func k3s() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let target = site.target(.k3s)
      _ = await target.apply(try Site.app("one", maps: ["a"]), .enforce)
      let before = try site.contents()
      let outcomes = await target.delete(try await target.owned())
      #expect(outcomes.words == ["failed"])
      #expect(message(outcomes.first).contains("k3s does not delete"))
      #expect(try site.contents() == before)
    }
  }
}
