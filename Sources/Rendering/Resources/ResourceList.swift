import Manifests

/// The objects of a build, in the order in which they came; no two of them have the same identity.
struct ResourceList: Sendable {
  var resources: [Resource] = []

  init() {}

  /// Throws when two have the same identity.
  init(_ resources: [Resource]) throws(FleetError) {
    try append(resources)
  }

  /// Adds objects at the end; throws when one of the same identity is there already.
  mutating func append(_ added: [Resource]) throws(FleetError) {
    var known: [ResourceID: Int] = [:]
    known.reserveCapacity(resources.count + added.count)
    for (index, resource) in resources.enumerated() { known[resource.id] = index }
    for resource in added {
      if let index = known.updateValue(resources.count, forKey: resource.id) {
        throw ResourceList.duplicate(resource, of: resources[index])
      }
      resources.append(resource)
    }
  }

  /// Throws when two objects have come to have the same identity.
  func checkIdentities() throws(FleetError) {
    var list = ResourceList()
    try list.append(resources)
  }

  /// Lets go of objects of which nothing is left.
  mutating func removeDeleted() {
    if resources.contains(where: \.isDeleted) { resources.removeAll(where: \.isDeleted) }
  }

  /// The objects that have, or had, an identity for which this holds.
  func indices(whereAnyID matches: (ResourceID) -> Bool) -> [Int] {
    resources.indices.filter { index in
      let resource = resources[index]
      return !resource.isDeleted && (resource.formerIDs.contains(where: matches) || matches(resource.id))
    }
  }

  private static func duplicate(_ resource: Resource, of first: Resource) -> FleetError {
    let place = FleetError.Address(file: first.source.file, line: first.source.line)
    return FleetError(
      .duplicateObject, "the same object twice in one build: \(resource.id)", at: resource.address,
      cause: "also at \(place)")
  }
}
