import Manifests
import Rendering
import Testing

@Suite("References to objects whose names change")
struct NameReferencesTests {
  private func files(_ text: String) -> [String: String] {
    ["kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]", "a.yaml": text]
  }

  @Test("are mended in every place of a Pod, in all workloads")
  func pods() throws {
    let pod = { (x: String) in
      """
      {serviceAccountName: \(x)sa, imagePullSecrets: [{name: \(x)secret}], priorityClassName: \(x)prio,
       containers: [{name: c, env: [{name: E, valueFrom: {configMapKeyRef: {name: \(x)config, key: k}}}],
         envFrom: [{configMapRef: {name: \(x)config}}, {secretRef: {name: \(x)secret}}, {secretRef: {name: other}}]}],
       initContainers: [{name: i, env: [{name: E, valueFrom: {secretKeyRef: {name: \(x)secret, key: k}}}]}],
       volumes: [{name: a, configMap: {name: \(x)config}}, {name: b, secret: {secretName: \(x)secret}},
         {name: c, persistentVolumeClaim: {claimName: \(x)claim}},
         {name: d, projected: {sources: [{configMap: {name: \(x)config}}, {secret: {name: \(x)secret}}]}}]}
      """
    }
    let objects = { (x: String) in
      """
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: \(x)sa}, imagePullSecrets: [{name: \(x)secret}]}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: \(x)config}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: \(x)secret}}
      ---
      {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: \(x)prio}}
      ---
      {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: \(x)claim}}
      ---
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: \(x)d}, spec: {template: {spec: \(pod(x))}}}
      ---
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: \(x)s}, spec: {template: {spec: \(pod(x))}}}
      ---
      {apiVersion: batch/v1, kind: CronJob, metadata: {name: \(x)j}, spec: {jobTemplate: {spec: {template: {spec: \(pod(x))}}}}}
      ---
      {apiVersion: v1, kind: Pod, metadata: {name: \(x)p}, spec: \(pod(x))}
      """
    }
    try expect(files(objects("")), renders: objects("x-"))
  }

  @Test("are mended in Ingresses, autoscalers, StatefulSets, role bindings and webhooks")
  func others() throws {
    let objects = { (x: String, webhook: String) in
      """
      {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: \(x)role},
       rules: [{apiGroups: [""], resources: [secrets], resourceNames: [\(x)tls, other], verbs: [get]}]}
      ---
      {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: \(x)binding},
       roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: \(x)role}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: \(x)tls}}
      ---
      {apiVersion: v1, kind: Service, metadata: {name: \(x)web}}
      ---
      {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: \(x)web}, spec: {serviceName: \(x)web}}
      ---
      {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: \(x)web},
       spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: \(x)web}}}
      ---
      {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: \(x)web},
       spec: {tls: [{secretName: \(x)tls}], defaultBackend: {service: {name: \(x)web}},
         rules: [{http: {paths: [{path: /, backend: {service: {name: \(x)web}}}]}}]}}
      ---
      {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: \(x)hook},
       webhooks: [{name: h, clientConfig: {service: {name: \(x)web\(webhook)}}}]}
      """
    }
    try expect(files(objects("", "")), renders: objects("x-", ""))
  }

  @Test("mean the role of the kind that stands beside the name")
  func roles() throws {
    let text = { (role: String, cluster: String) in
      """
      {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: \(role)}}
      ---
      {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: \(cluster)}}
      ---
      {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: x-b},
       roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \(cluster)}}
      """
    }
    try expect(
      [
        "kustomization.yaml": "resources: [a, c.yaml]", "a/kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]",
        "a/a.yaml": text("view", "view").split(separator: "x-b").joined(separator: "b"),
        "c.yaml": configMap("c"),
      ], renders: text("x-view", "x-view") + "\n---\n" + configMap("c"))
  }

  @Test("across namespaces are left alone")
  func namespaces() throws {
    try expect(
      files(
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: one}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: two}, spec: {volumes: [{name: v, configMap: {name: a}}]}}
        """),
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: x-a, namespace: one}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: x-p, namespace: two}, spec: {volumes: [{name: v, configMap: {name: a}}]}}
        """)
  }

  @Test("that may mean several objects are refused")
  func ambiguous() throws {
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: sa}}"
    let binding = """
      {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b},
       roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}, subjects: [{kind: ServiceAccount, name: sa}]}
      """
    let error = try expect(
      [
        "kustomization.yaml": "resources: [a, b, b.yaml]", "b.yaml": binding,
        "a/kustomization.yaml": "namespace: a\nresources: [a.yaml]", "a/a.yaml": account,
        "b/kustomization.yaml": "namespace: b\nresources: [a.yaml]", "b/a.yaml": account,
      ], isRefusedWith: .renderingFailed)
    #expect(error.message.contains("sa"))
  }
}
