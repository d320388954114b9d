import Foundation
import Manifests

/// Creating objects, by POST and by apply.
extension ClusterState {
  mutating func create(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    var value = try parseObject(request, target)
    let context = try WriteContext(target, request, operation: .update)
    try checkStrictly(value, context)
    value = value.withoutNulls
    value.updateMetadata { $0["managedFields"] = nil }
    let fields = context.scope(TypedReading(value, target.kind.schema).fields.withParents).withoutRoot
      .removingBranches(TypedReading.unowned)
    var managed = ManagedFields()
    managed.set(context.manager, fields, time: timestamp)
    return .json(try create(value, managed, context).bytes(as: target.kind), status: 201)
  }

  /// Creates an object that was read, checked by admission and stored unless this is a dry run.
  mutating func create(
    _ value: Value, _ managed: ManagedFields, _ context: WriteContext
  ) throws(StatusError) -> StoredObject {
    let kind = context.kind
    var value = value
    let metadata = value["metadata"]?.object ?? Object()
    if metadata["resourceVersion"]?.string?.isEmpty == false {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    if metadata["name"]?.string?.isEmpty != false, let prefix = metadata["generateName"]?.string, !prefix.isEmpty {
      let name = prefix + identities.nameSuffix()
      value.updateMetadata { $0["name"] = .string(name) }
    }
    let name = value[path: "metadata", "name"]?.string ?? ""
    if kind.hasStatus { value["status"] = nil }
    try admitNamespace(context, name)
    guard object(kind.resource, context.namespace, name) == nil else { throw .alreadyExists(kind, name) }
    value = try Defaults.filled(value, kind, self)
    try admit(value, old: nil, context)
    try Validation.check(value, kind, old: nil)
    value.updateMetadata { metadata in
      metadata["uid"] = .string(identities.next())
      metadata["creationTimestamp"] = .string(timestamp)
      metadata["deletionTimestamp"] = nil
      metadata["generation"] = kind.hasGeneration ? Value.integer(1) : Value?.none
    }
    assignOnCreate(&value, kind)
    if context.isDryRun { return StoredObject(value, managed) }
    return store(value, managed, kind, previous: nil)
  }

  /// What the server itself decides about some new objects.
  private mutating func assignOnCreate(_ value: inout Value, _ kind: ResourceKind) {
    switch kind.groupKind {
    case "Namespace": value["status"] = ["phase": "Active"]
    case "Pod": value["status"] = ["phase": "Pending", "qosClass": "BestEffort"]
    case "PersistentVolume": value["status"] = ["phase": "Pending"]
    case "PersistentVolumeClaim":
      value["status"] = ["phase": "Pending"]
      value.updateMetadata { $0["finalizers"] = .array(($0["finalizers"]?.array ?? []) + [Self.claimProtection]) }
    case "Service": assignAddress(&value)
    case "Job.batch": assignJobSelector(&value)
    default: break
    }
  }

  /// Holds a claim until no Pod uses it.
  static let claimProtection: Value = "kubernetes.io/pvc-protection"

  private mutating func assignAddress(_ value: inout Value) {
    guard value[path: "spec", "clusterIP"] == nil, value[path: "spec", "type"]?.string != "ExternalName" else { return }
    lastAddress += 1
    let address = "10.96.\(lastAddress / 250 % 250).\(lastAddress % 250 + 1)"
    value = value.setting(.string(address), at: ["spec", "clusterIP"])
    value = value.setting([.string(address)], at: ["spec", "clusterIPs"])
    value["status"] = ["loadBalancer": .object(Object())]
  }

  private func assignJobSelector(_ value: inout Value) {
    guard value[path: "spec", "manualSelector"]?.bool != true, value[path: "spec", "selector"] == nil else { return }
    let uid = value[path: "metadata", "uid"] ?? ""
    value = value.setting(uid, at: ["spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"])
    var labels = value[path: "spec", "template", "metadata", "labels"]?.object ?? Object()
    let name = value[path: "metadata", "name"] ?? ""
    for prefix in ["batch.kubernetes.io/", ""] {
      labels["\(prefix)controller-uid"] = uid
      labels["\(prefix)job-name"] = name
    }
    value = value.setting(.object(labels), at: ["spec", "template", "metadata", "labels"])
    if value[path: "metadata", "labels"]?.object?.isEmpty != false {
      value = value.setting(.object(labels), at: ["metadata", "labels"])
    }
  }
}

extension FieldSet {
  var withoutRoot: FieldSet {
    var result = self
    result.isMember = false
    return result
  }
}

extension ResourceKind {
  /// Whether its objects count the changes of what is desired.
  var hasGeneration: Bool {
    if isCustom { return true }
    switch groupKind {
    case "ConfigMap", "Secret", "Namespace", "ServiceAccount", "Endpoints", "Event", "Node", "Service",
      "PersistentVolume", "PersistentVolumeClaim", "LimitRange", "ResourceQuota", "PodTemplate",
      "HorizontalPodAutoscaler.autoscaling":
      return false
    default: return !["rbac.authorization.k8s.io", "storage.k8s.io", "coordination.k8s.io"].contains(group)
    }
  }
}
