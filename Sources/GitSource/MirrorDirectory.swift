internal import Glibc
internal import Manifests

/// Holds a folder for this process until it goes away; the system lets go of it when the process dies.
private struct DirectoryLock: ~Copyable, Sendable {
  private let descriptor: Int32

  init(path: String) throws(FleetError) {
    let opened = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw FileAccess.failure("the state directory cannot be used", path) }
    guard Self.take(opened) else {
      let failure = FileAccess.failure("another process uses this state directory", path)
      close(opened)
      throw failure
    }
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Tries for a moment: one who has just let go may still hold the lock in the thread of its last fetch, or in a child
  /// that has not become another program yet.
  private static func take(_ descriptor: Int32) -> Bool {
    for _ in 0..<50 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK else { return false }
      usleep(10_000)
    }
    return false
  }
}

/// The folder that a mirror lives in, held by one process at a time.
///
/// `mirror-7.git` is the seventh mirror of this source; the highest number counts, and a new one gets its name in one
/// rename when it is complete. Whatever else is there was left by a process that was killed, and is removed.
struct MirrorDirectory: ~Copyable, Sendable {
  /// Where a new mirror is made.
  static let incoming = "incoming"
  private static let (prefix, suffix) = ("mirror-", ".git")

  let path: String
  private let lock: DirectoryLock

  /// Makes the folder if need be, takes it for this process, and clears what was left behind.
  init(path: String) throws(FleetError) {
    try FileAccess.makeDirectory(path)
    let lock = try DirectoryLock(path: path)
    try Self.clear(path)
    self.lock = lock
    self.path = path
  }

  /// The mirror in use; nil when there is none yet.
  var current: String? {
    guard let generation = Self.generations(in: path).max() else { return nil }
    return "\(path)/\(Self.name(generation))"
  }

  var incoming: String { "\(path)/\(Self.incoming)" }

  /// Gives the mirror in `incoming` its name and returns its path; the one before it is not removed yet.
  func accept() throws(FleetError) -> String {
    let name = Self.name((Self.generations(in: path).max() ?? 0) &+ 1)
    try FileAccess.rename(Self.incoming, to: name, in: path)
    return "\(path)/\(name)"
  }

  /// Removes what is not the mirror in use, and in that one what an interrupted fetch left.
  func clear() throws(FleetError) { try Self.clear(path) }

  private static func clear(_ path: String) throws(FleetError) {
    try FileAccess.remove("\(path)/\(incoming)")
    let generations = generations(in: path)
    guard let current = generations.max() else { return }
    for old in generations where old != current { try FileAccess.remove("\(path)/\(name(old))") }
    try clearLeftovers(in: "\(path)/\(name(current))")
  }

  private static func name(_ generation: Int) -> String { "\(prefix)\(generation)\(suffix)" }

  private static func generations(in path: String) -> [Int] {
    FileAccess.names(in: path).compactMap { name in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
      return Int(name.dropFirst(prefix.count).dropLast(suffix.count))
    }
  }

  /// Locks and temporary files of libgit2's: nobody else works here, so they belong to nobody.
  private static func clearLeftovers(in repository: String) throws(FleetError) {
    try clearLocks(in: repository, recursive: false)
    try clearLocks(in: "\(repository)/refs", recursive: true)
    let packs = "\(repository)/objects/pack"
    for folder in [packs, "\(repository)/objects"] {
      for name in FileAccess.names(in: folder) where name.contains("_git2_") || name.hasPrefix("tmp_") {
        try FileAccess.remove("\(folder)/\(name)")
      }
    }
    try clearHalves(of: packs)
  }

  private static func clearLocks(in folder: String, recursive: Bool) throws(FleetError) {
    for name in FileAccess.names(in: folder) {
      let path = "\(folder)/\(name)"
      if name.hasSuffix(".lock") {
        try FileAccess.remove(path)
      } else if recursive, FileAccess.isDirectory(path) {
        try clearLocks(in: path, recursive: true)
      }
    }
  }

  /// A pack and its index get their names one after the other.
  private static func clearHalves(of folder: String) throws(FleetError) {
    let names = Set(FileAccess.names(in: folder))
    for name in names {
      let other: String
      if name.hasSuffix(".idx") {
        other = name.dropLast(4) + ".pack"
      } else if name.hasSuffix(".pack") {
        other = name.dropLast(5) + ".idx"
      } else {
        continue
      }
      if !names.contains(other) { try FileAccess.remove("\(folder)/\(name)") }
    }
  }
}
