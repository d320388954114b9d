/// The fields by which objects of the built-in kinds name one another.
///
/// Source: kustomize's documented defaults ("Default Field Specs", nameReference), as of v5.6.0.
enum BuiltInNameReferences {
  typealias Reference = TransformerConfiguration.NameReference

  static let all: [Reference] = scaled + [configMap, secret, service] + accessControl + storage + others

  /// Where the specification of the Pods of each kind of workload stands.
  private static let podSpecs = [
    ("Pod", "spec"), ("PodTemplate", "template/spec"), ("Deployment", workload), ("ReplicaSet", workload),
    ("DaemonSet", workload), ("StatefulSet", workload), ("Job", workload), ("ReplicationController", workload),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
  ]
  private static let workload = "spec/template/spec"

  private static func field(_ path: String, _ kind: String, group: String = "", version: String = "") -> FieldSpec {
    FieldSpec(path, kind: GroupVersionKind(group: group, version: version, kind: kind))
  }

  /// The paths below the Pods of every workload but ReplicationControllers.
  private static func inPods(_ paths: [String]) -> [FieldSpec] {
    podSpecs.filter { $0.0 != "ReplicationController" }.flatMap { kind, spec in
      paths.map { field("\(spec)/\($0)", kind, version: kind == "Pod" ? "v1" : "") }
    }
  }

  /// A path below the Pods of the workloads that kustomize looks at for everything but ConfigMaps and Secrets.
  private static func inSomePods(_ path: String) -> [FieldSpec] {
    podSpecs.filter { $0.0 != "PodTemplate" && $0.0 != "ReplicaSet" }.map { field("\($0.1)/\(path)", $0.0) }
  }

  private static func reference(_ kind: String, group: String = "", version: String = "", _ fields: [FieldSpec])
    -> Reference
  {
    Reference(target: GroupVersionKind(group: group, version: version, kind: kind), fields: fields)
  }

  private static let scaled = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
    reference($0, [field("spec/scaleTargetRef/name", "HorizontalPodAutoscaler")])
  }

  private static let containers = ["containers", "initContainers"]

  private static let configMap = reference(
    "ConfigMap", version: "v1",
    inPods(
      ["volumes/configMap/name", "volumes/projected/sources/configMap/name"]
        + containers.flatMap { ["\($0)/env/valueFrom/configMapKeyRef/name", "\($0)/envFrom/configMapRef/name"] })
      + [
        field("spec/configSource/configMap", "Node"),
        field("rules/resourceNames", "Role"),
        field("rules/resourceNames", "ClusterRole"),
        field("metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap", "Ingress"),
      ])

  private static let secret = reference(
    "Secret", version: "v1",
    inPods(
      ["volumes/secret/secretName", "volumes/projected/sources/secret/name", "imagePullSecrets/name"]
        + containers.flatMap { ["\($0)/env/valueFrom/secretKeyRef/name", "\($0)/envFrom/secretRef/name"] })
      + [
        field("spec/tls/secretName", "Ingress"),
        field("metadata/annotations/ingress.kubernetes.io\\/auth-secret", "Ingress"),
        field("metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret", "Ingress"),
        field("metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret", "Ingress"),
        field("imagePullSecrets/name", "ServiceAccount"),
        field("parameters/secretName", "StorageClass"),
        field("parameters/adminSecretName", "StorageClass"),
        field("parameters/userSecretName", "StorageClass"),
        field("parameters/secretRef", "StorageClass"),
        field("rules/resourceNames", "Role"),
        field("rules/resourceNames", "ClusterRole"),
        field(
          "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", "Service", group: "serving.knative.dev",
          version: "v1"),
        field("spec/azureFile/secretName", "PersistentVolume"),
      ])

  private static let service = reference(
    "Service", version: "v1",
    [
      field("spec/serviceName", "StatefulSet", group: "apps"),
      field("spec/rules/http/paths/backend/serviceName", "Ingress"),
      field("spec/backend/serviceName", "Ingress"),
      field("spec/rules/http/paths/backend/service/name", "Ingress"),
      field("spec/defaultBackend/service/name", "Ingress"),
      field("spec/service/name", "APIService", group: "apiregistration.k8s.io"),
      field("webhooks/clientConfig/service", "ValidatingWebhookConfiguration", group: "admissionregistration.k8s.io"),
      field("webhooks/clientConfig/service", "MutatingWebhookConfiguration", group: "admissionregistration.k8s.io"),
    ])

  private static let rbac = "rbac.authorization.k8s.io"

  private static let accessControl = [
    reference("Role", group: rbac, [field("roleRef/name", "RoleBinding", group: rbac)]),
    reference(
      "ClusterRole", group: rbac,
      [
        field("roleRef/name", "RoleBinding", group: rbac), field("roleRef/name", "ClusterRoleBinding", group: rbac),
      ]),
    reference(
      "ServiceAccount", version: "v1",
      [field("subjects", "RoleBinding", group: rbac), field("subjects", "ClusterRoleBinding", group: rbac)]
        + inSomePods("serviceAccountName")),
  ]

  private static let storage = [
    reference("PersistentVolumeClaim", version: "v1", inSomePods("volumes/persistentVolumeClaim/claimName")),
    reference(
      "PersistentVolume", version: "v1",
      [field("spec/volumeName", "PersistentVolumeClaim"), field("rules/resourceNames", "ClusterRole")]),
    reference(
      "StorageClass", group: "storage.k8s.io", version: "v1",
      [
        field("spec/storageClassName", "PersistentVolume"),
        field("spec/storageClassName", "PersistentVolumeClaim"),
        field("spec/volumeClaimTemplates/spec/storageClassName", "StatefulSet"),
      ]),
  ]

  private static let others = [
    reference("PriorityClass", group: "scheduling.k8s.io", version: "v1", inSomePods("priorityClassName")),
    // The group is kustomize's, with its version in it, so that it never matches: an IngressClass keeps its references.
    reference(
      "IngressClass", group: "networking.k8s.io/v1", version: "v1", [field("spec/ingressClassName", "Ingress")]),
    reference(
      "ValidatingAdmissionPolicy", group: "admissionregistration.k8s.io",
      [field("spec/policyName", "ValidatingAdmissionPolicyBinding", group: "admissionregistration.k8s.io")]),
  ]
}
