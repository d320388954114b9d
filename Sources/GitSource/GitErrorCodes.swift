public import Manifests

extension FleetError.Code {
  /// A setting of a Git source that cannot be used as it is.
  public static let gitSettings = FleetError.Code("git-settings")
  /// The server cannot be reached, or the connection broke.
  public static let gitUnreachable = FleetError.Code("git-unreachable")
  /// The fetch took longer than its deadline, or the server fell silent.
  public static let gitDeadline = FleetError.Code("git-deadline")
  /// The fetch was cancelled from our side.
  public static let gitCancelled = FleetError.Code("git-cancelled")
  /// A fetch that was given up is still stuck in the system.
  public static let gitBusy = FleetError.Code("git-busy")
  /// The server refuses the credentials, or wants some.
  public static let gitAuthentication = FleetError.Code("git-authentication")
  /// The server's certificate is not one that the configured authorities vouch for.
  public static let gitCertificate = FleetError.Code("git-certificate")
  /// The server's ssh key is not the pinned one.
  public static let gitHostKey = FleetError.Code("git-host-key")
  /// There is no repository there.
  public static let gitRepositoryMissing = FleetError.Code("git-repository-missing")
  /// The repository has no such branch, tag or reference, or it names no commit.
  public static let gitReferenceMissing = FleetError.Code("git-reference-missing")
  /// The fetch would bring more than it may.
  public static let gitTooLarge = FleetError.Code("git-too-large")
  /// The server, or the repository at a path, answered something that is no valid Git.
  public static let gitProtocol = FleetError.Code("git-protocol")
  /// Something that Git can and Flotilla does not.
  public static let gitUnsupported = FleetError.Code("git-unsupported")
  /// The repository on our disk cannot be read; a mirror is made anew by the next fetch.
  public static let gitRepositoryCorrupt = FleetError.Code("git-repository-corrupt")
  /// The state directory cannot be used.
  public static let gitStateDirectory = FleetError.Code("git-state-directory")
  /// The commit is not in the mirror.
  public static let gitCommitMissing = FleetError.Code("git-commit-missing")
  /// A path that is not what was asked for: no directory, no file, none at all.
  public static let gitPath = FleetError.Code("git-path")
  /// A name in a tree that no path can have: not UTF-8, or with a slash.
  public static let gitFileName = FleetError.Code("git-file-name")
  /// The path is, or lies in, a submodule.
  public static let gitSubmodule = FleetError.Code("git-submodule")
  /// The file is a pointer of Git LFS instead of its content.
  public static let gitLFSPointer = FleetError.Code("git-lfs-pointer")
}
