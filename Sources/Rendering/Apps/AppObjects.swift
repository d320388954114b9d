import Manifests

/// What becomes of rendered objects before they are an app's: a namespace where they have none, and the checks.
enum AppObjects {
  /// The objects as an app's. Throws for what no API server would take, and for two objects of one identity.
  /// - Parameter namespace: for namespaced objects that name none; empty to leave them alone.
  static func manifests(_ resources: [Resource], namespace: String) throws(FleetError) -> ManifestSet {
    let scopes = ObjectScopes(resources)
    var manifests: [Manifest] = []
    manifests.reserveCapacity(resources.count)
    for var resource in resources {
      if !namespace.isEmpty, resource.namespace.isEmpty, !scopes.isClusterScoped(resource.kind) {
        resource.tree.update("metadata") { $0.set("namespace", .string(namespace)) }
      }
      manifests.append(try Manifest(resource.tree.resolved(at: resource), origin: resource.source))
    }
    return try ManifestSet(manifests)
  }
}

/// Which kinds stand outside namespaces, as far as that can be known without asking a cluster.
///
/// For the kinds that Kubernetes has built in, and for some widely used ones, it is known; for a custom resource its
/// definition says so when it is among the same objects. Every other kind is taken for namespaced.
struct ObjectScopes {
  private var declared: [String: Bool] = [:]

  init(_ resources: [Resource]) {
    for resource in resources where resource.kindName == "CustomResourceDefinition" {
      guard let group = resource.tree.value(at: "spec", "group")?.text,
        let kind = resource.tree.value(at: "spec", "names", "kind")?.text,
        let scope = resource.tree.value(at: "spec", "scope")?.text
      else { continue }
      declared["\(group)/\(kind)"] = scope == "Cluster"
    }
  }

  func isClusterScoped(_ kind: GroupVersionKind) -> Bool {
    let name = "\(kind.group)/\(kind.kind)"
    return declared[name] ?? ObjectScopes.clusterScoped.contains(name)
  }

  enum Scope: Sendable { case cluster, namespaced }

  /// The scope of a kind whatever else there is; nil for one that is not known.
  static func scope(group: String, kind: String) -> Scope? {
    if clusterScoped.contains("\(group)/\(kind)") { return .cluster }
    return builtInGroups.contains(group) || group.hasSuffix(".k8s.io") ? .namespaced : nil
  }

  /// The groups of Kubernetes' own kinds, beside those below `k8s.io`.
  private static let builtInGroups: Set<String> = ["", "apps", "autoscaling", "batch", "extensions", "policy"]

  private static let clusterScoped: Set<String> = [
    "/ComponentStatus", "/Namespace", "/Node", "/PersistentVolume",
    "admissionregistration.k8s.io/MutatingAdmissionPolicy",
    "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration", "apiextensions.k8s.io/CustomResourceDefinition",
    "apiregistration.k8s.io/APIService", "authentication.k8s.io/SelfSubjectReview",
    "authentication.k8s.io/TokenReview", "authorization.k8s.io/SelfSubjectAccessReview",
    "authorization.k8s.io/SelfSubjectRulesReview", "authorization.k8s.io/SubjectAccessReview",
    "certificates.k8s.io/CertificateSigningRequest", "certificates.k8s.io/ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io/FlowSchema", "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
    "internal.apiserver.k8s.io/StorageVersion", "networking.k8s.io/IPAddress", "networking.k8s.io/IngressClass",
    "networking.k8s.io/ServiceCIDR", "node.k8s.io/RuntimeClass", "policy/PodSecurityPolicy",
    "rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
    "resource.k8s.io/DeviceClass", "resource.k8s.io/ResourceSlice", "scheduling.k8s.io/PriorityClass",
    "storage.k8s.io/CSIDriver", "storage.k8s.io/CSINode", "storage.k8s.io/StorageClass",
    "storage.k8s.io/VolumeAttachment", "storage.k8s.io/VolumeAttributesClass",
    "storagemigration.k8s.io/StorageVersionMigration",
    // Custom resources whose definitions usually come from another app.
    "cert-manager.io/ClusterIssuer", "cilium.io/CiliumClusterwideNetworkPolicy",
    "external-secrets.io/ClusterExternalSecret", "external-secrets.io/ClusterSecretStore",
    "gateway.networking.k8s.io/GatewayClass", "karpenter.sh/NodePool", "kyverno.io/ClusterPolicy",
    "policy.networking.k8s.io/AdminNetworkPolicy", "snapshot.storage.k8s.io/VolumeSnapshotClass",
    "snapshot.storage.k8s.io/VolumeSnapshotContent",
  ]
}
