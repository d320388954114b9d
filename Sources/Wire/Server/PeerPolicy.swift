internal import GRPCCore
internal import Manifests

/// Which calls need no certificate, and which answers are worth compressing.
enum PeerPolicy {
  /// Each of these proves in its message what it asks for.
  private static let open: Set<String> = Set(
    [
      FlotillaV1.EnrollmentMethods.enroll.descriptor, FlotillaV1.EnrollmentMethods.requestChallenge.descriptor,
      FlotillaV1.EnrollmentMethods.renewByChallenge.descriptor,
    ].map(\.fullyQualifiedMethod))

  static func isOpen(_ method: MethodDescriptor) -> Bool { open.contains(method.fullyQualifiedMethod) }

  /// Paths of the methods whose answers are compressed for clients that accept it. A compressor takes some 256 KiB for
  /// as long as its call lasts, so streams that stay open are not among them, and neither is what every agent asks for when
  /// ten thousand of them reconnect: what is large comes as blobs.
  static let compressedPaths: Set<String> = Set(
    ([FlotillaV1.AgentMethods.getBlobs.descriptor]
      + FlotillaV1.OperatorMethods.all.filter { $0 != FlotillaV1.OperatorMethods.watchEvents.descriptor })
      .map { "/" + $0.fullyQualifiedMethod })
}
