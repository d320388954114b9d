internal import Glibc
internal import Manifests
import Synchronization

/// The right of one process to use a directory, held until it is released or the process ends, however it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Mutex<Int32?>

  /// A hub that has just ended may leave its lock for a moment to a program that it was starting.
  private static let patience = (tries: 25, pause: UInt32(20_000))

  /// Takes the lock of a directory, or says that somebody else has it.
  init(_ directory: String) throws(FleetError) {
    let path = directory + "/store.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Folder.failure("cannot make this file", path, errno) }
    var tries = 1
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK && tries < DirectoryLock.patience.tries {
        tries += 1
        usleep(DirectoryLock.patience.pause)
        continue
      }
      let number = errno
      Glibc.close(descriptor)
      guard number == EWOULDBLOCK else { throw Folder.failure("cannot lock this file", path, number) }
      throw FleetError(
        .storeUnavailable, "another flotilla-hub uses this state directory", at: FleetError.Address(file: directory),
        nextStep: "stop it first, or give this one a directory of its own")
    }
    self.descriptor = Mutex(descriptor)
  }

  deinit { release() }

  /// Lets others have the directory. Releasing again changes nothing.
  func release() {
    descriptor.withLock { descriptor in
      if let open = descriptor { Glibc.close(open) }
      descriptor = nil
    }
  }
}
