internal import CLibGit2
internal import Manifests

/// Makes one pack of a mirror's many small ones.
///
/// Every fetch adds a pack, and every lookup may have to ask all of them. Those that are larger than all smaller ones
/// together stay as they are, so that each object is copied a logarithmic number of times.
struct PackCompaction: Sendable {
  private let folder: String
  /// Without their endings.
  private let small: [String]

  /// nil when there is nothing to do.
  init?(mirror: String, moreThan limit: Int = GitLimits.packs) {
    folder = "\(mirror)/objects/pack"
    let packs = Self.packs(in: folder)
    guard packs.count > limit else { return nil }
    small = Self.small(of: packs)
    guard small.count > 1 else { return nil }
  }

  /// Writes the new pack; the old ones are still there. Returns what `removeOld` needs.
  func write(in mirror: borrowing RepositoryHandle, _ operation: NetworkOperation) throws(FleetError) -> String {
    let builder = try Owned({ git_packbuilder_free($0) }) { git_packbuilder_new(&$0, mirror.repository.pointer) }
    for name in small { try insert(name, into: builder) }
    try checkWriting(
      git_packbuilder_write(
        builder.pointer, nil, 0,
        { _, payload in
          guard let payload else { return -1 }
          let operation = Unmanaged<NetworkOperation>.fromOpaque(payload).takeUnretainedValue()
          return operation.goesOn(objects: 0, bytes: 0) ? 0 : -1
        },
        // The caller's operation outlives the call.
        Unmanaged.passUnretained(operation).toOpaque()))
    guard let name = git_packbuilder_name(builder.pointer) else { throw .reading(.last(-1)) }
    return "pack-" + String(cString: name)
  }

  /// Removes what is now in the new pack. No handle may be open: one would go on looking for the old packs.
  func removeOld(except new: String) throws(FleetError) {
    for name in small where name != new {
      // The index first: a pack without one is not looked at.
      try FileAccess.remove("\(folder)/\(name).idx")
      try FileAccess.remove("\(folder)/\(name).pack")
    }
  }

  private func checkWriting(_ code: Int32) throws(FleetError) {
    guard code < 0 else { return }
    let failure = GitFailure.last(code)
    guard failure.kind == GIT_ERROR_OS else { throw .reading(failure) }
    throw FleetError(.gitStateDirectory, "a pack cannot be written", at: .init(file: folder), cause: failure.message)
  }

  private func insert(_ name: String, into builder: borrowing Owned) throws(FleetError) {
    let pack = try Owned({ git_odb_free($0) }) { git_odb_new(&$0) }
    var backend: UnsafeMutablePointer<git_odb_backend>?
    try checkReading(git_odb_backend_one_pack(&backend, "\(folder)/\(name).idx"))
    try checkReading(git_odb_add_backend(pack.pointer, backend, 1))
    try checkReading(
      git_odb_foreach(
        pack.pointer, { id, builder in git_packbuilder_insert(OpaquePointer(builder), id, nil) },
        UnsafeMutableRawPointer(builder.pointer)))
  }

  private static func packs(in folder: String) -> [(name: String, size: Int64)] {
    FileAccess.names(in: folder).filter { $0.hasSuffix(".idx") }.compactMap { file in
      let name = String(file.dropLast(4))
      return FileAccess.size(of: "\(folder)/\(name).pack").map { (name, $0) }
    }
  }

  static func small(of packs: [(name: String, size: Int64)]) -> [String] {
    let sorted = packs.sorted { $0.size < $1.size }
    var sum: Int64 = 0
    var count = 0
    for (index, pack) in sorted.enumerated() {
      if pack.size <= sum || index < 2 { count = index + 1 }
      sum += pack.size
    }
    return sorted.prefix(count).map(\.name)
  }
}
