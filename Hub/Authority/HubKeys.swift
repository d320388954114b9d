public import FleetModel
public import Manifests
import Trust

/// The hub's own keys on disk: its authority, and the keys that sign metadata. Each in a file that only its user reads.
///
/// The root keys are not among them: they are written once, elsewhere, for people to keep offline.
public struct HubKeys: Sendable {
  public let authority: CertificateAuthority
  public let signer: MetadataSigner

  private static let caCertificate = "ca.pem"
  private static let caKey = "ca.key"
  private static let signerKey = "targets.key"
  private static let onlineKey = "online.key"
  /// A file with one key or certificate is below two thousand bytes.
  private static let limit = 64 << 10

  /// What making a hub's keys leaves to hand on.
  public struct Created: Sendable {
    public var keys: HubKeys
    /// The first root metadata.
    public var root: [UInt8]
    /// The files of the root keys.
    public var rootKeyFiles: [String]
  }

  /// Makes all keys of a new fleet below `directory`, and the root keys in `rootDirectory`, each encrypted with its
  /// passphrase where passphrases are given.
  ///
  /// Refuses where keys are already. The hub's own keys appear last and all at once: killed before that, there is no
  /// hub, and the next try says which root keys belong to none.
  public static func create(
    in directory: String, fleet: String, quorum: RootCeremony.Quorum, rootDirectory: String, passphrases: [String],
    at now: Timestamp
  ) throws(FleetError) -> Created {
    guard passphrases.isEmpty || passphrases.count == quorum.keys else {
      throw FleetError(
        .invalidKey, "\(passphrases.count) passphrases for \(quorum.keys) root keys",
        nextStep: "give one passphrase for each root key")
    }
    let rootKeyFiles = (1...quorum.keys).map { "\(rootDirectory)/root-\($0).key" }
    try refuseExisting(directory, rootKeyFiles)
    let authority = try CertificateAuthority.make(fleet: fleet, at: now)
    let signer = try PrivateKey.generate(.ed25519)
    let online = try PrivateKey.generate(.ed25519)
    let ceremony = try RootCeremony(quorum, signer: signer.publicKey, online: online.publicKey, epoch: 1, at: now)
    try KeyFile.makeDirectory(rootDirectory)
    for (index, key) in ceremony.keys.enumerated() {
      try KeyFile.write(
        rootKeyFiles[index], try key.pem(passphrase: passphrases.isEmpty ? nil : passphrases[index]))
    }
    try write(
      [
        (signerKey, try signer.pem()), (onlineKey, try online.pem()), (caCertificate, authority.certificate.pem),
        (caKey, try authority.keyPEM()),
      ], to: directory)
    let keys = HubKeys(authority: authority, signer: MetadataSigner(signer: signer, online: online))
    return Created(keys: keys, root: ceremony.root, rootKeyFiles: rootKeyFiles)
  }

  /// Reads the keys that `create` made.
  ///
  /// - Parameter passphrase: what they are encrypted with; nil where they are not.
  public static func open(
    _ directory: String, fleet: String, passphrase: String? = nil
  ) throws(FleetError) -> HubKeys {
    func key(_ name: String) throws(FleetError) -> PrivateKey {
      let file = "\(directory)/\(name)"
      do {
        return try PrivateKey.read(pem: try KeyFile.read(file, limit: limit), passphrase: passphrase)
      } catch {
        throw error.within(.init(file: file))
      }
    }
    let pem = try KeyFile.read("\(directory)/\(caCertificate)", limit: limit)
    guard let der = PEM.decode(String(decoding: pem, as: UTF8.self), label: "CERTIFICATE") else {
      throw FleetError(
        .invalidCertificate, "no certificate in the file", at: .init(file: "\(directory)/\(caCertificate)"))
    }
    return HubKeys(
      authority: try CertificateAuthority(certificate: der, key: try key(caKey), fleet: fleet),
      signer: MetadataSigner(signer: try key(signerKey), online: try key(onlineKey)))
  }

  /// Copies the keys of a directory into one that is not there yet, all at once.
  ///
  /// - Parameters:
  ///   - reading: the passphrase that they are encrypted with; nil where they are not.
  ///   - writing: the passphrase to encrypt the copies with; nil to leave them open to who reads the files.
  public static func copy(
    from source: String, to target: String, fleet: String, decryptedWith reading: String? = nil,
    encryptedWith writing: String? = nil
  ) throws(FleetError) {
    let keys = try open(source, fleet: fleet, passphrase: reading)
    let (signer, online) = try keys.signer.pems(passphrase: writing)
    try write(
      [
        (signerKey, signer), (onlineKey, online), (caCertificate, keys.authority.certificate.pem),
        (caKey, try keys.authority.keyPEM(passphrase: writing)),
      ], to: target)
  }

  private init(authority: CertificateAuthority, signer: MetadataSigner) {
    self.authority = authority
    self.signer = signer
  }

  private static func refuseExisting(_ directory: String, _ rootKeyFiles: [String]) throws(FleetError) {
    guard !KeyFile.exists("\(directory)/\(caKey)") else {
      throw FleetError(
        .keysExist, "the hub has its keys already", at: .init(file: directory),
        nextStep: "run the hub, or name another state directory")
    }
    if let file = rootKeyFiles.first(where: KeyFile.exists) {
      throw FleetError(
        .keysExist, "a root key is there already, of another fleet or of a try that did not finish",
        at: .init(file: file), nextStep: "name another directory for the root keys, or remove those of the failed try")
    }
  }

  /// Writes the files beside the directory and moves them to it together.
  private static func write(_ files: [(name: String, bytes: [UInt8])], to directory: String) throws(FleetError) {
    let unfinished = directory + ".unfinished"
    try KeyFile.removeDirectory(unfinished, files: files.map(\.name) + files.map { "\($0.name).new" })
    try KeyFile.makeDirectory(unfinished)
    for file in files { try KeyFile.write("\(unfinished)/\(file.name)", file.bytes) }
    try KeyFile.moveDirectory(unfinished, to: directory)
  }
}
