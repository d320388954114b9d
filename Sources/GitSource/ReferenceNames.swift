internal import CLibGit2
internal import Manifests

/// The names of references, the server's and our own.
enum ReferenceNames {
  /// What all of our own references begin with.
  static let prefix = "refs/flotilla/"
  /// Where a commit is kept that a force-push took off the branch.
  static let rewritten = prefix + "rewritten/"

  /// Whether Git takes this as the full name of a reference.
  static func isValid(_ name: String) -> Bool {
    guard name == "HEAD" || name.hasPrefix("refs/"), !name.utf8.contains(0) else { return false }
    var valid: Int32 = 0
    return git_reference_name_is_valid(&valid, name) == 0 && valid == 1
  }

  /// Where our mirror keeps the commit that a server's reference named last.
  ///
  /// Not the server's name itself: `a` and `a/b` cannot both be files, and names can be too long for one.
  static func tip(of upstream: String) throws(FleetError) -> String {
    var id = git_oid()
    let bytes = Array(upstream.utf8)
    try checkReading(git_odb_hash(&id, bytes, bytes.count, GIT_OBJECT_BLOB))
    return "\(prefix)tips/\(Hex.encode(id.bytes))"
  }

  /// The error for a reference that is not there, with those that are.
  static func missing(
    _ reference: GitReference, at location: RepositoryLocation, available: [String]
  ) -> FleetError {
    let kind = reference.upstreamName.hasPrefix("refs/tags/") ? "refs/tags/" : "refs/heads/"
    let names = available.filter { $0.hasPrefix(kind) && !$0.hasSuffix("^{}") }
      .map { $0.dropFirst(kind.count) }.sorted()
    let shown = names.prefix(GitLimits.namedReferences).joined(separator: ", ")
    let what = kind == "refs/tags/" ? "tags" : "branches"
    let more = names.count > GitLimits.namedReferences ? ", … (\(names.count) in all)" : ""
    return FleetError(
      .gitReferenceMissing, "\(location) has no \(reference)",
      nextStep: names.isEmpty ? "it has no \(what)" : "its \(what): \(shown)\(more)")
  }
}
