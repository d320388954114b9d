import Manifests
import Rendering
import Testing

@Suite("replicas")
struct ReplicasTests {
  @Test("are set by the name that an object has, or had")
  func names() throws {
    let files = [
      "o/kustomization.yaml": "resources: [../b]\nreplicas: [{name: web, count: 5}, {name: b-db, count: 2}]",
      "b/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: b-",
      "b/a.yaml": """
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1}}
      ---
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}}
      """,
    ]
    try expect(
      files, "o",
      renders: """
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: b-web}, spec: {replicas: 5}}
        ---
        {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: b-db}, spec: {replicas: 2}}
        """)
  }

  @Test("of something that is not there, or has none, are refused")
  func missing() throws {
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nreplicas: [{name: a, count: 1}]", "a.yaml": configMap("a")],
      isRefusedWith: .renderingFailed)
  }
}
