import Glibc
public import Manifests

extension FleetError.Code {
  /// Two agents were given one state directory.
  public static let stateInUse = FleetError.Code("state-in-use")
}

/// One agent's claim to its state directory, which ends with its process, however that ends.
///
/// Two agents on one state would report under the same numbers and write over each other what they trust.
public final class StateLock: Sendable {
  private static let fileName = "lock"

  private let descriptor: Int32

  /// Claims the folder, which is made if it is missing; throws at once when another process has it.
  public init(of state: StateDirectory) throws(FleetError) {
    try state.files.makeDirectory(state.path, mode: StateDirectory.folderMode)
    let path = "\(state.path)/\(StateLock.fileName)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, StateDirectory.fileMode)
    guard descriptor >= 0 else { throw StateLock.failure("cannot be opened", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      defer { close(descriptor) }
      guard errno == EWOULDBLOCK else { throw StateLock.failure("cannot be locked", path) }
      throw StateLock.taken(state.path, by: StateLock.holder(descriptor))
    }
    self.descriptor = descriptor
    StateLock.sign(descriptor)
  }

  deinit { close(descriptor) }

  /// Lets another agent have the folder. Keeps the claim alive until it is called.
  public func release() { flock(descriptor, LOCK_UN) }

  /// Writes who holds it, for the one who finds it held. Only a hint: it matters to nobody whether it is there.
  private static func sign(_ descriptor: Int32) {
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  private static func holder(_ descriptor: Int32) -> Int32? {
    var text = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &text, text.count, 0)
    return Int32(String(decoding: text.prefix(max(0, count)).prefix { $0 != 0x0a }, as: UTF8.self))
  }

  private static func taken(_ folder: String, by process: Int32?) -> FleetError {
    FleetError(
      .stateInUse, "another agent runs on this state directory" + (process.map { " (process \($0))" } ?? ""),
      at: .init(file: folder), nextStep: "stop that agent, or give this one a state directory of its own")
  }

  private static func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.fileSystem, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}
