internal import CProtobufC

/// The memory of one message while it is packed: everything a structure points to, freed at once.
struct Arena: ~Copyable {
  /// Enough for most messages in one piece; larger needs get a piece of their own.
  private static let pieceBytes = 4096
  /// What protobuf-c's structures need: they hold pointers and 64-bit integers.
  private static let alignment = 16

  private var pieces: [UnsafeMutableRawPointer] = []
  private var next: UnsafeMutableRawPointer?
  private var left = 0

  /// Ends the arena's life after the last use of what it holds.
  consuming func free() {}

  deinit {
    for piece in pieces { piece.deallocate() }
  }

  private mutating func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let size = (bytes + Arena.alignment - 1) / Arena.alignment * Arena.alignment
    if let start = next, size <= left {
      next = start + size
      left -= size
      return start
    }
    let piece = UnsafeMutableRawPointer.allocate(
      byteCount: max(size, Arena.pieceBytes), alignment: Arena.alignment)
    pieces.append(piece)
    if size < Arena.pieceBytes {
      next = piece + size
      left = Arena.pieceBytes - size
    }
    return piece
  }

  private mutating func array<T>(of type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
    // The memory is fresh and every caller initialises all of it before anybody reads it.
    allocate(count * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: count)
  }
}

// What generated code writes fields with.
extension Arena {
  mutating func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    copy(bytes.count) { target in target.copyBytes(from: bytes) }
  }

  /// A text in UTF-8, each NUL as U+FFFD.
  mutating func text(_ text: String) -> ProtobufCBinaryData {
    var text =
      text.utf8.contains(0)
      ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : text
    return text.withUTF8 { utf8 in copy(utf8.count) { target in target.copyBytes(from: utf8) } }
  }

  mutating func message<M: CMapped>(_ message: M) -> UnsafeMutablePointer<M.C> {
    let c = array(of: M.C.self, count: 1)
    message.fill(c, &self)
    return c
  }

  mutating func messages<M: CMapped>(_ messages: [M]) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?) {
    elements(messages) { arena, message in arena.message(message) }
  }

  mutating func blobs(_ blobs: [[UInt8]]) -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
    elements(blobs) { arena, blob in arena.bytes(blob) }
  }

  mutating func texts(_ texts: [String]) -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
    elements(texts) { arena, text in arena.text(text) }
  }

  private mutating func elements<Element, C>(
    _ elements: [Element], _ convert: (inout Arena, Element) -> C
  ) -> (Int, UnsafeMutablePointer<C>?) {
    guard !elements.isEmpty else { return (0, nil) }
    let start = array(of: C.self, count: elements.count)
    for (index, element) in elements.enumerated() {
      (start + index).initialize(to: convert(&self, element))
    }
    return (elements.count, start)
  }

  private mutating func copy(_ count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) -> ProtobufCBinaryData {
    guard count > 0 else { return ProtobufCBinaryData(len: 0, data: nil) }
    let start = array(of: UInt8.self, count: count)
    write(UnsafeMutableRawBufferPointer(start: start, count: count))
    return ProtobufCBinaryData(len: count, data: start)
  }
}
