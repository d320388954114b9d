/// The fields in which `$(NAME)` stands for the value of a var.
///
/// Source: kustomize's documented defaults ("Default Field Specs", varReference), as of v5.6.0.
enum BuiltInVarReferences {
  static let all: [FieldSpec] = inContainers + elsewhere

  private static let workload = "spec/template/spec"

  private static let inContainers: [FieldSpec] =
    ["DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"].flatMap { containers(of: $0, below: workload) }
    + containers(of: "Pod", below: "spec") + containers(of: "CronJob", below: "spec/jobTemplate/spec/template/spec")

  private static func containers(of kind: String, below spec: String) -> [FieldSpec] {
    ["containers", "initContainers"].flatMap { list in
      ["args", "command", "env/value", "volumeMounts/mountPath"].map { field("\(spec)/\(list)/\($0)", kind) }
    }
  }

  private static let elsewhere: [FieldSpec] =
    ["DaemonSet", "Deployment", "Job", "ReplicaSet"].map { field("\(workload)/volumes/nfs/server", $0) } + [
      field("spec/volumes/nfs/server", "Pod"),
      // So it is in kustomize, without the second spec.
      field("spec/jobTemplate/spec/template/volumes/nfs/server", "CronJob"),
      field("spec/volumeClaimTemplates/spec/nfs/server", "StatefulSet"),
      field("spec/nfs/server", "PersistentVolume"),
      field("spec/template/metadata/annotations", "Deployment"),
      field("spec/rules/host", "Ingress"),
      field("spec/tls/hosts", "Ingress"),
      field("spec/tls/secretName", "Ingress"),
      field("spec/ports/port", "Service"),
      field("spec/ports/targetPort", "Service"),
      FieldSpec("metadata/labels"),
      FieldSpec("metadata/annotations"),
    ]

  private static func field(_ path: String, _ kind: String) -> FieldSpec {
    FieldSpec(path, kind: GroupVersionKind(kind: kind))
  }
}
