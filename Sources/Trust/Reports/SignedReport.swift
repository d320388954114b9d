import Digests
public import FleetModel
public import Manifests

/// A DSSE envelope (github.com/secure-systems-lab/dsse, protocol 1.0) around a report.
public struct ReportEnvelope: Sendable {
  /// What the payload is, as the signature covers it.
  public static let payloadType = "application/vnd.flotilla.report+json"

  /// Signs a report's canonical bytes with the agent's report key.
  public static func sign(_ payload: [UInt8], with key: PrivateKey) throws(FleetError) -> [UInt8] {
    let signature = try key.signature(of: preAuthentication(payload))
    return JSON.canonical([
      "payload": .string(text(payload)), "payloadType": .string(payloadType),
      "signatures": [["keyid": .string(key.publicKey.spkiDigest.hex), "sig": .string(text(signature))]],
    ])
  }

  static func preAuthentication(_ payload: [UInt8]) -> [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }
}

/// A report as it came in: nothing it says counts.
public struct UnverifiedReport: Sendable {
  /// The envelope as it came.
  public let envelope: [UInt8]
  private let payload: [UInt8]
  private let signatures: [[UInt8]]

  /// Signatures of one envelope that are looked at: an agent makes one.
  private static let signatureLimit = 4

  public init(envelope: [UInt8]) throws(FleetError) {
    let file = "report envelope"
    let value = try JSON.parse(envelope, file: file, limits: ParseLimits(bytes: FormatLimits.reportBytes * 2))
    self.envelope = envelope
    (payload, signatures) = try Field(value, file: file).object { fields throws(FleetError) in
      try fields.expect("payloadType", ReportEnvelope.payloadType)
      let listed = try fields.required("signatures").array()
      guard (1...UnverifiedReport.signatureLimit).contains(listed.count) else {
        throw FleetError(.badSignature, "\(listed.count) signatures", at: .init(file: file))
      }
      var signatures: [[UInt8]] = []
      for field in listed {
        signatures.append(
          try field.object { fields throws(FleetError) in
            fields.ignoreRest()
            return try fields.required("sig").base64()
          })
      }
      return (try fields.required("payload").base64(), signatures)
    }
  }

  /// The report, if this key signed it and it is this cluster's own.
  public func verified(by key: PublicKey, for cluster: ClusterUID, of fleet: String) throws(FleetError)
    -> AuthenticReport
  {
    let message = ReportEnvelope.preAuthentication(payload)
    guard signatures.contains(where: { key.isValid($0, for: message) }) else {
      throw FleetError(
        .badSignature, "the report is not signed with the cluster's report key", at: .init(cluster: "\(cluster)"))
    }
    let report = try Report(json: payload, file: "report")
    guard report.cluster == cluster, report.fleet.hasSameBytes(as: fleet) else {
      throw FleetError(
        .wrongAudience, "the report is of cluster \(report.cluster) of fleet \(report.fleet)",
        at: .init(cluster: "\(cluster)"))
    }
    return AuthenticReport(report: report, payload: payload, envelope: envelope)
  }
}

/// A report that the cluster's own key signed.
public struct AuthenticReport: Sendable {
  public let report: Report
  /// The bytes that were signed.
  public let payload: [UInt8]
  public let envelope: [UInt8]

  fileprivate init(report: Report, payload: [UInt8], envelope: [UInt8]) {
    self.report = report
    self.payload = payload
    self.envelope = envelope
  }
}

extension Field {
  func base64() throws(FleetError) -> [UInt8] {
    try text("base64") { Base64.decode(Array($0.utf8)) }
  }
}
