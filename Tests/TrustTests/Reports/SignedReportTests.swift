import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A report counts when the cluster's own key signed it (DSSE)")
struct SignedReportTests {
  private let key: PrivateKey
  private let payload: [UInt8]

  init() throws {
    key = try .generate(.ed25519)
    payload = SignedReportTests.report().canonicalBytes
  }

  private static func report(cluster: String = "c-1", fleet: String = "acme") -> Report {
    Report(
      fleet: fleet, cluster: uid(cluster), seq: 3, prev: nil, boot: "b-1", time: TestRepository.now,
      timeFloor: TestRepository.now, agent: .init(version: "0.1.0", target: "directory", server: ""),
      trusted: .init(root: 1, timestamp: 2, snapshot: 2, targets: 2), bundleSeq: 7, apps: [], events: [],
      droppedEvents: 0)
  }

  private func code(_ envelope: [UInt8], key other: PublicKey? = nil) throws -> FleetError.Code? {
    try refusal {
      _ = try UnverifiedReport(envelope: envelope).verified(by: other ?? key.publicKey, for: uid("c-1"), of: "acme")
    }?.code
  }

  private func changed(_ change: (inout Value) -> Void) throws -> [UInt8] {
    var envelope = try JSON.parse(try ReportEnvelope.sign(payload, with: key), file: "envelope")
    change(&envelope)
    return JSON.canonical(envelope)
  }

  @Test("the envelope is DSSE: its signature is over DSSE's pre-authentication encoding")
  func preAuthenticationEncoding() throws {
    let envelope = try JSON.parse(try ReportEnvelope.sign(payload, with: key), file: "envelope")
    let type = "application/vnd.flotilla.report+json"
    #expect(envelope["payloadType"]?.string == type)
    let signature = try #require(envelope["signatures"]?.array?.first?["sig"]?.string)
    let message = Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    #expect(key.publicKey.isValid(try #require(Base64.decode(Array(signature.utf8))), for: message))
    #expect(Base64.decode(Array(try #require(envelope["payload"]?.string).utf8)) == payload)
  }

  @Test("an own report is taken, its bytes and its envelope as they came")
  func ownReport() throws {
    let envelope = try ReportEnvelope.sign(payload, with: key)
    let report = try UnverifiedReport(envelope: envelope).verified(by: key.publicKey, for: uid("c-1"), of: "acme")
    #expect(report.report.seq == 3)
    #expect(report.payload == payload)
    #expect(report.envelope == envelope)
  }

  @Test("a report that another key signed is refused")
  func otherKey() throws {
    let envelope = try ReportEnvelope.sign(payload, with: key)
    #expect(try code(envelope, key: try PrivateKey.generate(.ed25519).publicKey) == .badSignature)
  }

  @Test(
    "a report of another cluster or fleet is refused, though its signature holds",
    arguments: [("c-2", "acme"), ("c-1", "acmf")])
  func foreign(cluster: String, fleet: String) throws {
    let foreign = Self.report(cluster: cluster, fleet: fleet).canonicalBytes
    #expect(try code(try ReportEnvelope.sign(foreign, with: key)) == .wrongAudience)
  }

  @Test("another payload under the signature is refused")
  func otherPayload() throws {
    var report = Self.report()
    report.seq = 4
    let text = String(decoding: Base64.encode(report.canonicalBytes), as: UTF8.self)
    #expect(try code(try changed { $0["payload"] = .string(text) }) == .badSignature)
  }

  @Test("a payload of another type is refused, for its signature would mean something else")
  func otherType() throws {
    #expect(try code(try changed { $0["payloadType"] = "application/json" }) != nil)
  }

  @Test(
    "one good signature among a few is enough, none or a heap is refused",
    arguments: [(0, true), (4, false), (5, true)])
  func numberOfSignatures(count: Int, isRefused: Bool) throws {
    let envelope = try changed { envelope in
      let good = envelope["signatures"]?.array ?? []
      let garbage = [Value](repeating: ["keyid": "", "sig": "AAAA"], count: max(0, count - 1))
      envelope["signatures"] = .array(count == 0 ? [] : garbage + good)
    }
    #expect((try code(envelope) != nil) == isRefused)
  }

  @Test(
    "what is no envelope is refused",
    arguments: [
      "", "{}", "[]", #"{"payload":"","payloadType":"x","signatures":[]}"#,
      #"{"payload":"*","payloadType":"application/vnd.flotilla.report+json","signatures":[{"sig":"AAAA"}]}"#,
      #"{"payload":"AAAA","payloadType":"application/vnd.flotilla.report+json","signatures":[{"sig":"A"}]}"#,
      #"{"payload":"AAAA","payloadType":"application/vnd.flotilla.report+json","signatures":[7]}"#,
    ])
  func malformed(text: String) throws {
    #expect(try code(Array(text.utf8)) != nil)
  }

  @Test("an envelope beyond the limit is refused before it is read")
  func oversized() throws {
    #expect(try code([UInt8](repeating: 0x20, count: FormatLimits.reportBytes * 2 + 1)) == .limitExceeded)
  }

  @Test("no flipped bit of an envelope makes another report")
  func tampered() throws {
    let envelope = try ReportEnvelope.sign(payload, with: key)
    for index in envelope.indices {
      var bytes = envelope
      bytes[index] ^= 1 << UInt8(index % 8)
      var read: [UInt8]?
      let error = try refusal {
        read = try UnverifiedReport(envelope: bytes).verified(by: key.publicKey, for: uid("c-1"), of: "acme").payload
      }
      #expect(error != nil || read == payload, "byte \(index)")
    }
  }
}
