internal import CLibGit2
internal import Manifests

extension RemoteAnswers {
  /// The error of a conversation that failed: why it was ended, if we ended it; else what libgit2 makes of it.
  func error(_ code: Int32, _ operation: NetworkOperation) -> FleetError {
    let failure = GitFailure.last(code)
    if let stop = operation.stopped { return stop.error(operation.limits, at: location) }
    if let refusal { return refusal }
    let cause = redacted(failure.message)
    switch Kind(failure) {
    case .missing:
      return FleetError(
        .gitRepositoryMissing, "there is no repository at \(location)", cause: cause,
        nextStep: "see that it exists and that the credentials may read it; many servers hide what they may not")
    case .authentication:
      return FleetError(.gitAuthentication, "\(location) refuses us", cause: cause)
    case .certificate:
      return FleetError(.gitCertificate, "the certificate of \(location) is not trusted", cause: cause)
    case .redirect:
      return FleetError(
        .gitUnsupported, "\(location) redirects elsewhere, and credentials are not carried along", cause: cause,
        nextStep: "give the address that it redirects to")
    case .mirror: return FleetError(.gitRepositoryCorrupt, "our mirror of \(location) cannot be read", cause: cause)
    case .content: return FleetError(.gitProtocol, "\(location) sent no valid Git data", cause: cause)
    case .connection: return FleetError(.gitUnreachable, "\(location) cannot be reached", cause: cause)
    }
  }

  private enum Kind {
    case missing
    case authentication
    case certificate
    case redirect
    case mirror
    case content
    case connection

    init(_ failure: GitFailure) {
      // libgit2 has one code for most of what a server can answer, so its words decide; test by test they are those of
      // 1.5 and of Git's own server.
      let said = failure.message.lowercased()
      if failure.code == GIT_EAUTH || said.contains("status code: 401") || said.contains("status code: 403") {
        self = .authentication
      } else if failure.code == GIT_ECERTIFICATE {
        self = .certificate
      } else if said.contains("status code: 404") || said.contains("not appear to be a git repository")
        || said.contains("repository not found") || said.contains("no such file or directory")
      {
        self = .missing
      } else if said.contains("redirect") {
        self = .redirect
      } else {
        self.init(kind: failure.kind)
      }
    }

    private init(kind: git_error_t) {
      switch kind {
      case GIT_ERROR_ODB, GIT_ERROR_OBJECT, GIT_ERROR_REFERENCE, GIT_ERROR_REPOSITORY, GIT_ERROR_CONFIG:
        self = .mirror
      case GIT_ERROR_INDEXER, GIT_ERROR_ZLIB, GIT_ERROR_INVALID: self = .content
      default: self = .connection
      }
    }
  }
}
