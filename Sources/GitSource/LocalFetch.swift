internal import CLibGit2
internal import Manifests

/// Copies one reference's objects from a repository on this machine into a mirror.
///
/// libgit2's own transport for paths copies every branch and, each time, every annotated tag with all it holds; this
/// copies what one reference needs and the mirror does not have.
struct LocalFetch {
  let path: String
  let settings: GitSourceSettings
  let operation: NetworkOperation

  /// The commit that the reference names, with everything it needs, in the mirror.
  func run(into mirror: borrowing RepositoryHandle, known: [CommitID]) throws(FleetError) -> CommitID {
    let source = try open()
    let commit = try find(in: source)
    if !mirror.has(git_oid(commit)) { try copy(commit, from: source, into: mirror, known: known) }
    return commit
  }

  private func open() throws(FleetError) -> Owned {
    var code: Int32 = 0
    if let source = Owned({ git_repository_free($0) }, code: &code, make: { git_repository_open(&$0, path) }) {
      return source
    }
    let failure = GitFailure.last(code)
    if code == GIT_ENOTFOUND.rawValue {
      throw FleetError(
        .gitRepositoryMissing, "there is no repository at \(settings.location)", cause: failure.message)
    }
    throw FleetError(.gitProtocol, "the repository at \(settings.location) cannot be read", cause: failure.message)
  }

  private func find(in source: borrowing Owned) throws(FleetError) -> CommitID {
    var id = git_oid()
    var found: Int32 = 0
    if case .commit(let commit) = settings.reference {
      id = git_oid(commit)
      guard
        let object = Owned(
          { git_object_free($0) }, code: &found,
          make: { git_object_lookup(&$0, source.pointer, &id, GIT_OBJECT_COMMIT) })
      else {
        throw ReferenceNames.missing(settings.reference, at: settings.location, available: try names(in: source))
      }
      return try Peeling.commit(of: object, named: settings.reference, at: settings.location)
    }
    let code = git_reference_name_to_id(&id, source.pointer, settings.reference.upstreamName)
    if code == GIT_ENOTFOUND.rawValue {
      throw ReferenceNames.missing(settings.reference, at: settings.location, available: try names(in: source))
    }
    try check(code)
    let object = try owned({ git_object_free($0) }) { git_object_lookup(&$0, source.pointer, &id, GIT_OBJECT_ANY) }
    return try Peeling.commit(of: object, named: settings.reference, at: settings.location)
  }

  private func names(in source: borrowing Owned) throws(FleetError) -> [String] {
    var list = git_strarray()
    try check(git_reference_list(&list, source.pointer))
    defer { git_strarray_dispose(&list) }
    return UnsafeBufferPointer(start: list.strings, count: list.count).compactMap { $0.map { String(cString: $0) } }
  }

  private func copy(
    _ commit: CommitID, from source: borrowing Owned, into mirror: borrowing RepositoryHandle, known: [CommitID]
  ) throws(FleetError) {
    let builder = try owned({ git_packbuilder_free($0) }) { git_packbuilder_new(&$0, source.pointer) }
    git_packbuilder_set_threads(builder.pointer, 0)
    let sink = try PackSink(mirror, operation)
    // The builder calls back only within the calls below.
    defer { withExtendedLifetime(sink) {} }
    try check(git_packbuilder_set_callbacks(builder.pointer, PackSink.onProgress, sink.payload))
    // Named, so that it lives until the builder has walked it.
    let walk = try walk(to: commit, in: source, known: known)
    try check(git_packbuilder_insert_walk(builder.pointer, walk.pointer))
    try check(git_packbuilder_foreach(builder.pointer, PackSink.onBytes, sink.payload))
    try check(sink.commit())
  }

  private func walk(
    to commit: CommitID, in source: borrowing Owned, known: [CommitID]
  ) throws(FleetError) -> Owned {
    let walk = try owned({ git_revwalk_free($0) }) { git_revwalk_new(&$0, source.pointer) }
    git_revwalk_sorting(walk.pointer, GIT_SORT_TIME.rawValue)
    var id = git_oid(commit)
    try check(git_revwalk_push(walk.pointer, &id))
    for commit in known {
      var id = git_oid(commit)
      let code = git_revwalk_hide(walk.pointer, &id)
      // A commit that the source no longer has hides nothing there.
      if code != GIT_ENOTFOUND.rawValue, code != GIT_ERROR.rawValue { try check(code) }
    }
    return walk
  }

  private func owned(
    _ release: @escaping (OpaquePointer?) -> Void, make: (inout OpaquePointer?) -> Int32
  ) throws(FleetError) -> Owned {
    var code: Int32 = 0
    guard let owned = Owned(release, code: &code, make: make) else { throw error(code) }
    return owned
  }

  private func check(_ code: Int32) throws(FleetError) {
    if code < 0 || operation.stopped != nil { throw error(code) }
  }

  private func error(_ code: Int32) -> FleetError {
    let failure = GitFailure.last(code)
    if let stop = operation.stopped { return stop.error(operation.limits, at: settings.location) }
    return FleetError(
      .gitProtocol, "the repository at \(settings.location) cannot be read", cause: failure.message,
      nextStep: "run git fsck there")
  }
}

/// Takes a pack as it is made and stores it in a mirror. Lives on the fetch's thread.
private final class PackSink {
  private let pack: UnsafeMutablePointer<git_odb_writepack>
  private let operation: NetworkOperation
  private var progress = git_indexer_progress()

  init(_ mirror: borrowing RepositoryHandle, _ operation: NetworkOperation) throws(FleetError) {
    var made: UnsafeMutablePointer<git_odb_writepack>?
    // The operation outlives this object, which frees the pack.
    try checkReading(
      git_odb_write_pack(
        &made, mirror.odb.pointer, PackSink.onIndexed, Unmanaged.passUnretained(operation).toOpaque()))
    guard let made else { throw .reading(.last(-1)) }
    (pack, self.operation) = (made, operation)
  }

  deinit { pack.pointee.free(pack) }

  var payload: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  func commit() -> Int32 { pack.pointee.commit(pack, &progress) }

  private func append(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
    progress.received_bytes += count
    return pack.pointee.append(pack, bytes, count, &progress)
  }

  static let onBytes: git_packbuilder_foreach_cb = { bytes, count, payload in
    guard let payload else { return -1 }
    return Unmanaged<PackSink>.fromOpaque(payload).takeUnretainedValue().append(bytes, count)
  }

  static let onProgress: git_packbuilder_progress = { _, _, total, payload in
    guard let payload else { return -1 }
    let sink = Unmanaged<PackSink>.fromOpaque(payload).takeUnretainedValue()
    return sink.operation.goesOn(objects: Int(total), bytes: 0) ? 0 : -1
  }

  private static let onIndexed: git_indexer_progress_cb = { progress, payload in
    guard let progress = progress?.pointee, let payload else { return -1 }
    let operation = Unmanaged<NetworkOperation>.fromOpaque(payload).takeUnretainedValue()
    return operation.goesOn(objects: Int(progress.total_objects), bytes: UInt64(progress.received_bytes)) ? 0 : -1
  }
}
