internal import CLibGit2
internal import Manifests

/// libgit2's life in this process: begun once, never ended, with nothing of the machine's or the user's own
/// configuration in it.
enum LibGit2 {
  // A static is initialised once, whoever comes first, which is what git_libgit2_init wants.
  private static let beginning: Result<Void, FleetError> = begin()

  /// Whether this libgit2 bounds what a delta may expand to (see the shim).
  static var boundsDeltas: Bool { deltaBound }
  private static let deltaBound = flotilla_git_set_pack_object_bytes(GitLimits.objectBytes) == 0

  /// Every entry into the module calls this before anything else of libgit2.
  static func start() throws(FleetError) { try beginning.get() }

  private static func begin() -> Result<Void, FleetError> {
    guard git_libgit2_init() > 0 else { return .failure(unusable("git_libgit2_init failed")) }
    guard git_libgit2_features() & Int32(GIT_FEATURE_THREADS.rawValue) != 0 else {
      return .failure(unusable("it was built without threads"))
    }
    let codes = configure() + [SocketStream.register()]
    guard codes.allSatisfy({ $0 == 0 }) else { return .failure(unusable(GitFailure.last(-1).message)) }
    return .success(())
  }

  private static func configure() -> [Int32] {
    // ~/.gitconfig could redirect URLs (insteadOf) or name a proxy: what is fetched is decided by our settings alone.
    let levels = [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
    ]
    return levels.map { flotilla_git_set_configuration_path($0, "") } + [
      // Git refuses repositories of other users because it runs hooks and commands that they name; we run none.
      flotilla_git_set_owner_validation(0),
      // A reference on disk must not come before the pack it needs, even when the power goes.
      flotilla_git_set_fsync(1),
      flotilla_git_set_cache_bytes(GitLimits.objectCacheBytes),
      flotilla_git_set_pack_objects(GitLimits.fetchObjects),
    ]
  }

  private static func unusable(_ cause: String) -> FleetError {
    FleetError(.gitUnsupported, "libgit2 cannot be used", cause: cause)
  }
}
