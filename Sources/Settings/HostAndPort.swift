/// Where to listen or to connect to: a name or address, and a port.
public struct HostAndPort: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  /// 0 asks the system for a free one.
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `fleet.example.com:8443`, `127.0.0.1:0`, `[::1]:8443`; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let (host, port) = (text[..<colon], text[text.index(after: colon)...])
    let isNumber = (1...5).contains(port.utf8.count) && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let port = Int(port), port <= 65_535 else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      self.host = String(host.dropFirst().dropLast())
      guard self.host.contains(":") else { return nil }
    } else {
      self.host = String(host)
      guard !self.host.contains(":") else { return nil }
    }
    guard !self.host.isEmpty, self.host.utf8.allSatisfy(HostAndPort.isOfHost) else { return nil }
    self.port = port
  }

  private static func isOfHost(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true  // digits and letters
    default: "-._:%".utf8.contains(byte)  // % before an IPv6 zone
    }
  }
}

extension HostAndPort: CustomStringConvertible {
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
