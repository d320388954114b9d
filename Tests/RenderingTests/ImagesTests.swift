import Manifests
import Rendering
import Testing

@Suite("images")
struct ImagesTests {
  private func render(_ image: String, _ change: String) throws -> String {
    let text = { (image: String) in
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: {containers: [{name: c, image: '\(image)'}]}}}}"
    }
    let files = ["kustomization.yaml": "resources: [a.yaml]\nimages: [\(change)]", "a.yaml": text(image)]
    let rendered = try #require(try build(files).first)
    let got = try #require(rendered[path: "spec", "template", "spec", "containers"]?.array?.first?["image"]?.string)
    try expect(files, renders: text(got))
    return got
  }

  @Test(
    "give an image another name, tag or digest",
    arguments: [
      ("nginx", "{name: nginx, newTag: '1.2'}", "nginx:1.2"),
      ("nginx:1.0", "{name: nginx, newTag: '1.2'}", "nginx:1.2"),
      ("nginx:1.0@sha256:abc", "{name: nginx, newTag: '1.2'}", "nginx:1.2"),
      ("nginx:1.0", "{name: nginx, newName: mirror/nginx}", "mirror/nginx:1.0"),
      ("nginx:1.0", "{name: nginx, digest: 'sha256:def'}", "nginx@sha256:def"),
      ("nginx:1.0", "{name: nginx, newTag: '2', digest: 'sha256:def'}", "nginx:2@sha256:def"),
      ("host:5000/nginx:1.0", "{name: 'host:5000/nginx', newTag: '2'}", "host:5000/nginx:2"),
      ("host:5000/nginx", "{name: 'host:5000/nginx', newName: nginx}", "nginx"),
      ("nginx:1.0", "{name: ngin, newTag: '2'}", "nginx:1.0"),
      ("my/nginx:1.0", "{name: nginx, newTag: '2'}", "my/nginx:1.0"),
      ("quay.io/nginx", "{name: 'quay.io/.*', newTag: '2'}", "quay.io/nginx:2"),
      ("quay-io/nginx", "{name: quay.io/nginx, newTag: '2'}", "quay-io/nginx:2"),
    ])
  func change(_ image: String, _ change: String, _ wanted: String) throws {
    #expect(try render(image, change) == wanted)
  }

  @Test("are found in every list of containers, in custom resources too, but not in their definitions")
  func places() throws {
    let text = { (image: String) in
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: things.example.com}
      spec: {containers: [{image: nginx}]}
      ---
      apiVersion: example.com/v1
      kind: Thing
      metadata: {name: t}
      spec:
        deep: [{initContainers: [{image: \(image)}, {name: none}]}]
        image: nginx
      """
    }
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nimages: [{name: nginx, newTag: v1}]", "a.yaml": text("nginx")],
      renders: text("nginx:v1"))
  }

  @Test("a suffix for tags is refused where it would be appended")
  func suffix() throws {
    try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\nimages: [{name: nginx, tagSuffix: -x}]",
        "a.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: 'nginx:1'}]}}",
      ], isRefusedWith: .notSupportedYet)
  }
}
