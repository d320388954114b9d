import Glibc
import Programs

/// Whether a person looks: colour and redrawing are for them alone.
enum Terminal {
  /// Whether a person sees what is written to standard error.
  static var showsErrors: Bool { isatty(STDERR_FILENO) == 1 }
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// How large it is; that of old terminals where it does not say.
  static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Text that another machine sent, without what would steer a terminal.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { clean.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
    return String(clean)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}

/// Lines that are drawn again in place.
struct Screen {
  private var drawn = 0

  /// Draws lines over those drawn before.
  mutating func draw(_ lines: [String]) {
    let (columns, _) = Terminal.size
    let up = drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : ""
    // A line that wraps would be more than one.
    let text = lines.map { String(Terminal.harmless($0).prefix(max(1, columns - 1))) + "\n" }.joined()
    StandardStreams.print(Array((up + text).utf8))
    drawn = lines.count
  }
}
