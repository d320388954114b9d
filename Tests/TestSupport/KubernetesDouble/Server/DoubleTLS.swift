import Foundation
import NIOSSL

/// What a double serves TLS with: an authority of its own, the server's certificate, and an administrator's.
///
/// All in PEM. Who comes with a certificate of the authority is the administrator, as his is the only one.
public struct DoubleTLS: Sendable {
  public var authority: String
  public var certificate: String
  public var key: String
  public var clientCertificate: String
  public var clientKey: String

  /// Made afresh with the `openssl` program.
  public static func generate() throws -> DoubleTLS {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kubernetes-double-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let newKey = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    let script = """
      set -e
      \(newKey) -x509 -days 2 -subj /CN=double-ca -keyout ca.key -out ca.pem
      printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' > server.ext
      printf 'extendedKeyUsage=clientAuth' > client.ext
      \(newKey) -subj /CN=kube-apiserver -keyout server.key -out server.csr
      \(newKey) -subj /O=system:masters/CN=kubernetes-admin -keyout client.key -out client.csr
      for name in server client; do
        openssl x509 -req -days 2 -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $name.ext -out $name.pem
      done
      """
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    return DoubleTLS(
      authority: try read("ca.pem"), certificate: try read("server.pem"), key: try read("server.key"),
      clientCertificate: try read("client.pem"), clientKey: try read("client.key"))
  }

  func context() throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
    configuration.certificateVerification = .optionalVerification
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
    configuration.applicationProtocols = ["http/1.1"]
    return try NIOSSLContext(configuration: configuration)
  }

  /// What a kubeconfig says of it: the authority, and the administrator.
  var kubeconfigCluster: String { "certificate-authority-data: \(Self.encoded(authority))" }
  var kubeconfigUser: String {
    "client-certificate-data: \(Self.encoded(clientCertificate)), client-key-data: \(Self.encoded(clientKey))"
  }

  private static func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
