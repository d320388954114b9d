import Manifests
import Rendering
import Testing

@Suite("namespace")
struct NamespaceTests {
  private func files(_ text: String) -> [String: String] {
    ["kustomization.yaml": "namespace: shop\nresources: [a.yaml]", "a.yaml": text]
  }

  @Test("is set on objects that live in one, whatever they had, and on kinds that nobody knows")
  func objects() throws {
    try expect(
      files(
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: other}}
        ---
        {apiVersion: example.com/v1, kind: Thing, metadata: {name: c}}
        """),
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}}
        ---
        {apiVersion: example.com/v1, kind: Thing, metadata: {name: c, namespace: shop}}
        """)
  }

  @Test("is not set on objects of cluster scope, but in their fields that name one")
  func clusterScope() throws {
    try expect(
      files(
        """
        {apiVersion: v1, kind: Namespace, metadata: {name: a}}
        ---
        {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}}
        ---
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1.example.com}
        spec: {service: {name: s, namespace: old}}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.com}
        spec: {conversion: {webhook: {clientConfig: {service: {name: s, namespace: old}}}}}
        """),
      renders: """
        {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.com}
        spec: {conversion: {webhook: {clientConfig: {service: {name: s, namespace: shop}}}}}
        ---
        {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}}
        ---
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1.example.com}
        spec: {service: {name: s, namespace: shop}}
        """)
  }

  @Test("is set on the subjects of role bindings that are named default, and follows ServiceAccounts that moved")
  func subjects() throws {
    try expect(
      files(
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: app}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: b}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects:
        - {kind: ServiceAccount, name: default}
        - {kind: ServiceAccount, name: app}
        - {kind: ServiceAccount, name: elsewhere, namespace: other}
        - {kind: Group, name: devs}
        """),
      renders: """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: shop}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: b}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects:
        - {kind: ServiceAccount, name: default, namespace: shop}
        - {kind: ServiceAccount, name: app, namespace: shop}
        - {kind: ServiceAccount, name: elsewhere, namespace: other}
        - {kind: Group, name: devs}
        """)
  }

  @Test("that makes two objects one is refused")
  func conflict() throws {
    let error = try expect(
      files(
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: one}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: two}}
        """), isRefusedWith: .duplicateObject)
    #expect(error.address.file == "kustomization.yaml")
    #expect(error.address.line == 1)
  }
}
