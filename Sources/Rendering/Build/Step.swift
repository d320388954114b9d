import Manifests

/// A transformation of a build, and what asks for it.
struct Step {
  var transform: any Transform
  var address: FleetError.Address
  /// What is noted on the objects, where the build keeps track of that.
  var origin: Origin?

  func run(on list: inout ResourceList) throws(FleetError) {
    do {
      try transform.apply(to: &list)
    } catch {
      throw error.within(address)
    }
    for index in list.resources.indices { list.resources[index].settleSharedTexts() }
    if let origin { list.noteTransformation(origin) }
    list.removeDeleted()
  }

  /// Runs a validator: it may refuse, and must not change anything but its own label.
  func check(_ list: ResourceList) throws(FleetError) {
    var checked = list
    do {
      try transform.apply(to: &checked)
    } catch {
      throw error.within(address)
    }
    for index in checked.resources.indices { checked.resources[index].removeLabel("validated-by") }
    let before = try list.resources.map { resource throws(FleetError) in try resource.tree.resolved(at: resource) }
    let after = try checked.resources.map { resource throws(FleetError) in try resource.tree.resolved(at: resource) }
    guard before == after else {
      throw FleetError(.renderingFailed, "a validator changes objects", at: address)
    }
  }
}

extension Resource {
  fileprivate mutating func removeLabel(_ key: String) {
    tree.update("metadata") { metadata in
      metadata.update("labels") { $0.remove(key) }
      return
    }
  }
}

/// What `buildMetadata` asks for.
enum BuildMetadata: String, Hashable, Sendable, CaseIterable {
  case originAnnotations, transformerAnnotations, managedByLabel
}
