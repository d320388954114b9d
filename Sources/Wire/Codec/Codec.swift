internal import CProtobufC
internal import CWire
internal import GRPCCore
internal import Manifests

/// Decoding and encoding, by way of protobuf-c.
enum Codec {
  static func decode<M: CMapped & WireMessage>(_ bytes: RawSpan, limit: Int) throws(FleetError) -> M {
    guard bytes.byteCount <= limit else {
      throw FleetError(
        .wireTooLarge, "a message of \(bytes.byteCount) bytes; at most \(limit) are accepted",
        at: .init(field: M.messageName))
    }
    let budget = WireLimits.decodeBudget(forBytes: bytes.byteCount)
    return try bytes.withUnsafeBytes { (buffer) throws(FleetError) -> M in
      guard let unpacked = Unpacked(M.descriptor, buffer, budget: budget) else {
        throw FleetError(.wireMalformed, "not a well-formed message", at: .init(field: M.messageName))
      }
      return try unpacked.value(M.self)
    }
  }

  static func encode<M: CMapped, Bytes: GRPCContiguousBytes>(_ message: M) -> Bytes {
    var arena = Arena()
    let c = UnsafeMutableRawPointer(arena.message(message)).assumingMemoryBound(to: ProtobufCMessage.self)
    var bytes = Bytes(repeating: 0, count: protobuf_c_message_get_packed_size(c))
    bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      // The buffer has exactly the packed size, and the arena keeps what `c` points to until it is dropped below.
      protobuf_c_message_pack(c, start.assumingMemoryBound(to: UInt8.self))
    }
    arena.free()
    return bytes
  }
}

// What generated code reads fields with.
extension Codec {
  static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    [UInt8](UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len))
  }

  static func text(_ data: ProtobufCBinaryData, _ field: StaticString) throws(FleetError) -> String {
    let buffer = UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len)
    guard !buffer.contains(0) else {
      throw FleetError(.wireInvalidText, "a text with a NUL", at: .init(field: "\(field)"))
    }
    guard let text = String(validating: buffer, as: UTF8.self) else {
      throw FleetError(.wireInvalidText, "a text that is not UTF-8", at: .init(field: "\(field)"))
    }
    return text
  }

  static func blobs(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [[UInt8]] {
    UnsafeBufferPointer(start: start, count: start == nil ? 0 : count).map(bytes)
  }

  static func texts(
    _ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int, _ field: StaticString
  ) throws(FleetError) -> [String] {
    var texts: [String] = []
    for data in UnsafeBufferPointer(start: start, count: start == nil ? 0 : count) {
      texts.append(try text(data, field))
    }
    return texts
  }

  static func messages<M: CMapped>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?, _ count: Int
  ) throws(FleetError) -> [M] {
    var messages: [M] = []
    messages.reserveCapacity(start == nil ? 0 : count)
    for case let element? in UnsafeBufferPointer(start: start, count: start == nil ? 0 : count) {
      messages.append(try M(c: element))
    }
    return messages
  }

  /// A map; as protobuf has it, the last of several entries with one key counts.
  ///
  /// Swift holds texts for equal that differ in bytes (composed and decomposed accents); as keys of one map those are
  /// refused, since one of the two would be lost.
  static func map<Entry: CMapped, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Entry.C>?>?, _ count: Int, of: Entry.Type, _ field: StaticString,
    _ split: (Entry) -> (String, Value)
  ) throws(FleetError) -> [String: Value] {
    var map: [String: Value] = [:]
    let entries: [Entry] = try messages(start, count)
    for (key, value) in entries.map(split) {
      if let index = map.index(forKey: key), !map[index].key.hasSameBytes(as: key) {
        throw FleetError(
          .wireInvalidText, "two keys that differ only in their Unicode form", at: .init(field: "\(field)"))
      }
      map[key] = value
    }
    return map
  }

  /// A map's entries in the order of their keys' bytes, so that equal messages have equal bytes.
  static func sorted<Value, Entry>(_ map: [String: Value], _ entry: (String, Value) -> Entry) -> [Entry] {
    map.sorted { $0.key.precedesInBytes($1.key) }.map(entry)
  }
}
