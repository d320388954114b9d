import Digests
import Testing

@Suite("SHA-256 is the one of FIPS 180-4")
struct SHA256Tests {
  /// NIST's examples, the empty message, and a million times "a".
  private static let vectors: [(String, String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (
      String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test("of the published examples", arguments: vectors)
  func publishedExamples(message: String, digest: String) {
    #expect(Digest(of: message).hex == digest)
    #expect(Digest(of: Array(message.utf8)).hex == digest)
  }

  @Test("of bytes that come in pieces of any size", arguments: [1, 3, 55, 56, 63, 64, 65, 1000])
  func pieces(size: Int) {
    let message = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var builder = DigestBuilder()
    for start in stride(from: 0, to: message.count, by: size) {
      builder.update(message[start..<min(start + size, message.count)])
    }
    let digest = builder.finish()
    #expect(digest == Digest(of: message))
  }

  @Test("of nothing at all, and of empty pieces")
  func emptyPieces() {
    var builder = DigestBuilder()
    builder.update([])
    builder.update(UnsafeRawBufferPointer(start: nil, count: 0))
    let digest = builder.finish()
    #expect(digest == Digest(of: [UInt8]()))
  }
}
