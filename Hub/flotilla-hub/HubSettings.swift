import Charts
import FleetModel
import GitSource
import Manifests
import Programs
import ReleasePipeline
import Settings

/// Every setting of `flotilla-hub run`.
enum HubSettings {

  static let stateDirectory = Setting(
    "state-directory", .path, default: "/var/lib/flotilla-hub", help: "Where the hub keeps its store, keys and mirror.")
  static let listen = Setting(
    "listen", .address, default: HostAndPort(host: "0.0.0.0", port: 7443), help: "Where agents and operators connect.")
  static let adminListen = Setting(
    "admin-listen", .address, default: HostAndPort(host: "127.0.0.1", port: 7480),
    help: "Where /healthz, /readyz and /metrics answer, without TLS.")
  static let gitURL = Setting(
    required: "git-url", .string,
    help: "The fleet repository: an absolute path, file://, https://, ssh:// or user@host:path.")
  static let gitReference = Setting(
    "git-reference", .string, default: "HEAD",
    help: "What is followed: a branch, tag:NAME, a full reference such as refs/heads/main, or HEAD.")
  static let gitInterval = Setting(
    "git-interval", .duration(in: .milliseconds(100) ... .seconds(86_400)), default: .seconds(15),
    help: "How often the repository is looked at.")
  static let gitTokenFile = Setting(
    optional: "git-token-file", .path, help: "A file with the token for https; read anew for every fetch.")
  static let gitCAFile = Setting(
    optional: "git-ca-file", .path, help: "A PEM file of the authorities that may vouch for the https server.")
  static let gitSSHKeyFile = Setting(optional: "git-ssh-key-file", .path, help: "The private key for ssh.")
  static let gitSSHHostKeys = Setting(
    "git-ssh-host-keys", .list(of: .string), default: [],
    help: "The ssh server's keys as SHA256:… fingerprints; any other key is refused.")

  static let enrollment = Setting(
    "enrollment", .choice(), default: EnrollmentPolicy.token,
    help: "What lets a cluster in: its join token alone, or also an operator's approval of the key that asks.")

  static let helm = Setting(
    optional: "helm", .path,
    help: "The helm program, which renders charts of the fleet repository; without it they are refused.")
  static let helmTimeout = Setting(
    "helm-timeout", .duration(in: .seconds(1) ... .seconds(3_600)), default: Helm.defaultDeadline,
    help: "How long helm may take for one chart.")

  static let retentionAge = Setting(
    "retention-age", .duration(in: .seconds(1) ... .seconds(10 * 365 * 86_400)), default: Retention().age,
    help: "How long a release keeps its manifests in the store, from when it was rendered.")
  static let retentionReleases = Setting(
    "retention-releases", .integer(in: 1...1000), default: Retention().releases,
    help: "How many of an app's youngest releases keep their manifests and are listed, however old they are.")
  static let retentionHistory = Setting(
    "retention-history", .duration(in: .seconds(1) ... .seconds(100 * 365 * 86_400)), default: Retention().history,
    help: "How long a rollout that ended is listed, with its log. The audit log is kept for good.")
  static let retentionInterval = Setting(
    "retention-interval", .duration(in: .seconds(1) ... .seconds(86_400)), default: Retention().interval,
    help: "How often the store is searched for what can be forgotten.")

  static let table = SettingsTable(
    program: "flotilla-hub",
    [
      stateDirectory, listen, adminListen, gitURL, gitReference, gitInterval, gitTokenFile, gitCAFile, gitSSHKeyFile,
      gitSSHHostKeys, enrollment, helm, helmTimeout, retentionAge, retentionReleases, retentionHistory,
      retentionInterval,
    ] + LogSettings.all)
}

extension SettingValues {
  var retention: Retention {
    Retention(
      age: self[HubSettings.retentionAge], releases: self[HubSettings.retentionReleases],
      history: self[HubSettings.retentionHistory],
      interval: self[HubSettings.retentionInterval])
  }

  /// The repository to follow, as these settings describe it.
  func gitSource() throws(FleetError) -> GitSourceSettings {
    var polling = PollSettings()
    polling.interval = self[HubSettings.gitInterval]
    polling.minimumGap = min(polling.minimumGap, polling.interval)
    return try GitSourceSettings(
      location: try RepositoryLocation(self[HubSettings.gitURL]), reference: reference, credentials: try credentials(),
      polling: polling)
  }

  private var reference: GitReference {
    let text = self[HubSettings.gitReference]
    if text == "HEAD" { return .defaultBranch }
    if text.hasPrefix("refs/") { return .full(text) }
    return text.hasPrefix("tag:") ? .tag(String(text.dropFirst(4))) : .branch(text)
  }

  private func credentials() throws(FleetError) -> GitCredentials {
    if let key = self[HubSettings.gitSSHKeyFile] {
      let pinned = try self[HubSettings.gitSSHHostKeys].map { text throws(FleetError) in
        guard let fingerprint = HostKeyFingerprint(text) else {
          throw FleetError(
            .usage, "not a fingerprint: \(text)", nextStep: "give it as ssh-keygen -lf shows it: SHA256:…")
        }
        return fingerprint
      }
      return .ssh(GitCredentials.SSH(keyFile: key, hostKeys: pinned))
    }
    let token = self[HubSettings.gitTokenFile].map { GitCredentials.Token.file($0) }
    let authorities = self[HubSettings.gitCAFile]
    guard token != nil || authorities != nil else { return .none }
    return .https(GitCredentials.HTTPS(token: token, certificateAuthorityFile: authorities))
  }
}
