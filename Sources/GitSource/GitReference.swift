/// What of a repository is followed.
public enum GitReference: Hashable, Sendable {
  /// The branch that the repository itself calls its default.
  case defaultBranch
  case branch(String)
  /// A tag; an annotated one is followed to its commit.
  case tag(String)
  /// A full name, such as `refs/heads/main` or `refs/pull/7/head`.
  case full(String)
  /// A commit by its id, where the server names it by any reference or, on this machine, has it at all.
  case commit(CommitID)

  /// The name by which the server knows it.
  var upstreamName: String {
    switch self {
    case .defaultBranch: "HEAD"
    case .branch(let name): "refs/heads/\(name)"
    case .tag(let name): "refs/tags/\(name)"
    case .full(let name): name
    case .commit(let id): id.hex
    }
  }
}

extension GitReference: CustomStringConvertible {
  public var description: String {
    switch self {
    case .defaultBranch: "default branch"
    case .branch(let name): "branch \(name)"
    case .tag(let name): "tag \(name)"
    case .full(let name): name
    case .commit(let id): "commit \(id)"
    }
  }
}
