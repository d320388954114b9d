import Authority
import Digests
public import FleetModel
public import FleetStore
import Logging
public import Manifests
public import Trust

/// Lets operators in, keeps their certificates young, and shuts them out. Every act is in the audit log, refused ones
/// too.
public struct OperatorKeeper: Sendable {
  let store: any HubStore
  let authority: CertificateAuthority
  let source: CurrentSource
  let denylist: DenylistCache
  let refusals: RefusalRecorder
  let now: @Sendable () -> Timestamp
  let logger: Logger

  /// Operators of one hub: people and programs, each in every list whole.
  public static let limit = 1000

  /// An operator and when their certificate runs out.
  public struct View: Sendable {
    public var record: OperatorRecord
    /// nil where no certificate is known.
    public var notAfter: Timestamp?
  }

  /// What an operator connects with, beside their key.
  public struct Credentials: Sendable {
    public var fleet: String
    public var certificate: Certificate
    public var authorities: [[UInt8]]
  }

  /// All operators by name.
  public func list() async throws(FleetError) -> [View] {
    var views: [View] = []
    for record in try await store.operators() { views.append(try await view(record)) }
    return views
  }

  /// Adds an operator and issues a certificate for the key of a request.
  public func add(
    _ name: String, role: OperatorRole, environments: [String], request der: [UInt8], by actor: Actor
  ) async throws(FleetError) -> (operator: View, credentials: Credentials) {
    try await recordingRefusal(AuditAction.operatorAdd, name, by: actor) { () async throws(FleetError) in
      try await check(name)
      try await check(role, environments)
      let request = try CertificateRequest(der: der)
      let certificate = try issue(name, request)
      let record = OperatorRecord(
        name: name, role: role, environments: Set(environments).sorted(), certificateSerial: certificate.serialText,
        createdAt: now())
      try await store.addOperator(
        record, certificate: try CertificateRecord(certificate),
        trail: trail(
          AuditAction.operatorAdd, name, by: actor, key: request.publicKey,
          reason: "\(role.rawValue) of \(record.scope)"))
      logger.info("operator added", metadata: ["operator": "\(name)", "role": "\(role.rawValue)"])
      return (View(record: record, notAfter: certificate.notAfter), credentials(certificate))
    }
  }

  /// Gives an operator another role, or other environments; it holds from their next call on.
  public func change(
    _ name: String, role: OperatorRole, environments: [String], by actor: Actor
  ) async throws(FleetError) -> View {
    try await recordingRefusal(AuditAction.operatorChange, name, by: actor) { () async throws(FleetError) in
      try await check(role, environments)
      guard var record = try await store.operatorRecord(named: name) else { throw unknown(name) }
      record.role = role
      record.environments = Set(environments).sorted()
      try await store.saveOperator(
        record, trail: trail(AuditAction.operatorChange, name, by: actor, reason: "\(role.rawValue) of \(record.scope)")
      )
      return try await view(record)
    }
  }

  /// A new certificate for a new key of the operator who asks.
  public func renew(_ name: String, request der: [UInt8]) async throws(FleetError) -> Credentials {
    let actor = Actor(operator: name)
    return try await recordingRefusal(AuditAction.operatorRenew, name, by: actor) { () async throws(FleetError) in
      let request = try CertificateRequest(der: der)
      let certificate = try issue(name, request)
      try await store.renewOperator(
        named: name, certificate: try CertificateRecord(certificate),
        trail: trail(AuditAction.operatorRenew, name, by: actor, key: request.publicKey))
      return credentials(certificate)
    }
  }

  /// Shuts an operator out: their certificates are refused from now on, and the door cuts their connections.
  public func remove(_ name: String, reason: String, by actor: Actor) async throws(FleetError) {
    try await recordingRefusal(AuditAction.operatorRemove, name, by: actor) { () async throws(FleetError) in
      guard try await store.operatorRecord(named: name) != nil else {
        throw unknown(name)
      }
      try await store.removeOperator(
        named: name, identity: PeerIdentity(fleet: authority.fleet, name: .operator(name)).uri, at: now(),
        trail: trail(AuditAction.operatorRemove, name, by: actor, reason: reason))
    }
    try await denylist.reload(from: store)
    logger.info("operator removed", metadata: ["operator": "\(name)"])
  }

  // MARK: Parts

  private func unknown(_ name: String) -> FleetError {
    FleetError(.operatorUnknown, "there is no operator \(name)", nextStep: "see `flotilla operator list`")
  }

  private func check(_ name: String) async throws(FleetError) {
    guard PeerIdentity.isName(name) else {
      throw FleetError(
        .invalidField, "not an operator's name: \(name)", at: .init(field: "name"),
        nextStep: "use lowercase letters, digits, dots, dashes and underscores, at most 63")
    }
    guard try await store.operators().count < OperatorKeeper.limit else {
      throw FleetError(.limitExceeded, "there are \(OperatorKeeper.limit) operators, and no more are kept")
    }
  }

  private func check(_ role: OperatorRole, _ environments: [String]) async throws(FleetError) {
    guard environments.isEmpty || role != .viewer else {
      throw FleetError(
        .invalidField, "a viewer reads everything and acts nowhere", at: .init(field: "environments"),
        nextStep: "leave the environments out, or choose another role")
    }
    if let declared = await source.snapshot?.environments,
      let unknown = environments.first(where: { !declared.contains($0) })
    {
      throw FleetError(
        .invalidField, "the fleet has no environment \(unknown); it has \(declared.joined(separator: ", "))",
        at: .init(field: "environments"))
    }
  }

  private func issue(_ name: String, _ request: CertificateRequest) throws(FleetError) -> Certificate {
    try authority.issue(
      .operator(name), for: request.publicKey, at: now(), lifetime: CertificateAuthority.Lifetime.operator)
  }

  private func credentials(_ certificate: Certificate) -> Credentials {
    Credentials(fleet: authority.fleet, certificate: certificate, authorities: [authority.certificate.der])
  }

  private func view(_ record: OperatorRecord) async throws(FleetError) -> View {
    var notAfter: Timestamp?
    if let serial = record.certificateSerial { notAfter = try await store.certificate(serial: serial)?.notAfter }
    return View(record: record, notAfter: notAfter)
  }

  private func recordingRefusal<Result>(
    _ action: String, _ subject: String, by actor: Actor, _ act: () async throws(FleetError) -> Result
  ) async throws(FleetError) -> Result {
    do {
      return try await act()
    } catch {
      try await refusals.record(
        AuditRecord.Content(
          time: now(), actor: actor.name, action: action, subject: subject, outcome: "refused", reason: error.message))
      throw error
    }
  }

  private func trail(
    _ action: String, _ name: String, by actor: Actor, key: PublicKey? = nil, reason: String = ""
  ) -> Trail {
    Trail(audit: [
      AuditRecord.Content(
        time: now(), actor: actor.name, action: action, subject: name, digest: key?.spkiDigest, outcome: "done",
        reason: reason)
    ])
  }
}

extension CertificateRecord {
  /// What the hub notes of a certificate that it issues.
  public init(_ certificate: Certificate) throws(FleetError) {
    self.init(
      serial: certificate.serialText, identity: try certificate.identity().uri, notBefore: certificate.notBefore,
      notAfter: certificate.notAfter)
  }
}
