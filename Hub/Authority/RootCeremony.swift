import Digests
public import FleetModel
public import Manifests
public import Trust

/// How a fleet's trust begins: root keys, and the first root metadata that they sign.
public struct RootCeremony: Sendable {
  /// How many root keys there are, and how many must sign.
  public struct Quorum: Sendable, Hashable {
    public var keys: Int
    public var threshold: Int

    /// Three keys, two of which must sign: one can be lost, one can be stolen.
    public static let standard = Quorum(keys: 3, threshold: 2)
    /// One key, for trying things out: who has it has the fleet.
    public static let development = Quorum(keys: 1, threshold: 1)
  }

  public let keys: [PrivateKey]
  public let root: [UInt8]

  /// Makes root keys and a root that names the hub's online keys.
  public init(
    _ quorum: Quorum, signer: PublicKey, online: PublicKey, epoch: Int64, at now: Timestamp
  ) throws(FleetError) {
    var keys: [PrivateKey] = []
    for _ in 0..<quorum.keys { keys.append(try PrivateKey.generate(.ed25519)) }
    self.keys = keys
    let draft = RootDraft(
      version: 1, epoch: epoch, expires: now + RootDraft.lifetime, rootKeys: keys.map(\.publicKey),
      threshold: quorum.threshold, signer: signer, online: online)
    root = try draft.signed(by: keys)
  }
}

/// Root metadata before it is signed.
struct RootDraft {
  /// Root metadata lives a year and is renewed with 90 days left.
  static let lifetime: Duration = .seconds(365 * 86_400)

  /// One more than that of the root before.
  var version: Int64
  /// Grows when the fleet's history begins anew; never shrinks.
  var epoch: Int64
  var expires: Timestamp
  var rootKeys: [PublicKey]
  var threshold: Int
  /// Signs targets.
  var signer: PublicKey
  /// Signs snapshot and timestamp.
  var online: PublicKey

  /// The root with a signature of each key. A rotation is signed by enough of the old keys as well as of the new.
  func signed(by keys: [PrivateKey]) throws(FleetError) -> [UInt8] {
    let bytes = try SignedFile.bytes(form, keys.map { (MetadataKey($0.publicKey).id, $0) })
    try MetadataRole.root.check(length: bytes.count)
    return bytes
  }

  private var form: Value {
    let listed = (rootKeys + [signer, online]).map(MetadataKey.init).map { ($0.id.hex, $0.form) }
    return [
      "_type": "root", "spec_version": .string(SignedFile.specification), "version": .integer(version),
      "expires": .string(expires.wholeSeconds.description), "consistent_snapshot": true,
      "keys": .object(Object(listed)), "x-fleet": ["epoch": .integer(epoch)],
      "roles": [
        "root": role(rootKeys, threshold), "targets": role([signer], 1), "snapshot": role([online], 1),
        "timestamp": role([online], 1),
      ],
    ]
  }

  private func role(_ keys: [PublicKey], _ threshold: Int) -> Value {
    ["keyids": .array(keys.map { .string(MetadataKey($0).id.hex) }), "threshold": .integer(Int64(threshold))]
  }
}
