import Manifests
import Rendering
import Testing

@Suite("secretGenerator")
struct SecretGeneratorTests {
  @Test("makes Secrets whose values stand in Base64, Opaque unless a type is given")
  func types() throws {
    let files = [
      "kustomization.yaml": """
      secretGenerator:
      - name: a
        literals: [user=admin]
        files: [tls.crt]
      - name: t
        type: kubernetes.io/tls
        files: [tls.crt, tls.key]
      """,
      "tls.crt": "certificate", "tls.key": "key",
    ]
    try expect(
      files,
      renders: """
        {apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: a-4cggc7mkbf},
         data: {user: YWRtaW4=, tls.crt: Y2VydGlmaWNhdGU=}}
        ---
        {apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: t-dkgbbftdc9},
         data: {tls.crt: Y2VydGlmaWNhdGU=, tls.key: a2V5}}
        """)
  }

  @Test("references to them follow their names, also in other apps' kinds that are configured")
  func references() throws {
    let files = [
      "kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]\nsecretGenerator:\n- {name: s, literals: [k=v]}",
      "a.yaml": """
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: sa}, imagePullSecrets: [{name: s}]}
      ---
      {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {tls: [{secretName: s}]}}
      """,
    ]
    try expect(
      files,
      renders: """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: x-sa}, imagePullSecrets: [{name: x-s-ftgtgc4t9f}]}
        ---
        {apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: x-s-ftgtgc4t9f}, data: {k: dg==}}
        ---
        {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x-i}, spec: {tls: [{secretName: x-s-ftgtgc4t9f}]}}
        """)
  }

  @Test("errors do not have the values")
  func secretsStayOutOfErrors() throws {
    let error = try expect(
      ["kustomization.yaml": "secretGenerator:\n- {name: s, literals: ['=hunter2']}"],
      isRefusedWith: .invalidKustomization)
    #expect(!"\(error)".contains("hunter2"))
    let twice = try expect(
      ["kustomization.yaml": "secretGenerator:\n- {name: s, literals: [k=hunter2, k=hunter3]}"],
      isRefusedWith: .invalidKustomization)
    #expect(!"\(twice)".contains("hunter"))
  }
}
