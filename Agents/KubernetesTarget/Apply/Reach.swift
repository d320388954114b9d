import Manifests

/// Where an agent may have objects: everywhere, or in some namespaces and nowhere else.
struct Reach: Hashable, Sendable {
  /// None: everywhere, objects without a namespace included.
  var namespaces: [String] = []

  /// The namespaces that objects of a kind are looked for in, one by one; an empty one stands for all of them.
  func scopes(of resource: APIResource) -> [String] {
    namespaces.isEmpty || !resource.isNamespaced ? [""] : namespaces
  }

  /// Why an object cannot be the agent's; nil when it can.
  func refusal(of id: ObjectID) -> APIFailure? {
    guard !namespaces.isEmpty, !namespaces.contains(id.namespace) else { return nil }
    let place = id.namespace.isEmpty ? "outside of all namespaces" : "in namespace \(id.namespace)"
    return APIFailure(
      .refused,
      FleetError(
        APIFailure.Kind.refused.code,
        "is \(place), and this agent manages only namespace\(namespaces.count == 1 ? "" : "s") "
          + namespaces.joined(separator: ", "),
        nextStep: "have somebody else make it and take it out of the app, or widen the agent's setting namespaces"))
  }
}
