import AgentCore
import Manifests

/// Kinds that an app brings with it.
extension KubernetesTarget {
  /// Waits until the kinds of definitions that were just written are served, or until the deadline; then what needs
  /// them fails with its own words and is tried again.
  func awaitKinds(of stage: ApplyStage, _ results: [ObjectID: Result<ObjectOutcome, APIFailure>]) async {
    let written = stage.payloads.filter {
      switch try? results[$0.id]?.get().result {
      case .created, .changed: true
      default: false
      }
    }
    let end = ContinuousClock.now + settings.definitionDeadline
    var pause = Duration.milliseconds(20)
    while !written.isEmpty, ContinuousClock.now < end, !Task.isCancelled {
      if let catalog = try? await discovery.refresh(), written.allSatisfy({ $0.isServed(in: catalog) }) { return }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }
}

extension ApplyPayload {
  /// Whether all versions that this definition serves are offered.
  fileprivate func isServed(in catalog: ResourceCatalog) -> Bool {
    guard let spec = object["spec"], let group = spec["group"]?.string,
      let kind = spec[path: "names", "kind"]?.string
    else { return true }
    return (spec["versions"]?.array ?? []).allSatisfy { version in
      guard version["served"]?.bool == true, let name = version["name"]?.string else { return true }
      return catalog.resource(group: group, version: name, kind: kind) != nil
    }
  }
}
