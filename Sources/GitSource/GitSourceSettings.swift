public import Manifests

/// Which repository, what of it, as whom, how often and how long.
public struct GitSourceSettings: Sendable {
  public var location: RepositoryLocation
  public var reference: GitReference
  public var credentials: GitCredentials
  public var polling: PollSettings
  public var limits: FetchLimits

  /// Refuses what does not go together: ssh without a key and a pinned host, credentials for a path.
  public init(
    location: RepositoryLocation, reference: GitReference, credentials: GitCredentials = .none,
    polling: PollSettings = PollSettings(), limits: FetchLimits = FetchLimits()
  ) throws(FleetError) {
    self.location = location
    self.reference = reference
    self.credentials = credentials
    self.polling = polling
    self.limits = limits
    try checkCredentials()
    try checkReference()
  }

  private func checkCredentials() throws(FleetError) {
    switch (location.transport, credentials) {
    case (.local, .none), (.https, .none), (.https, .https): return
    case (.ssh, .ssh(let ssh)):
      guard !ssh.hostKeys.isEmpty else {
        throw FleetError(
          .gitSettings, "no ssh host key is pinned for \(location)",
          nextStep: "give the server's SHA256 fingerprint, from its administrator or its documentation")
      }
    case (.ssh, _):
      throw FleetError(.gitSettings, "\(location) needs an ssh key file and the server's pinned host key")
    case (.local, _), (.https, .ssh):
      throw FleetError(.gitSettings, "the credentials are of another kind than \(location)")
    }
  }

  private func checkReference() throws(FleetError) {
    try LibGit2.start()
    guard ReferenceNames.isValid(reference.upstreamName) else {
      throw FleetError(.gitSettings, "\"\(reference)\" is no name of a Git reference")
    }
  }
}

/// How long a fetch may take and what it may bring.
public struct FetchLimits: Sendable, Hashable {
  /// A fetch as a whole.
  public var total: Duration
  /// A server that sends nothing. Git's own sends something every five seconds, even while it thinks.
  public var silence: Duration
  public var bytes: UInt64
  public var objects: Int

  public init(
    total: Duration = .seconds(600), silence: Duration = .seconds(30), bytes: UInt64 = GitLimits.fetchBytes,
    objects: Int = GitLimits.fetchObjects
  ) {
    self.total = total
    self.silence = silence
    self.bytes = bytes
    self.objects = objects
  }
}
