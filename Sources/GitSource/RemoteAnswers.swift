internal import CLibGit2
internal import Manifests

/// Answers what libgit2 asks while it talks to a server: who we are, whether the server is the right one, whether to go
/// on. Lives on the fetch's thread.
final class RemoteAnswers {
  private enum Identity {
    case none
    case token(username: String, Secret)
    case key(file: String)
  }

  let location: RepositoryLocation
  private let identity: Identity
  private let hostKeys: [HostKeyFingerprint]
  private let operation: NetworkOperation
  private var wasAsked = false
  /// Why we ended the conversation; libgit2's own words for that say less.
  private(set) var refusal: FleetError?

  /// Reads the token or the key now, so that one that cannot be read is an error that names the file.
  init(_ settings: GitSourceSettings, _ operation: NetworkOperation) throws(FleetError) {
    location = settings.location
    self.operation = operation
    switch settings.credentials {
    case .none:
      (identity, hostKeys) = (.none, [])
    case .https(let https):
      let token = try https.token.map { token throws(FleetError) in try token.read() }
      identity = token.map { .token(username: https.username, $0) } ?? .none
      hostKeys = []
    case .ssh(let ssh):
      _ = try FileAccess.read(ssh.keyFile, atMost: GitLimits.tokenBytes)
      (identity, hostKeys) = (.key(file: ssh.keyFile), ssh.hostKeys)
    }
  }

  /// Text from libgit2 or the server without our token, should one of them repeat it.
  func redacted(_ text: String) -> String {
    guard case .token(_, let secret) = identity else { return text }
    return text.replacing(secret.reveal(), with: "<secret>")
  }

  private func refuse(_ error: FleetError) -> Int32 {
    refusal = refusal ?? error
    return GIT_EUSER.rawValue
  }
}

extension RemoteAnswers {
  /// What libgit2 calls. The object must outlive every use of what is returned.
  func callbacks() -> git_remote_callbacks {
    var callbacks = git_remote_callbacks()
    git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
    callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
    callbacks.credentials = { out, _, user, allowed, payload in
      RemoteAnswers.from(payload)?.giveCredentials(out, user: user, allowed: allowed) ?? -1
    }
    callbacks.certificate_check = { certificate, valid, _, payload in
      RemoteAnswers.from(payload)?.checkServer(certificate, valid: valid == 1) ?? -1
    }
    callbacks.transfer_progress = { progress, payload in
      RemoteAnswers.from(payload)?.noteProgress(progress) ?? -1
    }
    callbacks.sideband_progress = { _, _, payload in
      RemoteAnswers.from(payload)?.operation.stopped == nil ? 0 : -1
    }
    return callbacks
  }

  private static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteAnswers? {
    // Set by `callbacks`, whose caller keeps the object alive.
    payload.map { Unmanaged<RemoteAnswers>.fromOpaque($0).takeUnretainedValue() }
  }

  private func noteProgress(_ progress: UnsafePointer<git_indexer_progress>?) -> Int32 {
    guard let progress = progress?.pointee else { return -1 }
    return operation.goesOn(objects: Int(progress.total_objects), bytes: UInt64(progress.received_bytes)) ? 0 : -1
  }

  private func giveCredentials(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, user: UnsafePointer<CChar>?, allowed: UInt32
  ) -> Int32 {
    // libgit2 asks again and again after each refusal by the server.
    guard !wasAsked else { return refuse(refusedCredentials) }
    wasAsked = true
    switch identity {
    case .token(let username, let secret) where allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0:
      return git_credential_userpass_plaintext_new(out, username, secret.reveal())
    case .key(let file) where allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0:
      return git_credential_ssh_key_new(out, user, nil, file, nil)
    case .none: return refuse(wantedCredentials)
    default: return refuse(otherCredentials)
    }
  }

  private var refusedCredentials: FleetError {
    let what = if case .key(let file) = identity { "the key in \(file)" } else { "the token" }
    return FleetError(
      .gitAuthentication, "\(location) refuses \(what)", nextStep: "see that it is valid and may read this repository")
  }

  private var wantedCredentials: FleetError {
    FleetError(.gitAuthentication, "\(location) wants credentials and none are set", nextStep: "set a token")
  }

  private var otherCredentials: FleetError {
    FleetError(.gitAuthentication, "\(location) takes no credentials of the kind that is set")
  }

  private func checkServer(_ certificate: UnsafeMutablePointer<git_cert>?, valid: Bool) -> Int32 {
    guard let certificate else { return refuse(invalidCertificate) }
    guard certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
      return valid ? 0 : refuse(invalidCertificate)
    }
    // libgit2 says by `cert_type` that this is the larger structure. What ~/.ssh/known_hosts says of the host does not
    // count: only pinned keys do.
    let key = UnsafeRawPointer(certificate).assumingMemoryBound(to: git_cert_hostkey.self).pointee
    guard key.type.rawValue & GIT_CERT_SSH_SHA256.rawValue != 0,
      let presented = withUnsafeBytes(of: key.hash_sha256, { HostKeyFingerprint(bytes: $0) })
    else { return refuse(otherHostKey("a key without a SHA-256 fingerprint")) }
    guard hostKeys.contains(presented) else { return refuse(otherHostKey("\(key.raw_type.name) \(presented)")) }
    return 0
  }

  private var invalidCertificate: FleetError {
    FleetError(
      .gitCertificate, "the certificate of \(location) is not trusted", cause: GitFailure.last(-1).message,
      nextStep: "set the file of the authority that signed it; it must name the host by its DNS name")
  }

  private func otherHostKey(_ presented: String) -> FleetError {
    FleetError(
      .gitHostKey, "\(location) shows another ssh host key than the pinned", cause: "it shows \(presented)",
      nextStep: "ask the server's administrator whether its key has changed; pin it only then")
  }
}

extension git_cert_ssh_raw_type_t {
  fileprivate var name: String {
    switch self {
    case GIT_CERT_SSH_RAW_TYPE_RSA: "RSA"
    case GIT_CERT_SSH_RAW_TYPE_KEY_ECDSA_256: "ECDSA P-256"
    case GIT_CERT_SSH_RAW_TYPE_KEY_ECDSA_384: "ECDSA P-384"
    case GIT_CERT_SSH_RAW_TYPE_KEY_ECDSA_521: "ECDSA P-521"
    case GIT_CERT_SSH_RAW_TYPE_KEY_ED25519: "Ed25519"
    default: "a key of another kind"
    }
  }
}
