public import Manifests

/// Where a repository is: a path, `file://`, `https://`, `ssh://` or `user@host:path`.
///
/// Never holds a password: a location with one is refused, so that locations can be shown and logged.
public struct RepositoryLocation: Hashable, Sendable {
  enum Transport: Hashable, Sendable {
    /// A folder of this machine, absolute.
    case local(path: String)
    case https(host: String)
    case ssh(host: String)
  }

  let transport: Transport
  /// What libgit2 is given.
  let url: String

  /// The location that this text names; relative paths are refused, for nobody knows what a service runs in.
  public init(_ text: String) throws(FleetError) {
    try Self.checkCharacters(text)
    if text.hasPrefix("/") {
      (transport, url) = (.local(path: text), text)
    } else if let mark = text.firstRange(of: "://") {
      let scheme = text[..<mark.lowerBound].lowercased()
      (transport, url) = try Self.parse(scheme: scheme, rest: text[mark.upperBound...], text)
    } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
      let (user, host) = try Self.splitUser(text[..<colon])
      let path = text[text.index(after: colon)...]
      guard !path.prefix(while: { $0 != "/" }).contains("@") else {
        throw Self.refusal("has a password", "use a key file")
      }
      // libgit2 would read a path with no slash at its start as relative to the user's home, as ssh does.
      (transport, url) = (.ssh(host: host), "\(user ?? Self.sshUser)@\(host):\(path)")
    } else {
      throw Self.refusal("is a relative path", "give an absolute path or a URL")
    }
  }

  /// Who one is to a Git server over ssh when the URL names nobody.
  private static let sshUser = "git"

  private static func parse(
    scheme: String, rest: Substring, _ text: String
  ) throws(FleetError) -> (Transport, String) {
    switch scheme {
    case "file":
      guard rest.hasPrefix("/") else { throw refusal("names another host", "write file:///absolute/path") }
      return (.local(path: try percentDecoded(rest)), text)
    case "https":
      let (authority, path) = split(rest)
      guard !authority.contains("@") else {
        throw refusal("has a user name or password", "give the token in its own setting, where no log shows it")
      }
      return (.https(host: try host(of: authority)), "https://\(authority)\(path)")
    case "ssh":
      let (authority, path) = split(rest)
      let (user, hostAndPort) = try splitUser(authority)
      return (.ssh(host: try host(of: hostAndPort[...])), "ssh://\(user ?? sshUser)@\(hostAndPort)\(path)")
    case "http", "git":
      throw refusal("is not encrypted and not authenticated", "use https or ssh")
    default:
      throw refusal("has a scheme that is not supported", "use a path, file://, https:// or ssh://")
    }
  }

  private static func split(_ rest: Substring) -> (authority: Substring, path: Substring) {
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    return (rest[..<slash], rest[slash...])
  }

  private static func splitUser(_ authority: Substring) throws(FleetError) -> (user: String?, host: String) {
    guard let at = authority.lastIndex(of: "@") else { return (nil, String(authority)) }
    let user = authority[..<at]
    guard !user.contains(":") else { throw refusal("has a password", "use a key file") }
    return (String(user), String(authority[authority.index(after: at)...]))
  }

  private static func host(of authority: Substring) throws(FleetError) -> String {
    // An IPv6 address stands in brackets and has colons of its own.
    let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":")
    let host = authority[..<(end ?? authority.endIndex)]
    guard !host.isEmpty else { throw refusal("names no host", "write scheme://host/path") }
    return String(host)
  }

  // A quote would end the path's own quoting in the command that libgit2 sends over ssh (CVE-2026-5917), and control
  // characters would end a header.
  private static func checkCharacters(_ text: String) throws(FleetError) {
    guard !text.isEmpty else { throw refusal("is empty", "give a path or a URL") }
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "'") }) else {
      throw refusal("has a quote or a control character", "rename the repository, or write %27 in a URL")
    }
  }

  private static func percentDecoded(_ text: Substring) throws(FleetError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self).lowercased()
      guard digits.utf8.count == 2, let value = Hex.decode(digits)?.first, value != 0 else {
        throw refusal("has a % that is no escape", "write a percent sign as %25")
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let path = String(validating: bytes, as: UTF8.self) else {
      throw refusal("is not UTF-8", "rename the folder")
    }
    return path
  }

  private static func refusal(_ what: String, _ nextStep: String) -> FleetError {
    // Without the text itself: it may hold a password.
    FleetError(.gitSettings, "the repository's location \(what)", nextStep: nextStep)
  }
}

extension RepositoryLocation: CustomStringConvertible {
  public var description: String { url }
}
