import Glibc

/// Whether a person looks: colour and redrawing are for them alone.
enum Terminal {
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }
}
