public import Digests
public import Manifests

/// A key as metadata lists it. Its name, the keyid, is the SHA-256 of its canonical JSON.
public struct MetadataKey: Hashable, Sendable {
  public let id: Digest
  public let key: PublicKey
  /// As it stands in metadata: unknown fields count in the keyid.
  public let form: Value

  /// The entry for a key.
  public init(_ key: PublicKey) {
    self.key = key
    let text =
      switch key.algorithm {
      case .ed25519: (key.ed25519Bytes ?? []).hexText
      case .ecdsaP256: String(decoding: PEM.encode(key.spki, label: "PUBLIC KEY"), as: UTF8.self)
      }
    form = [
      "keytype": .string(key.algorithm == .ed25519 ? "ed25519" : "ecdsa"), "scheme": .string(key.algorithm.rawValue),
      "keyval": ["public": .string(text)],
    ]
    id = Digest(of: MetadataJSON.canonical(form))
  }

  /// Reads an entry; nil for a kind of key that this version does not know, or one that is malformed.
  init?(form: Value) {
    guard let type = form["keytype"]?.string, let scheme = form["scheme"]?.string,
      let text = form[path: "keyval", "public"]?.string, let key = MetadataKey.read(type, scheme, text)
    else { return nil }
    self.key = key
    self.form = form
    id = Digest(of: MetadataJSON.canonical(form))
  }

  private static func read(_ type: String, _ scheme: String, _ text: String) -> PublicKey? {
    switch (type, scheme) {
    case ("ed25519", "ed25519"):
      return [UInt8](hexText: text).flatMap { try? PublicKey(ed25519: $0) }
    case ("ecdsa", "ecdsa-sha2-nistp256"), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"):
      // Any PEM of a key that is not P-256 is refused by the key itself.
      return PEM.decode(text, label: "PUBLIC KEY").flatMap { try? PublicKey(spki: $0) }
        .flatMap { $0.algorithm == .ecdsaP256 ? $0 : nil }
    default: return nil
    }
  }
}

/// Who may sign a role, and how many of them must.
public struct RoleKeys: Hashable, Sendable {
  public var keys: [Digest: PublicKey]
  public var threshold: Int

  public init(keys: [Digest: PublicKey], threshold: Int) {
    self.keys = keys
    self.threshold = threshold
  }

  /// Reads a role of root metadata; keys that it names and that are not among the known ones sign nothing.
  init(_ field: Field, among known: [Digest: PublicKey]) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      var named: [Digest: PublicKey] = [:]
      var seen: Set<MetadataName> = []
      for text in try fields.required("keyids").strings() {
        guard seen.insert(MetadataName(text)).inserted else {
          throw field.error("a keyid stands twice", code: .invalidMetadata)
        }
        if let id = Digest(hex: text), let key = known[id] { named[id] = key }
      }
      return RoleKeys(keys: named, threshold: try fields.required("threshold").int(in: 1...MetadataJSON.Limits.keys))
    }
  }

  /// Throws `bad-signature` unless enough different keys signed.
  func check(_ metadata: UnverifiedMetadata) throws(FleetError) {
    var valid: Set<PublicKey> = []
    for (id, signature) in metadata.signatures {
      guard let key = keys[id], key.isValid(signature, for: metadata.signedBytes) else { continue }
      // Counted by key, not by keyid: one key under two names must not count twice.
      valid.insert(key)
    }
    guard valid.count >= threshold else {
      throw FleetError(
        .badSignature, "\(valid.count) valid signatures where \(threshold) are needed", at: .init(file: metadata.file))
    }
  }
}
