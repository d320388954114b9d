internal import CLibGit2
internal import Glibc
internal import Manifests

/// Fetches one reference from a server into a mirror.
struct RemoteFetch {
  let settings: GitSourceSettings
  let operation: NetworkOperation

  /// The commit that the reference names, with everything it needs, in the mirror.
  func run(into mirror: borrowing RepositoryHandle) throws(FleetError) -> CommitID {
    let answers = try RemoteAnswers(settings, operation)
    // libgit2 calls `answers` back until the remote is closed, which is before this returns.
    defer { withExtendedLifetime(answers) {} }
    guard case .https = settings.location.transport else { return try talk(to: mirror, answers) }
    var authorities: String?
    if case .https(let https) = settings.credentials { authorities = https.certificateAuthorityFile }
    // A borrowed handle cannot be captured by the closure that has the turn, so the turn is taken and given back.
    try TrustedAuthorities.take(authorities, for: operation)
    defer { TrustedAuthorities.giveBack() }
    return try talk(to: mirror, answers)
  }

  private func talk(
    to mirror: borrowing RepositoryHandle, _ answers: RemoteAnswers
  ) throws(FleetError) -> CommitID {
    let remote = try checked(answers) { remote in
      git_remote_create_anonymous(&remote, mirror.repository.pointer, settings.location.url)
    }
    try connect(remote, answers)
    let found = try advertised(by: remote, answers)
    try download(found.name, remote, answers)
    git_remote_disconnect(remote.pointer)
    return try commit(at: found.id, in: mirror)
  }

  private func connect(_ remote: borrowing Owned, _ answers: RemoteAnswers) throws(FleetError) {
    var options = git_remote_connect_options()
    git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
    options.callbacks = answers.callbacks()
    // Within the same host libgit2 follows redirects all the same.
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
    try check(git_remote_connect_ext(remote.pointer, GIT_DIRECTION_FETCH, &options), answers)
  }

  private func advertised(
    by remote: borrowing Owned, _ answers: RemoteAnswers
  ) throws(FleetError) -> (name: String, id: git_oid) {
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try check(git_remote_ls(&heads, &count, remote.pointer), answers)
    var names: [String] = []
    // The array is the remote's own memory until it is closed.
    for head in UnsafeBufferPointer(start: heads, count: count) {
      guard let head = head?.pointee, let name = head.name.map({ String(cString: $0) }) else { continue }
      if settings.reference.isMeant(by: name, CommitID(head.oid)) { return (name, head.oid) }
      names.append(name)
    }
    throw ReferenceNames.missing(settings.reference, at: settings.location, available: names)
  }

  private func download(
    _ name: String, _ remote: borrowing Owned, _ answers: RemoteAnswers
  ) throws(FleetError) {
    var options = git_fetch_options()
    git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
    options.callbacks = answers.callbacks()
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    options.update_fetchhead = 0
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
    let refspec = strdup("+\(name)")
    defer { free(refspec) }
    var strings = [refspec]
    let code = strings.withUnsafeMutableBufferPointer { buffer in
      var list = git_strarray(strings: buffer.baseAddress, count: buffer.count)
      return git_remote_download(remote.pointer, &list, &options)
    }
    try check(code, answers)
  }

  private func commit(at id: git_oid, in mirror: borrowing RepositoryHandle) throws(FleetError) -> CommitID {
    var id = id
    let object = try Owned({ git_object_free($0) }) {
      git_object_lookup(&$0, mirror.repository.pointer, &id, GIT_OBJECT_ANY)
    }
    return try Peeling.commit(of: object, named: settings.reference, at: settings.location)
  }

  private func checked(
    _ answers: RemoteAnswers, make: (inout OpaquePointer?) -> Int32
  ) throws(FleetError) -> Owned {
    var code: Int32 = 0
    guard let remote = Owned({ git_remote_free($0) }, code: &code, make: make) else {
      throw answers.error(code, operation)
    }
    return remote
  }

  private func check(_ code: Int32, _ answers: RemoteAnswers) throws(FleetError) {
    // A stopped connection can look like one that the server ended in good order.
    if code < 0 || operation.stopped != nil { throw answers.error(code, operation) }
  }
}

extension GitReference {
  /// Whether something that a server names is what is followed.
  fileprivate func isMeant(by name: String, _ id: CommitID) -> Bool {
    // A tag's own name stands for its object; where it leads to is named beside it, and cannot be asked for.
    if case .commit(let wanted) = self { return id == wanted && !name.hasSuffix("^{}") }
    return name.utf8.elementsEqual(upstreamName.utf8)
  }
}

/// From what a reference names to a commit.
enum Peeling {
  /// Follows annotated tags; an error when there is no commit at their end.
  static func commit(
    of object: borrowing Owned, named reference: GitReference, at location: RepositoryLocation
  ) throws(FleetError) -> CommitID {
    var code: Int32 = 0
    guard
      let commit = Owned(
        { git_object_free($0) }, code: &code, make: { git_object_peel(&$0, object.pointer, GIT_OBJECT_COMMIT) }),
      let id = git_object_id(commit.pointer)
    else {
      throw FleetError(
        .gitReferenceMissing, "\(reference) of \(location) names no commit", cause: GitFailure.last(code).message)
    }
    return CommitID(id.pointee)
  }
}
