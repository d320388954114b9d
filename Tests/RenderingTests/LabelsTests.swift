import Manifests
import Rendering
import Testing

@Suite("labels, commonLabels and commonAnnotations")
struct LabelsTests {
  private let objects = """
    {apiVersion: v1, kind: Service, metadata: {name: s, labels: {team: old}}, spec: {selector: {app: a}}}
    ---
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}
    ---
    {apiVersion: example.com/v1, kind: Thing, metadata: {name: t}, spec: {}}
    """

  private func files(_ kustomization: String) -> [String: String] {
    ["kustomization.yaml": "resources: [a.yaml]\n" + kustomization, "a.yaml": objects]
  }

  @Test("labels reach the objects alone")
  func labels() throws {
    try expect(
      files("labels: [{pairs: {team: shop}}]"),
      renders: """
        {apiVersion: v1, kind: Service, metadata: {name: s, labels: {team: shop}}, spec: {selector: {app: a}}}
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {team: shop}}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}
        ---
        {apiVersion: example.com/v1, kind: Thing, metadata: {name: t, labels: {team: shop}}, spec: {}}
        """)
  }

  @Test("with includeTemplates also templates, with includeSelectors also selectors")
  func reach() throws {
    let rendered = { (selector: String, template: String) in
      """
      {apiVersion: v1, kind: Service, metadata: {name: s, labels: {team: shop}}, spec: {selector: {app: a\(selector)}}}
      ---
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {team: shop}}, spec: {selector: {matchLabels: {app: a\(selector)}}, template: {metadata: {labels: {app: a\(template)}}}}}
      ---
      {apiVersion: example.com/v1, kind: Thing, metadata: {name: t, labels: {team: shop}}, spec: {}}
      """
    }
    let more = ", team: shop"
    try expect(files("labels: [{pairs: {team: shop}, includeTemplates: true}]"), renders: rendered("", more))
    try expect(files("labels: [{pairs: {team: shop}, includeSelectors: true}]"), renders: rendered(more, more))
    try expect(files("commonLabels: {team: shop}"), renders: rendered(more, more))
  }

  @Test("reach fields of their own, which are created where that is said")
  func fields() throws {
    try expect(
      files(
        "labels: [{pairs: {team: shop}, fields: [{path: spec/labels, kind: Thing, create: true}, {path: spec/none, kind: Thing}]}]"
      ),
      renders: """
        {apiVersion: v1, kind: Service, metadata: {name: s, labels: {team: shop}}, spec: {selector: {app: a}}}
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {team: shop}}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}
        ---
        {apiVersion: example.com/v1, kind: Thing, metadata: {name: t, labels: {team: shop}}, spec: {labels: {team: shop}}}
        """)
  }

  @Test("commonAnnotations reach objects and templates")
  func annotations() throws {
    try expect(
      files("commonAnnotations: {note: '1'}"),
      renders: """
        {apiVersion: v1, kind: Service, metadata: {name: s, labels: {team: old}, annotations: {note: '1'}}, spec: {selector: {app: a}}}
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, annotations: {note: '1'}}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}, annotations: {note: '1'}}}}}
        ---
        {apiVersion: example.com/v1, kind: Thing, metadata: {name: t, annotations: {note: '1'}}, spec: {}}
        """)
  }

  @Test("a field that says the opposite about being created is refused")
  func conflict() throws {
    try expect(
      files("labels: [{pairs: {a: b}, fields: [{path: metadata/labels, create: false}]}]"),
      isRefusedWith: .invalidKustomization)
  }

  @Test("a field in the annotations is there, not created, where a build has annotations of its own")
  func annotationsOfARenamedObject() throws {
    let fields = "fields: [{path: metadata/annotations, create: false}]"
    let changes = [
      ("namePrefix: x-", "x-a", ", annotations: {l: m}"),
      ("buildMetadata: [managedByLabel]", "a", ", annotations: {l: m}"),
      ("", "a", ""),
    ]
    for (change, name, annotations) in changes {
      let managed = change.contains("managed") ? ", app.kubernetes.io/managed-by: kustomize-(devel)" : ""
      try expect(
        [
          "kustomization.yaml": "resources: [a.yaml]\n\(change)\nlabels: [{pairs: {l: m}, \(fields)}]",
          "a.yaml": configMap("a"),
        ],
        renders: """
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: \(name), labels: {l: m\(managed)}\(annotations)}
          """)
    }
  }
}
