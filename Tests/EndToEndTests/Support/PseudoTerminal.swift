import Foundation
import Glibc
import Manifests

/// A terminal that nobody sits at: what a program writes to it is collected.
final class PseudoTerminal {
  private let own: Int32
  /// For the program.
  let handle: FileHandle

  // Linux's TIOCSPTLCK and TIOCGPTN: macros that Swift does not see.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  init() throws {
    own = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number): (Int32, UInt32) = (0, 0)
    let isMade =
      own >= 0 && ioctl(own, PseudoTerminal.setLock, &lock) == 0 && ioctl(own, PseudoTerminal.getNumber, &number) == 0
    let other = isMade ? open("/dev/pts/\(number)", O_RDWR | O_NOCTTY) : -1
    guard other >= 0 else { throw FleetError(FleetError.Code("no-terminal"), "no pseudo terminal can be had") }
    var size = winsize(ws_row: 30, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(own, UInt(TIOCSWINSZ), &size)
    handle = FileHandle(fileDescriptor: other, closeOnDealloc: true)
  }

  /// Whether a program has written something.
  var hasOutput: Bool {
    var look = pollfd(fd: own, events: Int16(POLLIN), revents: 0)
    return poll(&look, 1, 0) > 0
  }

  /// Reads until every program has let go of the terminal.
  func rest() throws -> String {
    try handle.close()
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(own, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    close(own)
    return String(decoding: bytes, as: UTF8.self)
  }
}
