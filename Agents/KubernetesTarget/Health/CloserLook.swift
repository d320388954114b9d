import FleetModel
import Logging
import Manifests

/// Reads what explains the state of one object: itself, what its controllers made of it, and warnings about them.
///
/// A bounded number of small requests. What cannot be read is left out: an explanation is worth having, not worth
/// failing for.
struct CloserLook: Sendable {
  let client: APIClient

  struct Findings {
    var object: Value
    var related = Relations()
  }

  func at(_ id: ObjectID, _ resource: APIResource) async throws(APIFailure) -> Findings {
    let object = LiveObject(value: try await client.get(resource, id))
    var findings = Findings(object: object.value)
    let sets = id.kind == "Deployment" ? await children(Self.replicaSets, of: object) : []
    let owner = Trouble.newest(of: sets) ?? object
    let pods = await children(Self.pods, of: owner)
    findings.related.objects = (sets + pods).map(\.value)
    let owners = [object] + (owner.uid == object.uid ? [] : [owner])
    for subject in owners + unwell(pods) {
      findings.related.events[subject.uid] = await warnings(about: subject)
    }
    if let name = storageClassName(of: object), let found = await storageClass(name) {
      findings.related.classes[name] = found
    }
    return findings
  }

  /// The Pods that are worst off, for the first of the worst is the one that is told of.
  private func unwell(_ pods: [LiveObject]) -> [LiveObject] {
    let context = HealthAssessment.Context(desired: nil, related: Relations(), now: Timestamp(milliseconds: 0))
    let judged = pods.map { (pod: $0, health: HealthAssessment().state(of: $0, in: context).health) }
    let worst = judged.filter { $0.health != .healthy }.sorted {
      ($1.health, $0.pod.name) < ($0.health, $1.pod.name)
    }
    return worst.prefix(HealthLimits.explainedPods).map(\.pod)
  }

  private func children(_ resource: APIResource, of owner: LiveObject) async -> [LiveObject] {
    guard let labels = Self.selector(owner.spec["selector"]), !labels.isEmpty else { return [] }
    let found = await read {
      () async throws(APIFailure) in
      try await client.some(
        resource, namespace: owner.id.namespace, labels: labels, atMost: HealthLimits.children)
    }
    return (found ?? []).map(LiveObject.init)
  }

  private func warnings(about object: LiveObject) async -> [Value] {
    guard !object.uid.isEmpty else { return [] }
    let fields = "involvedObject.uid=\(object.uid),type=Warning"
    let found = await read {
      () async throws(APIFailure) in
      try await client.some(
        Self.events, namespace: object.id.namespace, fields: fields, atMost: HealthLimits.warnings)
    }
    return found ?? []
  }

  private func storageClassName(of object: LiveObject) -> String? {
    guard object.id.kind == "PersistentVolumeClaim", object.id.group.isEmpty else { return nil }
    return object.spec["storageClassName"]?.string
  }

  private func storageClass(_ name: String) async -> Value? {
    let id = ObjectID(group: Self.storageClasses.group, kind: Self.storageClasses.kind, namespace: "", name: name)
    return await read { () async throws(APIFailure) in try await client.get(Self.storageClasses, id) }
  }

  private func read<Found>(_ body: () async throws(APIFailure) -> Found) async -> Found? {
    do throws(APIFailure) {
      return try await body()
    } catch {
      client.logger.debug("what explains a state cannot be read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// A selector of a workload as a query has it; nil for what is none.
  static func selector(_ selector: Value?) -> String? {
    guard let selector = selector?.object else { return nil }
    var terms = (selector["matchLabels"]?.object ?? Object()).entries.map { "\($0.key)=\($0.value.string ?? "")" }
    for expression in selector["matchExpressions"]?.array ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = (expression["values"]?.array ?? []).compactMap(\.string).joined(separator: ",")
      switch expression["operator"]?.string {
      case "In": terms.append("\(key) in (\(values))")
      case "NotIn": terms.append("\(key) notin (\(values))")
      case "Exists": terms.append(key)
      case "DoesNotExist": terms.append("!\(key)")
      default: return nil
      }
    }
    return terms.joined(separator: ",")
  }

  private static func core(_ kind: String, _ name: String) -> APIResource {
    APIResource(group: "", version: "v1", kind: kind, name: name, isNamespaced: true, verbs: [])
  }

  private static let pods = core("Pod", "pods")
  private static let events = core("Event", "events")
  private static let replicaSets = APIResource(
    group: "apps", version: "v1", kind: "ReplicaSet", name: "replicasets", isNamespaced: true, verbs: [])
  private static let storageClasses = APIResource(
    group: "storage.k8s.io", version: "v1", kind: "StorageClass", name: "storageclasses", isNamespaced: false,
    verbs: [])
}
