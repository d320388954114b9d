public import Digests
public import Manifests

/// The right to enrol as one cluster, once: what an operator hands to whoever sets the cluster up.
///
/// Its text form is `flotilla-1.<base64url of canonical JSON>`. It names the hub, what to trust the hub by, the root to
/// begin with, and a secret of 256 bits that never leaves the agent: possession is proved with an HMAC.
public struct JoinTicket: Sendable {
  /// What the hub keeps of a token to check a proof: derived, so that its store does not hold the secret.
  public struct VerificationKey: Sendable {
    public let bytes: [UInt8]
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether the proof was made with the token's secret over exactly this request and key.
    public func accepts(_ proof: [UInt8], request: [UInt8], reportKey: [UInt8]) -> Bool {
      guard let expected = try? MessageCode.hmac(key: bytes, JoinTicket.statement(request, reportKey)) else {
        return false
      }
      return MessageCode.areEqual(expected, proof)
    }
  }

  public var id: String
  /// `host:port` of the hub.
  public var address: String
  public var fleet: String
  /// SHA-256 of the SubjectPublicKeyInfo of the hub's authority.
  public var authority: Digest
  /// SHA-256 of the root metadata to begin with.
  public var root: Digest
  private let secret: [UInt8]

  private static let prefix = "flotilla-1."
  /// 256 bits.
  private static let secretBytes = 32

  /// A new token with a new secret.
  public init(
    id: String, address: String, fleet: String, authority: Digest, root: Digest
  ) throws(FleetError) {
    self.id = id
    self.address = address
    self.fleet = fleet
    self.authority = authority
    self.root = root
    secret = try SecureRandom.bytes(JoinTicket.secretBytes)
  }

  /// Reads the text form. No error repeats any of it.
  public init(text: String) throws(FleetError) {
    let refusal = FleetError(
      .invalidToken, "not a join token", nextStep: "copy the whole line that `flotilla cluster token` printed")
    let trimmed = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    guard trimmed.hasPrefix(JoinTicket.prefix), trimmed.utf8.count < 4096,
      let json = Base64URL.decode(Array(trimmed.dropFirst(JoinTicket.prefix.count).utf8)),
      let value = try? JSON.parse(json, file: "token"), let id = value["id"]?.string,
      let address = value["address"]?.string, let fleet = value["fleet"]?.string,
      let authority = value["authority"]?.string.flatMap({ Digest(hex: $0) }),
      let root = value["root"]?.string.flatMap({ Digest(hex: $0) }),
      let secret = value["secret"]?.string.flatMap({ [UInt8](hexText: $0) }), secret.count == JoinTicket.secretBytes
    else { throw refusal }
    self.id = id
    self.address = address
    self.fleet = fleet
    self.authority = authority
    self.root = root
    self.secret = secret
  }

  /// The one line that an operator hands on. Secret.
  public var text: String {
    let json = JSON.canonical([
      "id": .string(id), "address": .string(address), "fleet": .string(fleet), "authority": .string(authority.hex),
      "root": .string(root.hex), "secret": .string(secret.hexText),
    ])
    return JoinTicket.prefix + String(decoding: Base64URL.encode(json), as: UTF8.self)
  }

  public func verificationKey() throws(FleetError) -> VerificationKey {
    VerificationKey(bytes: try MessageCode.derivedKey(from: secret, for: "flotilla join token proof"))
  }

  /// The proof that goes with a request.
  public func proof(request: [UInt8], reportKey: [UInt8]) throws(FleetError) -> [UInt8] {
    try MessageCode.hmac(key: try verificationKey().bytes, JoinTicket.statement(request, reportKey))
  }

  private static func statement(_ request: [UInt8], _ reportKey: [UInt8]) -> [UInt8] {
    // Both digests have a fixed length, so no two pairs make the same statement.
    Array("flotilla enrol ".utf8) + Digest(of: request).bytes + Digest(of: reportKey).bytes
  }
}

extension JoinTicket: CustomStringConvertible, CustomReflectable {
  public var description: String { "join token \(id)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Base64 with the alphabet for URLs and file names, without padding (RFC 4648, section 5).
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    Base64.encode(bytes).filter { $0 != UInt8(ascii: "=") }.map { byte in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      default: byte
      }
    }
  }

  static func decode(_ text: [UInt8]) -> [UInt8]? {
    var plain = text.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
    return Base64.decode(plain)
  }
}

/// What an agent signs to renew its certificate after it has expired.
public enum RenewalStatement {
  /// The bytes under the signature: bound to the challenge and to the request for the new certificate.
  public static func bytes(challenge: [UInt8], request: [UInt8]) -> [UInt8] {
    Array("flotilla renew ".utf8) + Digest(of: challenge).bytes + Digest(of: request).bytes
  }
}
