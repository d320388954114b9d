import Digests
import FleetModel
import Manifests
import Trust

/// Metadata with its signatures, as it is published.
enum SignedFile {
  /// What it follows.
  static let specification = "1.0.34"

  static func bytes(_ signed: Value, _ keys: [(Digest, PrivateKey)]) throws(FleetError) -> [UInt8] {
    let content = MetadataJSON.canonical(signed)
    var signatures: [Value] = []
    for (id, key) in keys {
      signatures.append(["keyid": .string(id.hex), "sig": .string(try key.signature(of: content).hexText)])
    }
    return JSON.canonical(["signed": signed, "signatures": .array(signatures)])
  }
}

extension MetadataRole {
  /// Refuses to publish what no client would read.
  func check(length: Int) throws(FleetError) {
    guard length <= byteLimit else {
      throw FleetError(
        .limitExceeded, "\(length) bytes of \(rawValue) metadata, at most \(byteLimit)",
        at: .init(file: "\(rawValue).json"))
    }
  }
}

extension Timestamp {
  /// TUF's instants have no fractions.
  var wholeSeconds: Timestamp { Timestamp(seconds: milliseconds / 1000) }
}
