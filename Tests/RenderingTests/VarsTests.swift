import Manifests
import Rendering
import Testing

@Suite("vars")
struct VarsTests {
  private let objects = """
    {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}}
    ---
    {apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {note: at $(WEB)}}, spec: {containers: [{name: c, image: i,
      command: [run, $(WEB), "http://$(WEB):$(PORT)/$$(WEB)", $(OTHER)], env: [{name: E, value: $(WEB)}]}]}}
    """

  private func files(_ vars: String) -> [String: String] {
    ["kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]\nvars:\n\(vars)", "a.yaml": objects]
  }

  @Test("are put where containers and annotations name them, with the final name; what is no var stays")
  func values() throws {
    try expect(
      files(
        """
        - name: WEB
          objref: {apiVersion: v1, kind: Service, name: web}
        - name: PORT
          objref: {apiVersion: v1, kind: Service, name: web}
          fieldref: {fieldPath: "spec.ports[0].port"}
        """),
      renders: """
        {apiVersion: v1, kind: Service, metadata: {name: x-web}, spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: x-p, annotations: {note: at x-web}}, spec: {containers: [{name: c, image: i,
          command: [run, x-web, "http://x-web:80/$(WEB)", $(OTHER)], env: [{name: E, value: x-web}]}]}}
        """)
  }

  @Test("one that names an object or a field that is not there is refused")
  func missing() throws {
    try expect(
      files("- {name: WEB, objref: {apiVersion: v1, kind: Service, name: nobody}}"), isRefusedWith: .renderingFailed)
    try expect(
      files(
        """
        - {name: WEB, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: spec.nothing}}
        """), isRefusedWith: .renderingFailed)
  }

  @Test("two of one name are refused, also when one is from a base")
  func twice() throws {
    let one = "- {name: WEB, objref: {apiVersion: v1, kind: Service, name: web}}"
    try expect(files("\(one)\n\(one)"), isRefusedWith: .invalidKustomization)
    try expect(
      [
        "o/kustomization.yaml": "resources: [../b]\nvars:\n\(one)",
        "b/kustomization.yaml": "resources: [a.yaml]\nvars:\n\(one)", "b/a.yaml": objects,
      ], "o", isRefusedWith: .invalidKustomization)
  }
}
