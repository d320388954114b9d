internal import Digests
internal import Dispatch
internal import Glibc
internal import Manifests

/// Blobs as files: `ab/ab12…`, named by their digest, written once and never changed.
///
/// A blob is written beside the others under `tmp/`, made durable, and then moved to its name, so that no name ever
/// stands for half a blob. All of it runs on queues of its own: what waits for a disk must not hold up tasks.
final class BlobFolder: Sendable {
  private let directory: String
  // Serial, so that two saves of one blob cannot use the same temporary file.
  private let writer = DispatchQueue(label: "blobs.write")
  private let readers = DispatchQueue(label: "blobs.read", attributes: .concurrent)

  /// Opens a folder of blobs, makes what is missing of it, and removes what a killed process left half written.
  init(_ directory: String) throws(FleetError) {
    self.directory = directory
    try Folder.create(directory + "/tmp")
    try Folder.clear(directory + "/tmp")
    for prefix in 0..<256 { try Folder.create(directory + "/" + BlobFolder.prefix(UInt8(prefix))) }
    try Folder.sync(directory)
  }

  /// Stores these; durable when this returns.
  func save(_ blobs: [[UInt8]]) async throws(FleetError) -> [Digest] {
    try await on(writer) { () throws(FleetError) in
      let named = blobs.map { (digest: Digest(of: $0), bytes: $0) }
      var wanted: [Digest: [UInt8]] = [:]
      for blob in named where try !self.holds(blob.bytes, at: blob.digest) { wanted[blob.digest] = blob.bytes }
      try self.write(wanted)
      return named.map(\.digest)
    }
  }

  /// The bytes of a blob, checked; nil when there is none.
  func read(_ digest: Digest) async throws(FleetError) -> [UInt8]? {
    try await on(readers) { () throws(FleetError) in
      guard let bytes = try self.bytes(of: digest) else { return nil }
      guard Digest(of: bytes) == digest else {
        throw FleetError(
          .storeDamaged, "the blob is not what its name says", at: FleetError.Address(file: self.path(of: digest)),
          nextStep: "the hub mends it when it renders it again; check the disk")
      }
      return bytes
    }
  }

  /// A part of a blob, unchecked; nil when there is no such blob.
  func part(_ digest: Digest, offset: Int, count: Int) async throws(FleetError) -> [UInt8]? {
    guard offset >= 0, count >= 0 else {
      throw FleetError(.storeConflict, "a part of a blob begins and ends within it")
    }
    return try await on(readers) { () throws(FleetError) in
      guard let file = try StoredFile(reading: self.path(of: digest)) else { return nil }
      let length = try file.length()
      guard offset < length else { return [] }
      return try file.read(from: offset, count: min(count, length - offset))
    }
  }

  /// The length of a blob in bytes, or nil.
  func length(of digest: Digest) async throws(FleetError) -> Int? {
    try await on(readers) { () throws(FleetError) in
      guard let file = try StoredFile(reading: self.path(of: digest)) else { return nil }
      return try file.length()
    }
  }

  /// Every blob that there is; other files are left alone.
  func all() async throws(FleetError) -> Set<Digest> {
    try await on(readers) { () throws(FleetError) in try BlobFolder.list(self.directory) }
  }

  /// Removes blobs; returns how many bytes they had.
  func remove(_ digests: [Digest]) async throws(FleetError) -> Int {
    // With the saves: a blob that is saved while it is removed is there afterwards.
    try await on(writer) { () throws(FleetError) in
      var bytes = 0
      for digest in digests {
        guard let length = try StoredFile(reading: self.path(of: digest))?.length() else { continue }
        guard unlink(self.path(of: digest)) == 0 || errno == ENOENT else {
          throw Folder.failure("cannot remove a blob", self.path(of: digest), errno)
        }
        bytes += length
      }
      return bytes
    }
  }

  /// Those of these digests that there is no file of.
  func missing(of digests: [Digest]) async throws(FleetError) -> [Digest] {
    try await on(readers) { () throws(FleetError) in digests.filter { access(self.path(of: $0), F_OK) != 0 } }
  }
}

extension BlobFolder {
  private static func prefix(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return byte < 16 ? "0" + digits : digits
  }

  /// Every blob of a folder, in which not every prefix needs to have a directory.
  static func list(_ directory: String) throws(FleetError) -> Set<Digest> {
    var found: Set<Digest> = []
    for byte in UInt8.min...UInt8.max {
      let folder = "\(directory)/\(prefix(byte))"
      guard Folder.holds(folder) else { continue }
      found.formUnion(try Folder.names(folder).compactMap { Digest(hex: $0) })
    }
    return found
  }

  private func path(of digest: Digest) -> String {
    let name = digest.hex
    return "\(directory)/\(name.prefix(2))/\(name)"
  }

  private func temporaryPath(of digest: Digest) -> String { "\(directory)/tmp/\(digest.hex)" }

  private func bytes(of digest: Digest) throws(FleetError) -> [UInt8]? {
    guard let file = try StoredFile(reading: path(of: digest)) else { return nil }
    return try file.read(from: 0, count: try file.length())
  }

  /// Whether just these bytes are stored under the digest.
  private func holds(_ bytes: [UInt8], at digest: Digest) throws(FleetError) -> Bool {
    try self.bytes(of: digest) == bytes
  }

  /// Writes blobs that are not there: all of them under temporary names, then all of them to their own.
  private func write(_ blobs: [Digest: [UInt8]]) throws(FleetError) {
    do throws(FleetError) {
      for (digest, bytes) in blobs { try StoredFile(writing: temporaryPath(of: digest)).write(bytes) }
      for digest in blobs.keys {
        guard rename(temporaryPath(of: digest), path(of: digest)) == 0 else {
          throw Folder.failure("cannot move a blob to its place", path(of: digest), errno)
        }
      }
    } catch {
      for digest in blobs.keys { unlink(temporaryPath(of: digest)) }
      throw error
    }
    for prefix in Set(blobs.keys.map { $0.hex.prefix(2) }) { try Folder.sync("\(directory)/\(prefix)") }
  }

  private func on<Result: Sendable>(
    _ queue: DispatchQueue, _ work: @escaping @Sendable () throws(FleetError) -> Result
  ) async throws(FleetError) -> Result {
    let outcome: Swift.Result<Result, FleetError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(FleetError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try outcome.get()
  }
}
