import Digests
import Testing

@Suite("A digest has one text")
struct DigestTextTests {
  private static let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test("text, bytes and digest lead to one another")
  func roundTrip() throws {
    let digest = try #require(Digest(hex: Self.text))
    #expect(digest.hex == Self.text)
    #expect("\(digest)" == Self.text)
    #expect(digest.bytes.count == Digest.byteCount)
    #expect(digest.bytes.prefix(3) == [0xba, 0x78, 0x16])
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(digest.short == "ba7816bf8f01")
  }

  private static let malformed: [String] =
    [
      "", "ba78", text.uppercased(), "\(text)0", "0x\(text.dropFirst(2))", " \(text.dropFirst())",
    ] + ["g", "/", ":", "`", "\u{e9}", ""].map { "\(text.dropLast())\($0)" }

  @Test("anything but 64 lowercase hexadecimal digits is none", arguments: malformed)
  func isRefused(text: String) {
    #expect(Digest(hex: text) == nil)
  }

  @Test("anything but 32 bytes is none", arguments: [0, 1, 31, 33, 64])
  func wrongCount(count: Int) {
    #expect(Digest(bytes: [UInt8](repeating: 7, count: count)) == nil)
  }

  @Test("digests are ordered as their texts are, and differ in any byte")
  func order() throws {
    let base = [UInt8](repeating: 0x80, count: 32)
    let digest = try #require(Digest(bytes: base))
    for index in base.indices {
      for change in [UInt8(0x7f), 0x81] {
        var bytes = base
        bytes[index] = change
        let other = try #require(Digest(bytes: bytes))
        #expect(other != digest)
        #expect((other < digest) == (change < 0x80))
        #expect((other < digest) == (other.hex < digest.hex))
      }
    }
  }
}
