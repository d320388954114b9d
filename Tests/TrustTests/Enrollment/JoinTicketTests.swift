import Digests
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A join token proves possession and never shows its secret")
struct JoinTicketTests {
  private func ticket() throws -> JoinTicket {
    try JoinTicket(
      id: "t-1", address: "hub.example.com:7443", fleet: "acme", authority: Digest(of: "ca"), root: Digest(of: "root"))
  }

  @Test("a token is read back from its line, white space around it or not")
  func roundTrip() throws {
    let ticket = try ticket()
    let read = try JoinTicket(text: "  \(ticket.text)\n")
    #expect(read.id == "t-1" && read.address == ticket.address && read.fleet == "acme")
    #expect(read.authority == ticket.authority && read.root == ticket.root)
    #expect(try read.verificationKey().bytes == ticket.verificationKey().bytes)
  }

  @Test("every token has a secret of its own")
  func ownSecret() throws {
    #expect(try ticket().verificationKey().bytes != ticket().verificationKey().bytes)
  }

  @Test("a proof holds for its request and report key and for nothing else")
  func proofs() throws {
    let ticket = try ticket()
    let (request, key) = (Array("request".utf8), Array("key".utf8))
    let proof = try ticket.proof(request: request, reportKey: key)
    let verification = try ticket.verificationKey()
    #expect(verification.accepts(proof, request: request, reportKey: key))
    #expect(!verification.accepts(proof, request: key, reportKey: request))
    #expect(!verification.accepts(proof, request: request + [0], reportKey: key))
    #expect(!verification.accepts(proof, request: request, reportKey: []))
    #expect(!verification.accepts([], request: request, reportKey: key))
    #expect(!(try self.ticket().verificationKey().accepts(proof, request: request, reportKey: key)))
  }

  @Test("the hub's key to check proofs is not the secret")
  func storedKeyIsDerived() throws {
    let ticket = try ticket()
    let json = try #require(Base64.decode(Self.plain(ticket.text)))
    let secret = try #require(try JSON.parse(json, file: "token")["secret"]?.string)
    #expect(try ticket.verificationKey().bytes.hexText != secret)
  }

  @Test("what is no token is refused, and the error repeats none of it")
  func malformed() throws {
    let text = try ticket().text
    let texts =
      [
        "", "flotilla-1.", "flotilla-1.AAAA", "flotilla-2." + text.dropFirst(11), text + "A", text + ".x",
        text.uppercased(),
        String(text.dropFirst(1)), "flotilla-1." + String(repeating: "A", count: 5000),
      ] + [1, 4, 40, 200].map { String(text.dropLast($0)) }
    for text in texts {
      let error = try refusal { _ = try JoinTicket(text: text) }
      #expect(error?.code == .invalidToken)
      #expect(error?.description.contains("eyJ") == false)
    }
  }

  @Test("nothing that prints a token shows its secret")
  func printing() throws {
    let ticket = try ticket()
    var dumped = ""
    dump(ticket, to: &dumped)
    for text in ["\(ticket)", String(reflecting: ticket), dumped] {
      #expect(text.contains("join token t-1"))
      #expect(text.count < 60)
    }
  }

  @Test("a renewal is bound to its challenge and its request")
  func renewal() {
    let statement = RenewalStatement.bytes(challenge: [1], request: [2])
    #expect(statement != RenewalStatement.bytes(challenge: [2], request: [2]))
    #expect(statement != RenewalStatement.bytes(challenge: [1], request: [3]))
    #expect(statement != RenewalStatement.bytes(challenge: [1, 2], request: []))
  }

  /// A token's content in plain base64.
  private static func plain(_ text: String) -> [UInt8] {
    var bytes = text.utf8.dropFirst("flotilla-1.".utf8.count).map { byte in
      byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
    }
    while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
    return bytes
  }
}
