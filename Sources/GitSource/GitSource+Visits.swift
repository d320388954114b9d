public import Manifests
internal import Synchronization

// Commits that are looked at without being followed.

extension GitSource {
  /// Between two tries while a look at what is followed is under way.
  private static let pause: Duration = .milliseconds(100)

  /// The commit that a revision names, brought here where it is not yet; nothing comes into force by it.
  ///
  /// A revision is a commit's id or part of one, what is followed as `HEAD`, either with `~2` and the like behind it, or
  /// a branch, a tag or a full reference of the repository.
  public func visit(_ revision: String) async throws(FleetError) -> CommitID {
    if let known = try known(revision) { return known }
    var missing: FleetError?
    for reference in GitReference.candidates(revision) {
      do throws(FleetError) {
        return try await bring(reference)
      } catch {
        guard error.code == .gitReferenceMissing else { throw error }
        missing = missing ?? error
      }
    }
    throw FleetError(
      .gitReferenceMissing, "\(settings.location) has no commit that is called \(revision)",
      nextStep: "push it to a branch there, and name the branch or the whole id; " + (missing?.nextStep ?? ""))
  }

  /// A commit that is here already. A branch is not looked up here: where it was is not where it is.
  private func known(_ revision: String) throws(FleetError) -> CommitID? {
    let (name, rest) = revision.splitBehindName
    if name == "HEAD" {
      guard let inForce else {
        throw FleetError(
          .gitCommitMissing, "no commit of \(settings.location) is known yet", nextStep: "see `flotilla get errors`")
      }
      return try repository.resolve(inForce.hex + rest)
    }
    guard (4...40).contains(name.utf8.count), name.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    return try? repository.resolve(name + rest)
  }

  private func bring(_ reference: GitReference) async throws(FleetError) -> CommitID {
    var settings = settings
    settings.reference = reference
    let operation = NetworkOperation(limits: settings.limits)
    let deadline = ContinuousClock.now + settings.limits.total
    while !state.withLock({ $0.begin() }) {
      guard !Task.isCancelled, ContinuousClock.now < deadline else { throw busy }
      try? await Task.sleep(for: GitSource.pause)
    }
    let (mirror, final) = (mirror, settings)
    let result = await SupervisedWork.run(operation) { [self] in
      let result = Result { () throws(FleetError) in try mirror.visit(final, operation) }
      state.withLock { $0.isFetching = false }
      return result
    }
    return try (result ?? .failure(stuck)).get()
  }
}

extension GitSource.State {
  /// Whether a fetch may begin; from here on it has.
  fileprivate mutating func begin() -> Bool {
    guard !isFetching else { return false }
    isFetching = true
    return true
  }
}

extension GitReference {
  /// What a person may mean by a name.
  fileprivate static func candidates(_ name: String) -> [GitReference] {
    if let id = CommitID(hex: name) { return [.commit(id)] }
    if name.hasPrefix("refs/") { return ReferenceNames.isValid(name) ? [.full(name)] : [] }
    return [.branch(name), .tag(name)].filter { ReferenceNames.isValid($0.upstreamName) }
  }
}

extension String {
  /// A name, and what says how to go on from there.
  fileprivate var splitBehindName: (name: String, rest: String) {
    let end = firstIndex { "~^@:".contains($0) } ?? endIndex
    return (String(self[..<end]), String(self[end...]))
  }
}
