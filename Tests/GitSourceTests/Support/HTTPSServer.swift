import Foundation
import GitSource

/// git http-backend behind https on localhost, with an authority and a token of its own.
struct HTTPSServer {
  static let token = "ghp_h0rse/battery+staple="

  let port: UInt16
  /// The authority that signed the server's certificate.
  let authorityFile: String
  /// An authority that did not.
  let otherAuthorityFile: String

  /// How the server behaves; see the script.
  enum Mode: String {
    case plain, stall, garbage, redirect, loop, downgrade, error, echo, nobody
  }

  /// Serves the repositories below `root` while `body` runs, at any port unless one is given. A second server with the
  /// same scratch folder has the first one's authority and certificate.
  static func run<Value>(
    root: String, scratch: String, port: UInt16 = 0, _ body: (HTTPSServer) async throws -> Value
  ) async throws -> Value {
    let folder = "\(scratch)/tls"
    if !FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await makeAuthority("ca", in: folder)
      try await makeAuthority("other", in: folder)
      try await makeCertificate(in: folder)
    }
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Servers/https-git-server.py").path
    let process = try ServerProcess(
      "python3", [script, root, "\(folder)/server.pem", "\(folder)/server.key", token, "\(port)"])
    defer { process.stop() }
    guard let port = UInt16(try await process.firstLine()) else { throw Program.Failure(description: "no port") }
    return try await body(
      HTTPSServer(port: port, authorityFile: "\(folder)/ca.pem", otherAuthorityFile: "\(folder)/other.pem"))
  }

  func location(_ name: String, _ mode: Mode = .plain, host: String = "localhost") throws -> RepositoryLocation {
    try RepositoryLocation("https://\(host):\(port)/\(mode.rawValue)/\(name)")
  }

  var credentials: GitCredentials { credentials(token: Self.token) }

  func credentials(token: String?, authority: String? = nil) -> GitCredentials {
    .https(
      .init(
        token: token.map { .value(Secret($0)) }, certificateAuthorityFile: authority ?? authorityFile))
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private static func makeAuthority(_ name: String, in folder: String) async throws {
    try await Program.run(
      "openssl",
      ["req", "-x509", "-days", "2", "-subj", "/CN=\(name) of a test", "-out", "\(name).pem", "-keyout", "\(name).key"]
        + newKey, in: folder)
  }

  private static func makeCertificate(in folder: String) async throws {
    try await Program.run(
      "openssl", ["req", "-subj", "/CN=localhost", "-out", "server.csr", "-keyout", "server.key"] + newKey, in: folder)
    try Data("subjectAltName=DNS:localhost".utf8).write(to: URL(filePath: "\(folder)/server.ext"))
    try await Program.run(
      "openssl",
      [
        "x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-extfile", "server.ext", "-out", "server.pem",
      ], in: folder)
  }
}
