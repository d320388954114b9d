import Foundation
import Manifests

/// What happens by itself after a change, and when time passes.
extension ClusterState {
  /// Lets time pass: what is due happens, and what follows from it.
  mutating func advance(to time: Date) {
    now = time
    for action in timers.take(until: time) { perform(action) }
    settle()
  }

  /// Runs the controllers until nothing is left to do.
  mutating func settle() {
    while !pendingWork.isEmpty {
      let events = pendingWork
      pendingWork = []
      for event in events { react(to: event) }
    }
  }

  private mutating func perform(_ action: TimedAction) {
    switch action {
    case .endWatch(let id): endWatch(id)
    case .bookmark(let id): sendBookmark(id)
    case .serve(let name): serve(definition: name)
    case .establish(let name): establish(definition: name)
    case .advancePod(let key): advancePod(key)
    case .finishPod(let key): finishPod(key)
    case .reconcile(let resource, let key): reconcile(resource, key)
    }
  }

  private mutating func react(to event: ChangeEvent) {
    switch event.resource {
    case Self.definitions: definitionChanged(event)
    case Self.namespaces: namespaceChanged(event)
    case "apiservices.apiregistration.k8s.io": serviceRegistrationsChanged()
    case "resourcequotas": quotaChanged(event)
    case "persistentvolumeclaims" where event.kind == .modified: releaseClaim(event.object)
    case "pods" where event.kind == .deleted:
      for claim in all("persistentvolumeclaims") where claim.namespace == event.object.namespace { releaseClaim(claim) }
    default: break
    }
    workloadChanged(event)
    collectGarbage(after: event)
    if event.kind == .deleted { continueNamespaceDeletion(event.object.namespace) }
    if event.kind == .deleted { continueDefinitionDeletion(event.resource) }
  }

  private mutating func continueDefinitionDeletion(_ resource: String) {
    guard let definition = object(Self.definitions, "", resource), definition.isTerminating else { return }
    definitionChanged(
      ChangeEvent(
        kind: .modified, resource: Self.definitions, object: definition, previous: definition, revision: revision))
  }

  /// What a quota allows is enforced once its status says so.
  private mutating func quotaChanged(_ event: ChangeEvent) {
    guard event.kind != .deleted, settings.runsControllers,
      let kind = catalog.kind(apiVersion: "v1", kind: "ResourceQuota")
    else { return }
    amend(event.object, kind, by: "kube-controller-manager", subresource: "status") { value in
      value = value.setting(value[path: "spec", "hard"], at: ["status", "hard"])
    }
  }

  /// A deleted claim goes when no Pod uses it; its Pods' deletions come back here.
  private mutating func releaseClaim(_ claim: StoredObject) {
    guard claim.isTerminating, settings.runsControllers,
      let kind = catalog.kind(apiVersion: "v1", kind: "PersistentVolumeClaim")
    else { return }
    let name = Value.string(claim.name)
    let isUsed = (objects["pods"] ?? [:]).values.contains { pod in
      pod.namespace == claim.namespace
        && (pod.value[path: "spec", "volumes"]?.array ?? []).contains {
          $0[path: "persistentVolumeClaim", "claimName"] == name
        }
    }
    guard !isUsed else { return }
    let rest = amend(claim, kind, by: "kube-controller-manager") { value in
      if let protection = Self.claimProtection.string { value.removeFinalizer(protection) }
    }
    releaseIfDone(rest, kind)
  }

  /// Removes a marked object once nothing holds it.
  mutating func releaseIfDone(_ object: StoredObject, _ kind: ResourceKind) {
    guard let current = objects[kind.resource]?[object.key], current.isTerminating, current.finalizers.isEmpty else {
      return
    }
    if kind.groupKind == "Namespace", !current.value.namespaceFinalizers.isEmpty { return }
    remove(current, kind)
  }
}
