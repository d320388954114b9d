import Digests
public import FleetModel
public import Manifests
public import Trust

/// How a fleet's trust begins: root keys, and the first root metadata that they sign.
public struct RootCeremony: Sendable {
  /// Root metadata lives a year and is renewed with 90 days left.
  public static let lifetime: Duration = .seconds(365 * 86_400)

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
    let rootKeys = keys.map { MetadataKey($0.publicKey) }
    let signerKey = MetadataKey(signer)
    let onlineKey = MetadataKey(online)
    func role(_ ids: [MetadataKey], _ threshold: Int) -> Value {
      ["keyids": .array(ids.map { .string($0.id.hex) }), "threshold": .integer(Int64(threshold))]
    }
    let listed = (rootKeys + [signerKey, onlineKey]).map { ($0.id.hex, $0.form) }
    let signed: Value = [
      "_type": "root", "spec_version": "1.0.34", "version": 1,
      "expires": .string((now + RootCeremony.lifetime).wholeSeconds.description), "consistent_snapshot": true,
      "keys": .object(Object(listed)), "x-fleet": ["epoch": .integer(epoch)],
      "roles": [
        "root": role(rootKeys, quorum.threshold), "targets": role([signerKey], 1), "snapshot": role([onlineKey], 1),
        "timestamp": role([onlineKey], 1),
      ],
    ]
    root = try SignedFile.bytes(signed, zip(rootKeys.map(\.id), keys).map { ($0, $1) })
  }
}
