internal import CLibGit2
internal import Manifests

/// One open repository. libgit2 does not allow a handle in two threads at once; the type cannot be copied, and
/// `RepositoryPool` lends it to one caller at a time.
struct RepositoryHandle: ~Copyable {
  let repository: Owned
  let odb: Owned

  /// Opens the repository at a path: a bare one, a `.git`, or the folder above that.
  init(path: String) throws(FleetError) {
    let address = FleetError.Address(file: path)
    let repository = try Owned({ git_repository_free($0) }, at: address) { git_repository_open(&$0, path) }
    let odb = try Owned({ git_odb_free($0) }, at: address) { git_repository_odb(&$0, repository.pointer) }
    self.repository = repository
    self.odb = odb
  }

  /// Whether an object is here.
  func has(_ id: git_oid) -> Bool {
    withUnsafePointer(to: id) { git_odb_exists(odb.pointer, $0) == 1 }
  }

  /// The whole of an object of at most `limit` bytes; nil when it is larger.
  func object(_ id: git_oid, atMost limit: Int) throws(FleetError) -> [UInt8]? {
    var id = id
    var length = 0
    var type = GIT_OBJECT_INVALID
    try checkReading(git_odb_read_header(&length, &type, odb.pointer, &id))
    guard length <= limit else { return nil }
    let object = try Owned({ git_odb_object_free($0) }) { git_odb_read(&$0, odb.pointer, &id) }
    // The bytes belong to the object, which lives until the end of this function.
    let data = UnsafeRawBufferPointer(
      start: git_odb_object_data(object.pointer), count: git_odb_object_size(object.pointer))
    return Array(data)
  }

  func tree(_ id: git_oid) throws(FleetError) -> Owned {
    var id = id
    return try Owned({ git_tree_free($0) }) { git_tree_lookup(&$0, repository.pointer, &id) }
  }

  /// A commit, or nil when it is not here.
  func commit(_ id: CommitID) throws(FleetError) -> Owned? {
    var oid = git_oid(id)
    var code: Int32 = 0
    let found = Owned({ git_commit_free($0) }, code: &code) { git_commit_lookup(&$0, repository.pointer, &oid) }
    if code >= 0 { return found }
    if code == GIT_ENOTFOUND.rawValue { return nil }
    throw .reading(.last(code))
  }
}
