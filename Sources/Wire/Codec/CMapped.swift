internal import CProtobufC
internal import CWire
internal import Manifests

/// A value with a structure of protobuf-c behind it. The pointers live inside one call of `Codec` and never leave it.
protocol CMapped {
  associatedtype C

  static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> { get }

  /// Copies everything out of an unpacked structure.
  init(c: UnsafePointer<C>) throws(FleetError)

  /// Initialises the structure and copies everything into it and the arena.
  func fill(_ c: UnsafeMutablePointer<C>, _ arena: inout Arena)
}

/// The owner of one unpacked message: frees it exactly once.
struct Unpacked: ~Copyable {
  private let message: UnsafeMutablePointer<ProtobufCMessage>

  /// Nil for bytes that are no such message, or that take more than the budget to hold.
  init?(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer, budget: Int) {
    let unpacked = bytes.withMemoryRebound(to: UInt8.self) {
      wire_unpack(descriptor, $0.count, $0.baseAddress, budget)
    }
    guard let unpacked else { return nil }
    message = unpacked
  }

  deinit { wire_free(message) }

  /// What the structure says, as a value; `M`'s descriptor must be the one that this was unpacked by.
  borrowing func value<M: CMapped>(_ type: M.Type) throws(FleetError) -> M {
    // Every structure of protobuf-c begins with a ProtobufCMessage, and this one was made by M's descriptor.
    try M(c: UnsafeRawPointer(message).assumingMemoryBound(to: M.C.self))
  }
}
