public import GRPCCore
public import Manifests

/// A message of the wire as a Swift value.
///
/// Texts hold valid UTF-8 without NUL when they were decoded. Their equality is Swift's (by canonical equivalence), so
/// nothing that identity or trust hangs on is a text: those fields are bytes.
public protocol WireMessage: Hashable, Sendable {
  /// The full name, such as `flotilla.v1.Hello`.
  static var messageName: String { get }

  /// The message with every field at its default.
  init()

  /// Decodes a message. Unknown fields are dropped, as protobuf wants it.
  ///
  /// Throws `wire-too-large` over `limit` bytes, `wire-malformed` for what is no such message, and `wire-invalid-text`
  /// for a text that is not UTF-8 or has a NUL.
  init(wire bytes: RawSpan, limit: Int) throws(FleetError)

  /// The message in protobuf's encoding. A NUL in a text is sent as U+FFFD: no receiver would take it.
  func encoded<Bytes: GRPCContiguousBytes>() -> Bytes
}

extension WireMessage {
  /// Decodes a message of at most `WireLimits.messageBytes`.
  public init(wire bytes: [UInt8]) throws(FleetError) {
    try self.init(wire: bytes.span.bytes, limit: WireLimits.messageBytes)
  }
}

/// An enumeration of the wire. Numbers that this version does not know are kept as `unrecognized`.
public protocol WireEnum: RawRepresentable, Hashable, Sendable, CaseIterable where RawValue == Int32 {
  init(rawValue: Int32)
}

extension FleetError.Code {
  /// A message is larger than its receiver accepts.
  public static let wireTooLarge = FleetError.Code("wire-too-large")
  /// Bytes that are no message of the expected kind, or whose decoding would cost too much.
  public static let wireMalformed = FleetError.Code("wire-malformed")
  /// A text that is not UTF-8 or has a NUL.
  public static let wireInvalidText = FleetError.Code("wire-invalid-text")
}
