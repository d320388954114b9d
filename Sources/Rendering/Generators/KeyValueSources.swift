import Manifests

/// Reads the keys and values of generated ConfigMaps and Secrets.
struct KeyValueSources {
  /// Bounds on what is read.
  enum Limits {
    /// A line of an env file. Go's scanner, and so kustomize, silently stops at a longer one; here it is refused.
    static let lineBytes = 64 << 10
  }

  let files: BuildFiles
  let directory: TreePath

  /// The pairs of all sources: env files first, then literals, then files. A key that comes twice is refused.
  func pairs(_ arguments: GeneratorArguments) throws(FleetError) -> [(key: String, value: [UInt8])] {
    var pairs: [(key: String, value: [UInt8])] = []
    var addresses: [String: FleetError.Address] = [:]
    func add(_ key: String, _ value: [UInt8], _ address: FleetError.Address) throws(FleetError) {
      guard addresses.updateValue(address, forKey: key) == nil else {
        throw FleetError(.invalidKustomization, "the key \(key) comes twice in \(arguments.name)", at: address)
      }
      pairs.append((key, value))
    }
    for source in arguments.envs {
      let (bytes, path) = try files.read(source.text, from: directory, at: source.address)
      for (key, value) in try KeyValueSources.lines(bytes, file: path) { try add(key, value, source.address) }
    }
    for source in arguments.literals {
      let (key, value) = try KeyValueSources.literal(source)
      try add(key, Array(value.utf8), source.address)
    }
    for source in arguments.files {
      let (key, path) = try KeyValueSources.fileSource(source)
      try add(key, files.read(path, from: directory, at: source.address).bytes, source.address)
    }
    return pairs
  }

  /// `key=value`, the value perhaps in quotes.
  private static func literal(_ source: Kustomization.Text) throws(FleetError) -> (String, String) {
    guard let equals = source.text.firstIndex(of: "="), equals > source.text.startIndex else {
      throw FleetError(.invalidKustomization, "not key=value", at: source.address)
    }
    let value = source.text[source.text.index(after: equals)...]
    return (String(source.text[..<equals]), unquoted(value))
  }

  /// The text without quotes, if the same ones stand at both of its ends.
  private static func unquoted(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count >= 2, let first = bytes.first, first == bytes.last,
      first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
    else { return String(text) }
    return String(decoding: bytes[1..<(bytes.count - 1)], as: UTF8.self)
  }

  /// `path`, whose last part is the key, or `key=path`.
  private static func fileSource(_ source: Kustomization.Text) throws(FleetError) -> (key: String, path: String) {
    let parts = source.text.split(separator: "=", omittingEmptySubsequences: false)
    switch parts.count {
    case 1:
      let name = source.text.split(separator: "/").last.map(String.init) ?? source.text
      return (name, source.text)
    case 2 where !parts[0].isEmpty && !parts[1].isEmpty: return (String(parts[0]), String(parts[1]))
    default: throw FleetError(.invalidKustomization, "not a path or key=path", at: source.address)
    }
  }

  /// The pairs of an env file: `key=value` a line; empty lines and those that start with `#` say nothing.
  private static func lines(_ bytes: [UInt8], file: TreePath) throws(FleetError) -> [(String, [UInt8])] {
    var pairs: [(String, [UInt8])] = []
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    for (number, bytes) in lines.enumerated() {
      let address = FleetError.Address(file: file.description, line: number + 1)
      guard bytes.count < Limits.lineBytes else {
        throw FleetError(.limitExceeded, "a line of more than \(Limits.lineBytes) bytes", at: address)
      }
      var line = bytes
      if line.last == 0x0d { line.removeLast() }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw FleetError(.invalidKustomization, "not UTF-8", at: address)
      }
      let scalars =
        number == 0 && text.unicodeScalars.first == "\u{feff}"
        ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
      let content = scalars.drop { $0.properties.isWhitespace }
      guard let first = content.first, first != "#" else { continue }
      let equals = content.firstIndex(of: "=") ?? content.endIndex
      let value = content[equals...].dropFirst()
      pairs.append((String(content[..<equals]), Array(String(value).utf8)))
    }
    return pairs
  }
}
