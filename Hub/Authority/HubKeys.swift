import Digests
public import FleetModel
import Glibc
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
  /// passphrase where one is given. Refuses where keys are already.
  public static func create(
    in directory: String, fleet: String, quorum: RootCeremony.Quorum, rootDirectory: String, passphrases: [String],
    at now: Timestamp
  ) throws(FleetError) -> Created {
    guard passphrases.isEmpty || passphrases.count == quorum.keys else {
      throw FleetError(
        .invalidKey, "\(passphrases.count) passphrases for \(quorum.keys) root keys",
        nextStep: "give one passphrase for each root key")
    }
    guard !KeyFile.exists("\(directory)/\(caKey)") else {
      throw FleetError(
        .keysExist, "the hub has its keys already", at: .init(file: directory),
        nextStep: "run the hub, or name another state directory")
    }
    let authority = try CertificateAuthority.make(fleet: fleet, at: now)
    let signer = try PrivateKey.generate(.ed25519)
    let online = try PrivateKey.generate(.ed25519)
    let ceremony = try RootCeremony(quorum, signer: signer.publicKey, online: online.publicKey, epoch: 1, at: now)
    let files = try write(ceremony, to: rootDirectory, passphrases)
    try KeyFile.makeDirectory(directory)
    try KeyFile.write("\(directory)/\(signerKey)", try signer.pem())
    try KeyFile.write("\(directory)/\(onlineKey)", try online.pem())
    try KeyFile.write("\(directory)/\(caCertificate)", authority.certificate.pem)
    // The authority's key last: where it is, all of them are.
    try KeyFile.write("\(directory)/\(caKey)", try authority.keyPEM())
    let keys = HubKeys(authority: authority, signer: MetadataSigner(signer: signer, online: online))
    return Created(keys: keys, root: ceremony.root, rootKeyFiles: files)
  }

  /// Reads the keys that `create` made.
  public static func open(_ directory: String, fleet: String) throws(FleetError) -> HubKeys {
    func key(_ name: String) throws(FleetError) -> PrivateKey {
      try PrivateKey.read(pem: try KeyFile.read("\(directory)/\(name)", limit: limit))
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

  private init(authority: CertificateAuthority, signer: MetadataSigner) {
    self.authority = authority
    self.signer = signer
  }

  private static func write(
    _ ceremony: RootCeremony, to directory: String, _ passphrases: [String]
  ) throws(FleetError) -> [String] {
    try KeyFile.makeDirectory(directory)
    var files: [String] = []
    for (index, key) in ceremony.keys.enumerated() {
      let file = "\(directory)/root-\(index + 1).key"
      try KeyFile.write(file, try key.pem(passphrase: passphrases.isEmpty ? nil : passphrases[index]))
      files.append(file)
    }
    return files
  }
}

/// Files with keys: made whole, for their user only, and never replaced.
public enum KeyFile {
  /// Creates the file; throws when there is one already.
  public static func write(_ path: String, _ bytes: [UInt8]) throws(FleetError) {
    let unfinished = path + ".new"
    unlink(unfinished)
    let descriptor = Glibc.open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be created", path) }
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count, fsync(descriptor) == 0 else { throw failure("cannot be written", path) }
    // link, unlike rename, fails where a file is already.
    guard link(unfinished, path) == 0 else { throw failure("cannot be created", path) }
    unlink(unfinished)
  }

  static func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw failure("cannot be read", path) }
    guard count <= limit else { throw FleetError(.keyFile, "is too large for a key", at: .init(file: path)) }
    return Array(bytes.prefix(count))
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a directory, and those above it that are missing, for its user only.
  public static func makeDirectory(_ path: String) throws(FleetError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure("cannot be made", made) }
    }
  }

  private static func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.keyFile, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// A file with a key that cannot be read or written.
  public static let keyFile = FleetError.Code("key-file")
  /// Keys would be overwritten.
  public static let keysExist = FleetError.Code("keys-exist")
}
