import CSpawn
import Glibc

/// The descriptors of one run.
final class Descriptors {
  private var open: Set<Int32> = []

  /// A file in memory with this content, to be read from its start.
  ///
  /// Not a pipe: a program that does not read its input neither makes the writer wait nor sends it a signal.
  func file(holding content: [UInt8]) throws(ProgramFailure) -> Int32 {
    let descriptor = memfd_create("question", UInt32(Descriptors.closeOnExec))
    guard descriptor >= 0 else { throw failure() }
    open.insert(descriptor)
    var rest = content[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = rest.dropFirst(count)
    }
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure() }
    return descriptor
  }

  func pipe() throws(ProgramFailure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw failure() }
    open.formUnion(ends)
    return (ends[0], ends[1])
  }

  func close(_ descriptor: Int32) {
    if open.remove(descriptor) != nil { Glibc.close(descriptor) }
  }

  func closeAll() {
    for descriptor in open { Glibc.close(descriptor) }
    open = []
  }

  /// MFD_CLOEXEC of memfd_create(2).
  private static let closeOnExec = 1

  private func failure() -> ProgramFailure { .notStarted(errno) }
}
