import Manifests

/// What the server fills in: as much of Kubernetes' defaults as clients see and compare.
enum Defaults {
  /// An object with what the server fills in of itself alone.
  static func filled(_ value: Value, _ kind: ResourceKind) -> Value {
    var value = value
    switch kind.groupKind {
    case "Deployment.apps":
      value.fill(["spec"], deployment)
      value.fillTemplate()
    case "ReplicaSet.apps":
      value.fill(["spec"], ["replicas": 1])
      value.fillTemplate()
    case "StatefulSet.apps":
      value.fill(["spec"], statefulSet)
      value.fillTemplate()
    case "DaemonSet.apps":
      value.fill(["spec"], daemonSet)
      value.fillTemplate()
      value.fillAnnotation("deprecated.daemonset.template.generation", "1")
    case "Job.batch":
      value.fill(["spec"], job)
      value.fillTemplate()
      value.fill(["spec"], ["manualSelector": false])
    case "CronJob.batch":
      value.fill(["spec"], cronJob)
      value.fillJobTemplate()
    case "Pod": value["spec"] = value["spec"]?.filledPodSpec.filledOwnPod
    case "Service": value.fillService()
    case "Secret": value.fillSecret()
    case "Namespace": value.fillNamespace()
    case "PersistentVolumeClaim": value.fill(["spec"], ["volumeMode": "Filesystem"])
    case "NetworkPolicy.networking.k8s.io":
      let hasEgress = value[path: "spec", "egress"] != nil
      value.fill(["spec"], ["policyTypes": hasEgress ? ["Ingress", "Egress"] : ["Ingress"]])
    case "StorageClass.storage.k8s.io": value.fill([], ["reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"])
    case "HorizontalPodAutoscaler.autoscaling": value.fill(["spec"], autoscaler)
    case "CustomResourceDefinition.apiextensions.k8s.io": value.fillDefinition()
    default: break
    }
    return value
  }

  /// An object with what the server fills in, and a custom one as its schema says: pruned and with defaults.
  static func filled(
    _ value: Value, _ kind: ResourceKind, _ state: ClusterState, old: Value? = nil
  ) throws(StatusError) -> Value {
    var value = value
    // What the server assigned stays when a whole object is put without it.
    if kind.groupKind == "Service", let old {
      for field in ["clusterIP", "clusterIPs"] where value[path: "spec", field] == nil {
        value = value.setting(old[path: "spec", field], at: ["spec", field])
      }
    }
    return kind.isCustom ? CustomSchema.filled(value, kind.schema) : filled(value, kind)
  }

  private static let rolling: Value = [
    "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"],
  ]
  private static let deployment: Object = [
    "replicas": 1, "strategy": rolling, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
  ]
  private static let statefulSet: Object = [
    "replicas": 1, "serviceName": "", "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
    "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Retain", "whenScaled": "Retain"],
  ]
  private static let daemonSet: Object = [
    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]],
    "revisionHistoryLimit": 10,
  ]
  private static let job: Object = [
    "parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
    "podReplacementPolicy": "TerminatingOrFailed",
  ]
  private static let autoscaler: Object = [
    "minReplicas": 1,
    "metrics": [
      [
        "type": "Resource",
        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
      ]
    ],
  ]
  private static let cronJob: Object = [
    "concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
  ]
}

extension Value {
  /// Adds what a map lacks.
  mutating func fill(_ path: [String], _ defaults: Object) {
    guard var object = value(at: path)?.object else { return }
    for (name, value) in defaults where object[name] == nil { object[name] = value }
    self = path.isEmpty ? .object(object) : setting(.object(object), at: path)
  }

  fileprivate mutating func fillTemplate() {
    guard let pod = self[path: "spec", "template", "spec"] else { return }
    self = setting(pod.filledPodSpec, at: ["spec", "template", "spec"])
  }

  fileprivate mutating func fillJobTemplate() {
    guard var job = self[path: "spec", "jobTemplate"] else { return }
    job.fill([], ["metadata": [:]])
    job.fill(["spec", "template"], ["metadata": [:]])
    job.fillTemplate()
    self = setting(job, at: ["spec", "jobTemplate"])
  }

  fileprivate mutating func fillAnnotation(_ name: String, _ text: Value) {
    guard self[path: "metadata", "annotations", name] == nil else { return }
    self = setting(text, at: ["metadata", "annotations", name])
  }

  func filled(_ defaults: Object) -> Value {
    var value = self
    value.fill([], defaults)
    return value
  }

  fileprivate mutating func fillService() {
    fill(["spec"], ["type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"])
    guard let ports = self[path: "spec", "ports"]?.array else { return }
    let filled = ports.map { port in port.filled(["protocol": "TCP", "targetPort": port["port"] ?? 0]) }
    self = setting(.array(filled), at: ["spec", "ports"])
    fill(["spec"], ["ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"])
  }

  /// `stringData` is written into `data` and forgotten, so that dropping one of its keys never takes it from `data`.
  fileprivate mutating func fillSecret() {
    fill([], ["type": "Opaque"])
    guard let texts = self["stringData"]?.object else { return }
    var data = self["data"]?.object ?? Object()
    for (name, text) in texts { data[name] = .string(Base64.encode(text.string ?? "")) }
    self["data"] = .object(data)
    self["stringData"] = nil
  }

  fileprivate mutating func fillNamespace() {
    if self["spec"] == nil { self["spec"] = ["finalizers": ["kubernetes"]] }
    let name = self[path: "metadata", "name"] ?? ""
    self = setting(name, at: ["metadata", "labels", "kubernetes.io/metadata.name"])
  }

  fileprivate mutating func fillDefinition() {
    guard let kind = self[path: "spec", "names", "kind"]?.string else { return }
    fill(["spec", "names"], ["singular": .string(kind.lowercased()), "listKind": .string(kind + "List")])
    fill(["spec"], ["conversion": ["strategy": "None"]])
  }
}

extension Base64 {
  static func encode(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var (result, rest) = ("", Array(text.utf8)[...])
    while !rest.isEmpty {
      let group = Array(rest.prefix(3))
      rest = rest.dropFirst(3)
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        result.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : "=")
      }
    }
    return result
  }
}
