import Glibc

/// Standard output and standard error, a whole text at a time.
public enum StandardStreams {
  public static func print(_ text: String) { write(line(text), to: STDOUT_FILENO) }

  public static func print(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

  public static func complain(_ text: String) { write(line(text), to: STDERR_FILENO) }

  /// Writes to standard error without ending the line.
  public static func mutter(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

  private static func line(_ text: String) -> [UInt8] { Array((text.hasSuffix("\n") ? text : text + "\n").utf8) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // A reader that went away (`| head`) is no error worth telling anybody.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
