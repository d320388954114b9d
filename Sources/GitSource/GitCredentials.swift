internal import Glibc
internal import Manifests

/// A text that no log and no error shows.
public struct Secret: Sendable {
  private let text: String

  public init(_ text: String) { self.text = text }

  /// The text itself, for the one call that needs it.
  func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Who we are to a Git server, and how we know it.
public enum GitCredentials: Sendable {
  /// For a path, `file://`, or an https server that the system trusts and that asks for nothing.
  case none
  case https(HTTPS)
  case ssh(SSH)

  public struct HTTPS: Sendable {
    /// Where the token comes from; nil for a server that asks for none.
    public var token: Token?
    /// The user name that goes with the token. Most servers take any; GitLab's deploy tokens have their own.
    public var username: String
    /// A PEM file of the authorities that may vouch for the server; nil for the system's.
    public var certificateAuthorityFile: String?

    public init(token: Token?, username: String = "flotilla", certificateAuthorityFile: String? = nil) {
      self.token = token
      self.username = username
      self.certificateAuthorityFile = certificateAuthorityFile
    }
  }

  public enum Token: Sendable {
    case value(Secret)
    /// Read anew for every fetch, so that a rotated token is taken up. A newline at the end is not part of the token.
    case file(String)
  }

  public struct SSH: Sendable {
    /// The private key, unencrypted, in OpenSSH's or PEM form. Ed25519 works everywhere; libssh2 1.10 signs with RSA keys
    /// in a way that current servers refuse.
    public var keyFile: String
    /// The server's keys. More than one for a server that has several kinds: libssh2 prefers ECDSA, then Ed25519, then
    /// RSA, whatever is pinned.
    public var hostKeys: [HostKeyFingerprint]

    public init(keyFile: String, hostKeys: [HostKeyFingerprint]) {
      self.keyFile = keyFile
      self.hostKeys = hostKeys
    }
  }
}

extension GitCredentials.Token {
  func read() throws(FleetError) -> Secret {
    switch self {
    case .value(let secret): return secret
    case .file(let path):
      let bytes = try FileAccess.read(path, atMost: GitLimits.tokenBytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FleetError(.gitSettings, "the token is not UTF-8 text", at: .init(file: path))
      }
      let token = text.prefix { !$0.isNewline }
      guard !token.isEmpty else { throw FleetError(.gitSettings, "the token file is empty", at: .init(file: path)) }
      return Secret(String(token))
    }
  }
}
