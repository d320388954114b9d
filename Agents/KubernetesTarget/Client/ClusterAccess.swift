/// What it takes to reach an API server as somebody it knows.
///
/// Made from a kubeconfig or from the service account of a Pod. Files are named here and read when they are needed,
/// again and again, for they are rotated.
public struct ClusterAccess: Sendable, Hashable {
  /// Key material, or where it is.
  public enum Material: Sendable, Hashable {
    case bytes([UInt8])
    case file(String)
  }

  /// As whom requests are made.
  public enum Credentials: Sendable, Hashable {
    case anonymous
    case token(Material)
    case certificate(chain: Material, key: Material)
  }

  /// The address, such as `https://10.0.0.1:6443`, without a slash at the end.
  public var server: String
  /// The name that the server's certificate is checked for, when it is not the address's host.
  public var serverName: String?
  /// Who may vouch for the server (PEM); nil for the system's certificate authorities.
  public var authorities: Material?
  public var credentials: Credentials
  /// Where this comes from, for errors.
  public var origin: String

  public init(
    server: String, serverName: String? = nil, authorities: Material? = nil, credentials: Credentials, origin: String
  ) {
    self.server = server
    self.serverName = serverName
    self.authorities = authorities
    self.credentials = credentials
    self.origin = origin
  }
}

extension ClusterAccess: CustomStringConvertible {
  /// The address only: credentials must not get into a log.
  public var description: String { server }
}
