import Testing

@testable import GitSource

@Suite("Host key fingerprints")
struct HostKeyFingerprintTests {
  @Test("a fingerprint reads and writes as ssh-keygen prints it")
  func roundTrip() throws {
    let text = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    let fingerprint = try #require(HostKeyFingerprint(text))
    #expect("\(fingerprint)" == text)
    #expect(HostKeyFingerprint(text + "=") == fingerprint)
  }

  @Test(
    "what is no SHA-256 fingerprint is refused",
    arguments: [
      "", "SHA256:", "MD5:d6:f7:5a", "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOq",
      "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqV", "SHA256:-DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
      "+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    ])
  func refusals(_ text: String) {
    #expect(HostKeyFingerprint(text) == nil)
  }
}
