import CLibCrypto
public import Digests
public import Manifests

/// What a role's metadata says of another role's file: its version, and its length and digests where given.
public struct MetadataReference: Hashable, Sendable {
  public var version: Int64
  public var length: Int?
  var hashes: ContentHashes?

  public init(version: Int64, length: Int? = nil, sha256: Digest? = nil) {
    self.version = version
    self.length = length
    hashes = sha256.map { ContentHashes(sha256: $0) }
  }

  public var form: Value {
    var object: Object = ["version": .integer(version)]
    if let length { object["length"] = .integer(Int64(length)) }
    if let hashes { object["hashes"] = hashes.form }
    return .object(object)
  }

  init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      var reference = MetadataReference(version: try fields.required("version").integer(in: 1 ... .max))
      reference.length = try fields.optional("length").map { field throws(FleetError) in try field.int(in: 0 ... .max) }
      reference.hashes = try fields.optional("hashes").map { field throws(FleetError) in try ContentHashes(field) }
      return reference
    }
  }

  /// Whether the bytes are the ones this refers to, as far as it says.
  func matches(_ bytes: [UInt8]) -> Bool {
    (length.map { bytes.count == $0 } ?? true) && (hashes?.match(bytes) ?? true)
  }

  /// Throws unless the bytes are the ones this refers to.
  func check(_ bytes: [UInt8], _ file: String) throws(FleetError) {
    if let length, bytes.count != length {
      throw FleetError(.contentMismatch, "\(bytes.count) bytes where \(length) are listed", at: .init(file: file))
    }
    if let hashes, !hashes.match(bytes) {
      throw FleetError(.contentMismatch, "the digest is not the listed one", at: .init(file: file))
    }
  }
}

/// The digests of one file, by algorithm: SHA-256, SHA-512 or both. Others are passed over.
package struct ContentHashes: Hashable, Sendable {
  package var sha256: Digest?
  package var sha512: [UInt8]?

  init(sha256: Digest) { self.sha256 = sha256 }

  /// Throws where no digest is of a known algorithm: such bytes could not be checked.
  init(_ field: Field) throws(FleetError) {
    (sha256, sha512) = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let sha256 = try fields.optional("sha256").map { field throws(FleetError) in try field.digest() }
      let sha512 = try fields.optional("sha512").map { field throws(FleetError) in
        try field.text("a SHA-512 digest of 128 lowercase hexadecimal digits") { text in
          [UInt8](hexText: text).flatMap { $0.count == 64 ? $0 : nil }
        }
      }
      return (sha256, sha512)
    }
    guard sha256 != nil || sha512 != nil else {
      throw field.error("neither sha256 nor sha512", code: .invalidMetadata)
    }
  }

  var form: Value {
    var object = Object()
    if let sha256 { object["sha256"] = .string(sha256.hex) }
    if let sha512 { object["sha512"] = .string(sha512.hexText) }
    return .object(object)
  }

  /// Whether the bytes have every digest that is listed.
  package func match(_ bytes: [UInt8]) -> Bool {
    if let sha256, Digest(of: bytes) != sha256 { return false }
    if let sha512, ContentHashes.sha512(of: bytes) != sha512 { return false }
    return true
  }

  private static func sha512(of bytes: [UInt8]) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 64)
    var count = 0
    guard EVP_Q_digest(nil, "SHA512", nil, bytes, bytes.count, &digest, &count) == 1, count == 64 else { return nil }
    return digest
  }
}
