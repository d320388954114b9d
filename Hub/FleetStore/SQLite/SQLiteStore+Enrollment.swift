public import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func saveToken(_ token: JoinToken, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      let cluster = try database.knownCluster(token.cluster)
      guard cluster.standing != .revoked else { throw cluster.revoked }
      guard try database.tokenRow(token.id) == nil else {
        throw FleetError(.storeConflict, "join token \(token.id) is there already")
      }
      try database.run(
        "DELETE FROM join_tokens WHERE expires_at < ?", token.issuedAt - EnrollmentLimits.tokenMemory)
      try database.run(
        "INSERT INTO join_tokens VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL)", token.id, token.cluster,
        token.verificationKey, token.issuedAt, token.expiresAt)
      try database.append(trail)
    }
  }

  public func joinToken(_ id: String) async throws(FleetError) -> JoinToken? {
    try await read { try $0.tokenRow(id)?.token }
  }

  public func redeemToken(
    _ redemption: TokenRedemption, trail: Trail
  ) async throws(FleetError) -> RedeemedToken {
    try await writes.perform(sheds: true) { database in
      guard let row = try database.tokenRow(redemption.token) else { throw FleetError.noSuchToken }
      var cluster = try database.knownCluster(row.token.cluster)
      guard cluster.standing != .revoked else { throw cluster.revoked }
      if let requestKey = row.requestKey {
        guard requestKey == redemption.requestKey, row.repeatUntil.map({ redemption.at <= $0 }) ?? true else {
          throw FleetError.tokenIsUsed
        }
        return RedeemedToken(cluster: cluster.record, reply: row.reply)
      }
      guard redemption.at <= row.token.expiresAt else {
        throw FleetError(
          .tokenExpired, "the join token's time is over", at: FleetError.Address(cluster: cluster.name),
          nextStep: "issue a new one with `flotilla cluster token`")
      }
      let repeatUntil = redemption.needsApproval ? nil : redemption.at + EnrollmentLimits.repetition
      try database.run(
        "UPDATE join_tokens SET request_key = ?, repeat_until = ? WHERE id = ?", redemption.requestKey, repeatUntil,
        redemption.token)
      if redemption.needsApproval {
        cluster.change(at: redemption.at) { $0.standing = .pendingApproval }
        try database.save(cluster)
      }
      try database.append(trail)
      return RedeemedToken(cluster: cluster.record, reply: nil)
    }
  }

  public func waitingKey(of cluster: ClusterUID) async throws(FleetError) -> Digest? {
    try await read { database in
      guard try database.knownCluster(cluster).standing == .pendingApproval else { return nil }
      return try database.value(
        """
        SELECT request_key FROM join_tokens WHERE cluster = ? AND request_key IS NOT NULL AND reply IS NULL
        ORDER BY issued_at DESC, id LIMIT 1
        """, cluster)
    }
  }

  public func completeEnrollment(_ enrollment: Enrollment, trail: Trail) async throws(FleetError) -> [UInt8] {
    try await writes.perform { database in
      guard let row = try database.tokenRow(enrollment.token) else { throw FleetError.noSuchToken }
      guard row.requestKey == enrollment.requestKey else { throw FleetError.tokenIsUsed }
      if let reply = row.reply { return reply }
      var cluster = try database.knownCluster(row.token.cluster)
      guard cluster.standing != .revoked else { throw cluster.revoked }
      guard cluster.standing != .pendingApproval else {
        throw FleetError(
          .storeConflict, "the cluster waits for approval", at: FleetError.Address(cluster: cluster.name),
          nextStep: "approve it with `flotilla cluster approve`")
      }
      if cluster.reportKey != enrollment.reportKey {
        // Nothing that the old key signed verifies any longer, so the new agent may count from 1.
        try database.run("DELETE FROM reports WHERE cluster = ?", cluster.uid)
      }
      cluster.change(at: enrollment.at) { $0.standing = .enrolled }
      cluster.reportKey = enrollment.reportKey
      cluster.enrolledAt = enrollment.at
      try database.save(cluster)
      try database.record(enrollment.certificate)
      try database.run(
        "UPDATE join_tokens SET reply = ?, repeat_until = ? WHERE id = ?", enrollment.reply,
        enrollment.at + EnrollmentLimits.repetition, enrollment.token)
      try database.append(trail)
      return enrollment.reply
    }
  }

  public func saveChallenge(_ challenge: Challenge) async throws(FleetError) {
    try await writes.perform(sheds: true) { database in
      _ = try database.knownCluster(challenge.cluster)
      try database.run(
        "INSERT INTO challenges (nonce, cluster, expires_at) VALUES (?, ?, ?)", challenge.nonce, challenge.cluster,
        challenge.expiresAt)
      try database.run(
        """
        DELETE FROM challenges WHERE cluster = ?1 AND number <= (
          SELECT number FROM challenges WHERE cluster = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
        """, challenge.cluster, EnrollmentLimits.challenges)
    }
  }

  public func consumeChallenge(_ nonce: [UInt8], at now: Timestamp) async throws(FleetError) -> ClusterUID? {
    try await writes.perform(sheds: true) { database in
      let found = try database.one(
        "DELETE FROM challenges WHERE nonce = ? RETURNING cluster, expires_at", nonce
      ) { columns in
        (cluster: try columns.next() as ClusterUID, expiresAt: try columns.next() as Timestamp)
      }
      guard let found, now <= found.expiresAt else { return nil }
      return found.cluster
    }
  }
}

/// A row of `join_tokens`.
private struct TokenRow {
  var token: JoinToken
  var requestKey: Digest?
  var repeatUntil: Timestamp?
  var reply: [UInt8]?

  init(_ columns: inout Columns) throws {
    token = JoinToken(
      id: try columns.next(), cluster: try columns.next(), verificationKey: try columns.next(),
      issuedAt: try columns.next(), expiresAt: try columns.next())
    requestKey = try columns.next()
    repeatUntil = try columns.next()
    reply = try columns.next()
  }
}

extension Database {
  fileprivate func tokenRow(_ id: String) throws -> TokenRow? {
    try one("SELECT * FROM join_tokens WHERE id = ?", id, read: TokenRow.init)
  }
}

extension ClusterRow {
  fileprivate var revoked: FleetError {
    FleetError(
      .storeConflict, "the cluster is revoked", at: FleetError.Address(cluster: name),
      nextStep: "a new token for its name gives it a new identity")
  }
}

extension FleetError {
  fileprivate static var noSuchToken: FleetError { FleetError(.tokenUnknown, "there is no such join token") }
  fileprivate static var tokenIsUsed: FleetError {
    FleetError(
      .tokenUsed, "the join token has been used", nextStep: "issue a new one with `flotilla cluster token`")
  }
}
