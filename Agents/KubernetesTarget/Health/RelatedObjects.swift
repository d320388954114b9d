import Manifests

/// What a cluster is known to hold beside the object in question. Answers come from memory, in any order; what is not
/// known is simply not there.
protocol RelatedObjects: Sendable {
  /// The objects whose owner references name this uid.
  func children(of uid: String) -> [Value]

  /// The events of type Warning about the object of this uid.
  func warnings(about uid: String) -> [Value]

  func storageClass(named name: String) -> Value?
}
