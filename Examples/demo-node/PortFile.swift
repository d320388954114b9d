import Glibc

/// Tells whoever started this process which port it took.
enum PortFile {
  /// Writes the port under another name first, so that a reader never sees half of it.
  static func write(_ port: Int, to path: String) {
    let unfinished = path + ".tmp"
    guard let file = fopen(unfinished, "w") else { return }
    fputs("\(port)\n", file)
    fclose(file)
    rename(unfinished, path)
  }
}
