import Manifests

/// The kinds that every cluster has.
enum BuiltInKinds {
  static let all: [ResourceKind] = core + apps + rest

  private static let core: [ResourceKind] = [
    kind("", "v1", "ConfigMap", "configmaps", ["cm"]),
    kind("", "v1", "Endpoints", "endpoints", ["ep"], singular: "endpoints"),
    kind("", "v1", "Event", "events", ["ev"]),
    kind("", "v1", "LimitRange", "limitranges", ["limits"]),
    kind("", "v1", "Namespace", "namespaces", ["ns"], namespaced: false, status: true),
    kind("", "v1", "Node", "nodes", ["no"], namespaced: false, status: true),
    kind("", "v1", "PersistentVolume", "persistentvolumes", ["pv"], namespaced: false, status: true),
    kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"], status: true),
    kind("", "v1", "Pod", "pods", ["po"], ["all"], status: true),
    kind("", "v1", "PodTemplate", "podtemplates"),
    kind(
      "", "v1", "ReplicationController", "replicationcontrollers", ["rc"], ["all"], status: true, scale: .builtIn),
    kind("", "v1", "ResourceQuota", "resourcequotas", ["quota"], status: true),
    kind("", "v1", "Secret", "secrets"),
    kind("", "v1", "Service", "services", ["svc"], ["all"], status: true),
    kind("", "v1", "ServiceAccount", "serviceaccounts", ["sa"]),
  ]

  private static let apps: [ResourceKind] = [
    kind("apps", "v1", "ControllerRevision", "controllerrevisions"),
    kind("apps", "v1", "DaemonSet", "daemonsets", ["ds"], ["all"], status: true),
    kind("apps", "v1", "Deployment", "deployments", ["deploy"], ["all"], status: true, scale: .builtIn),
    kind("apps", "v1", "ReplicaSet", "replicasets", ["rs"], ["all"], status: true, scale: .builtIn),
    kind("apps", "v1", "StatefulSet", "statefulsets", ["sts"], ["all"], status: true, scale: .builtIn),
    kind("batch", "v1", "CronJob", "cronjobs", ["cj"], ["all"], status: true),
    kind("batch", "v1", "Job", "jobs", [], ["all"], status: true),
    kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], ["all"], status: true),
  ]

  private static let rest: [ResourceKind] = [
    kind("networking.k8s.io", "v1", "Ingress", "ingresses", ["ing"], status: true),
    kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced: false),
    kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["netpol"]),
    kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced: false),
    kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced: false),
    kind("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"], status: true),
    kind("coordination.k8s.io", "v1", "Lease", "leases"),
    kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", ["pc"], namespaced: false),
    kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", ["sc"], namespaced: false),
    kind(
      "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", ["crd", "crds"],
      ["api-extensions"], namespaced: false, status: true),
    kind(
      "apiregistration.k8s.io", "v1", "APIService", "apiservices", [], ["api-extensions"], namespaced: false,
      status: true),
    kind(
      "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
      [], ["api-extensions"], namespaced: false),
    kind(
      "admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations",
      [], ["api-extensions"], namespaced: false),
    kind(
      "admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies",
      [], ["api-extensions"], namespaced: false, status: true),
    kind(
      "admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings",
      [], ["api-extensions"], namespaced: false),
    kind(
      "authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced: false,
      stored: false),
  ]

  private static func kind(
    _ group: String, _ version: String, _ kind: String, _ plural: String, _ shortNames: [String] = [],
    _ categories: [String] = [], singular: String? = nil, namespaced: Bool = true, status: Bool = false,
    scale: ScalePaths? = nil, stored: Bool = true
  ) -> ResourceKind {
    // The definitions are named by the first part of the group: core, apps, networking.
    let family = group.isEmpty ? "core" : group.split(separator: ".").first.map(String.init) ?? group
    return ResourceKind(
      group: group, version: version, kind: kind, plural: plural, singular: singular ?? kind.lowercased(),
      shortNames: shortNames, categories: categories, isNamespaced: namespaced, hasStatus: status, scale: scale,
      schema: .named("\(family).\(version).\(kind)", isAtomic: false), isStored: stored)
  }
}
