import Foundation
import FreePorts
import GitSource
import Testing

/// OpenSSH's server on the loopback interface, for the user who runs the tests.
struct SSHServer {
  let port: UInt16
  /// A key that may log in.
  let keyFile: String
  /// A key that may not.
  let strangerKeyFile: String
  let fingerprint: HostKeyFingerprint

  /// Serves this machine while `body` runs, at a free port unless one is given. A second server with the same scratch
  /// folder has the keys of the first that are still there.
  static func run<Value>(
    scratch: String, port: UInt16? = nil, _ body: (SSHServer) async throws -> Value
  ) async throws -> Value {
    let folder = "\(scratch)/ssh"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["host", "user", "stranger"] where !FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      try await makeKey(name, in: folder)
    }
    // What the package's own service makes at boot; sshd of root does not start without it.
    if getuid() == 0 { try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true) }
    let port = try port ?? UInt16(FreePorts.one())
    try Data(configuration(folder, port).utf8).write(to: URL(filePath: "\(folder)/config"))
    let process = try ServerProcess("sshd", ["-D", "-f", "\(folder)/config"])
    defer { process.stop() }
    try await eventually("sshd does not answer") { Ports.isOpen(port) }
    let line = try await Program.run("ssh-keygen", ["-l", "-E", "sha256", "-f", "host.pub"], in: folder)
    guard let fingerprint = HostKeyFingerprint(String(line.split(separator: " ")[1])) else {
      throw Program.Failure(description: "no fingerprint in \(line)")
    }
    return try await body(
      SSHServer(
        port: port, keyFile: "\(folder)/user", strangerKeyFile: "\(folder)/stranger", fingerprint: fingerprint))
  }

  func location(_ path: String) throws -> RepositoryLocation {
    try RepositoryLocation("ssh://\(NSUserName())@127.0.0.1:\(port)\(path)")
  }

  var credentials: GitCredentials { .ssh(.init(keyFile: keyFile, hostKeys: [fingerprint])) }

  /// Lets the next server with this scratch folder have a new host key.
  static func dropHostKey(scratch: String) throws {
    for name in ["host", "host.pub"] { try FileManager.default.removeItem(atPath: "\(scratch)/ssh/\(name)") }
  }

  private static func makeKey(_ name: String, in folder: String) async throws {
    try await Program.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name], in: folder)
  }

  private static func configuration(_ folder: String, _ port: UInt16) -> String {
    """
    Port \(port)
    ListenAddress 127.0.0.1
    HostKey \(folder)/host
    AuthorizedKeysFile \(folder)/user.pub
    AuthenticationMethods publickey
    PermitRootLogin prohibit-password
    StrictModes no
    UsePAM no
    PidFile none
    LogLevel QUIET

    """
  }
}
