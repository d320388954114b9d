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

  /// Reads an entry; nil for a kind of key that this version does not know, which then signs nothing.
  init?(_ field: Field) throws(FleetError) {
    form = field.value
    id = Digest(of: MetadataJSON.canonical(form))
    let (type, scheme, text) = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let text = try fields.required("keyval").object { inner throws(FleetError) in
        inner.ignoreRest()
        return try inner.required("public").string()
      }
      return (try fields.required("keytype").string(), try fields.required("scheme").string(), text)
    }
    switch (type, scheme) {
    case ("ed25519", "ed25519"):
      guard let raw = [UInt8](hexText: text) else { throw field.error("not a key in hexadecimal") }
      key = try PublicKey(ed25519: raw)
    case ("ecdsa", "ecdsa-sha2-nistp256"), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"):
      guard let spki = PEM.decode(text, label: "PUBLIC KEY") else { throw field.error("not a key in PEM") }
      key = try PublicKey(spki: spki)
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

  /// Throws `bad-signature` unless enough different keys signed.
  func check(_ metadata: UnverifiedMetadata) throws(FleetError) {
    var valid: Set<[UInt8]> = []
    for (id, signature) in metadata.signatures {
      guard let key = keys[id], key.isValid(signature, for: metadata.signedBytes) else { continue }
      // Counted by key, not by keyid: one key under two names must not count twice.
      valid.insert(key.spki)
    }
    guard valid.count >= threshold else {
      throw FleetError(
        .badSignature, "\(valid.count) valid signatures where \(threshold) are needed", at: .init(file: metadata.file))
    }
  }
}
