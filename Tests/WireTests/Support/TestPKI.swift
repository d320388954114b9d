import FleetModel
import Foundation
import Manifests
import TestSupport
import Wire

/// Two authorities and certificates of each, made by openssl once for all tests.
struct TestPKI {
  struct Identity {
    var certificate: [UInt8]
    var authority: [UInt8]
    var key: [UInt8]

    /// As a TLS peer shows itself: with its authority, so that a client that knows only the key can find it.
    var tls: TLSIdentity {
      get throws { try TLSIdentity(certificateChain: [certificate, authority], privateKey: .pem(key)) }
    }
  }

  static let shared = Task { try await withTemporaryDirectory { try TestPKI(in: URL(fileURLWithPath: $0)) } }

  let authority: [UInt8]
  let otherAuthority: [UInt8]
  private let identities: [String: Identity]

  /// hub, hub2, hub-named, fra-1, fra-2, fra-1-again, ola, expired, stranger, nobody, other-hub, foreign-hub.
  func identity(_ name: String) throws -> Identity {
    guard let identity = identities[name] else { throw FleetError(.notFound, "no test identity \(name)") }
    return identity
  }

  private init(in folder: URL) throws {
    try TestPKI.run(TestPKI.script, in: folder)
    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))) }
    authority = try read("ca.der")
    otherAuthority = try read("ca2.der")
    identities = try [String: Identity](
      uniqueKeysWithValues: FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".issuer") }
        .map { file in
          let name = String(file.dropLast(".issuer".count))
          let issuer = String(decoding: try read(file), as: UTF8.self)
          return (
            name,
            Identity(
              certificate: try read("\(name).der"), authority: try read("\(issuer).der"), key: try read("\(name).key"))
          )
        })
  }

  private static func run(_ script: String, in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-euc", script]
    process.currentDirectoryURL = folder
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw FleetError(.internalFailure, "openssl failed", cause: String(decoding: text, as: UTF8.self))
    }
  }

  private static let script = """
    key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
    ca() {
      key "$1"
      openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.pem" \\
        -addext keyUsage=critical,keyCertSign,cRLSign
      openssl x509 -in "$1.pem" -outform DER -out "$1.der"
      : > "$1.index"
      printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=%s.index\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nrand_serial=yes\\n[p]\\ncommonName=supplied\\n' "$1" > "$1.cnf"
    }
    # leaf NAME AUTHORITY SAN [START END]
    leaf() {
      key "$1"
      openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
      if [ -n "$3" ]; then printf 'subjectAltName=%s\\n' "$3" > "$1.ext"; else printf 'keyUsage=digitalSignature\\n' > "$1.ext"; fi
      openssl ca -batch -notext -config "$2.cnf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -extfile "$1.ext" \\
        -startdate "${4:-20200101000000Z}" -enddate "${5:-20400101000000Z}" -out "$1.pem"
      openssl x509 -in "$1.pem" -outform DER -out "$1.der"
      printf %s "$2" > "$1.issuer"
    }
    ca ca
    ca ca2
    leaf hub ca URI:spiffe://acme/hub
    leaf hub2 ca URI:spiffe://acme/hub
    leaf hub-named ca URI:spiffe://acme/hub,DNS:localhost,IP:127.0.0.1
    leaf fra-1 ca URI:spiffe://acme/cluster/fra-1
    leaf fra-1-again ca URI:spiffe://acme/cluster/fra-1
    leaf fra-2 ca URI:spiffe://acme/cluster/fra-2
    leaf ola ca URI:spiffe://acme/operator/ola
    leaf expired ca URI:spiffe://acme/cluster/fra-1 20200101000000Z 20200102000000Z
    leaf nobody ca ''
    leaf other-hub ca URI:spiffe://other/hub
    leaf foreign-hub ca2 URI:spiffe://acme/hub
    leaf stranger ca2 URI:spiffe://acme/cluster/fra-1
    """
}
