internal import GRPCCore
internal import Logging
public import Manifests
internal import NIOCore

/// One call as its handler sees it.
///
/// The handler's task is cancelled when the client gives up, when the connection is lost or cut, when the call's
/// deadline passes, and, for streaming calls, when the server stops.
public struct ServerCall: Sendable {
  /// The full name, such as `flotilla.v1.Agent/GetBlobs`.
  public let method: String
  /// Who calls; nil for a client without a certificate, which reaches only the methods open to it.
  public let peer: Peer?
  /// Where the client is: an address with a port.
  public let remoteAddress: String

  /// Who calls, where a method needs to know.
  public func requirePeer() throws(FleetError) -> Peer {
    guard let peer else { throw .certificateRequired(method) }
    return peer
  }
}

extension ServerCall {
  init(_ method: MethodDescriptor, _ details: CallDetails) {
    self.method = method.fullyQualifiedMethod
    peer = details.peer
    remoteAddress = details.remoteAddress
  }
}

/// What the server's interceptor found out about a call.
struct CallDetails: ServerContext.TransportSpecific {
  let peer: Peer?
  let remoteAddress: String
  /// The connection's, and so the stream's.
  let eventLoop: any EventLoop
  let statuses: WireStatuses
  let isStopping: @Sendable () -> Bool
  let logger: Logger
}
