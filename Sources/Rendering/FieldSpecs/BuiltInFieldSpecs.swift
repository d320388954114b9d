/// The fields that kustomize's transformations work on when nothing else is configured.
///
/// Source: kustomize's documented defaults ("Default Field Specs"), as of v5.6.0.
enum BuiltInFieldSpecs {
  static let configuration: TransformerConfiguration = {
    var configuration = TransformerConfiguration()
    configuration.namePrefix = [FieldSpec("metadata/name")]
    configuration.nameSuffix = configuration.namePrefix
    configuration.namespace = namespace
    configuration.templateLabels = metadataLabels
    configuration.commonLabels = selectors + metadataLabels
    configuration.commonAnnotations = annotations
    configuration.images = ["spec", "spec/template/spec"].flatMap { pod in
      [FieldSpec("\(pod)/containers[]/image", create: true), FieldSpec("\(pod)/initContainers[]/image", create: true)]
    }
    configuration.replicas = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
      FieldSpec("spec/replicas", kind: GroupVersionKind(kind: $0), create: true)
    }
    configuration.nameReferences = BuiltInNameReferences.all
    configuration.varReferences = BuiltInVarReferences.all
    return configuration
  }()

  private static func spec(
    _ path: String, _ kind: String, group: String = "", version: String = "", create: Bool = true
  ) -> FieldSpec {
    FieldSpec(path, kind: GroupVersionKind(group: group, version: version, kind: kind), create: create)
  }

  private static let namespace: [FieldSpec] = [
    spec("metadata/name", "Namespace"),
    spec("spec/service/namespace", "APIService", group: "apiregistration.k8s.io"),
    spec(
      "spec/conversion/webhook/clientConfig/service/namespace", "CustomResourceDefinition",
      group: "apiextensions.k8s.io", create: false),
  ]

  private static let metadataLabels: [FieldSpec] = [
    FieldSpec("metadata/labels", create: true),
    spec("spec/template/metadata/labels", "ReplicationController", version: "v1"),
    spec("spec/template/metadata/labels", "Deployment"),
    spec("spec/template/metadata/labels", "ReplicaSet"),
    spec("spec/template/metadata/labels", "DaemonSet"),
    spec("spec/template/metadata/labels", "StatefulSet", group: "apps"),
    spec("spec/volumeClaimTemplates[]/metadata/labels", "StatefulSet", group: "apps"),
    spec("spec/template/metadata/labels", "Job", group: "batch"),
    spec("spec/jobTemplate/metadata/labels", "CronJob", group: "batch"),
    spec("spec/jobTemplate/spec/template/metadata/labels", "CronJob", group: "batch"),
  ]

  private static let annotations: [FieldSpec] = [
    FieldSpec("metadata/annotations", create: true),
    spec("spec/template/metadata/annotations", "ReplicationController", version: "v1"),
    spec("spec/template/metadata/annotations", "Deployment"),
    spec("spec/template/metadata/annotations", "ReplicaSet"),
    spec("spec/template/metadata/annotations", "DaemonSet"),
    spec("spec/template/metadata/annotations", "StatefulSet"),
    spec("spec/template/metadata/annotations", "Job", group: "batch"),
    spec("spec/jobTemplate/metadata/annotations", "CronJob", group: "batch"),
    spec("spec/jobTemplate/spec/template/metadata/annotations", "CronJob", group: "batch"),
  ]

  /// The selectors, which labels reach only where that is asked for.
  private static let selectors: [FieldSpec] =
    [
      spec("spec/selector", "Service", version: "v1"),
      spec("spec/selector", "ReplicationController", version: "v1"),
      spec("spec/selector/matchLabels", "Deployment"),
      spec("spec/selector/matchLabels", "ReplicaSet"),
      spec("spec/selector/matchLabels", "DaemonSet"),
      spec("spec/selector/matchLabels", "StatefulSet", group: "apps"),
      spec("spec/selector/matchLabels", "Job", group: "batch", create: false),
      spec("spec/jobTemplate/spec/selector/matchLabels", "CronJob", group: "batch", create: false),
      spec("spec/selector/matchLabels", "PodDisruptionBudget", group: "policy", create: false),
      spec("spec/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io", create: false),
      spec("spec/ingress/from/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io", create: false),
      spec("spec/egress/to/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io", create: false),
    ] + ["Deployment", "StatefulSet"].flatMap(podSelectors)

  /// The selectors by which the Pods of a workload seek or avoid each other.
  private static func podSelectors(of kind: String) -> [FieldSpec] {
    let soft = "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm"
    let hard = "requiredDuringSchedulingIgnoredDuringExecution"
    let places = [
      "affinity/podAffinity/\(soft)", "affinity/podAffinity/\(hard)", "affinity/podAntiAffinity/\(soft)",
      "affinity/podAntiAffinity/\(hard)", "topologySpreadConstraints",
    ]
    return places.map {
      spec("spec/template/spec/\($0)/labelSelector/matchLabels", kind, group: "apps", create: false)
    }
  }
}
