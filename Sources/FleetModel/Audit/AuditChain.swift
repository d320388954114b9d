public import Digests
public import Manifests

/// Checks a log of audit records, one after the other: numbers without a gap, each naming the hash of the one before.
///
/// Start with an empty chain to check a log from its beginning, or with a head that is trusted (a record that was
/// exported or noted elsewhere) to check what came after it. That nothing was cut off at the end only a later head
/// that is known from elsewhere can show.
public struct AuditChain: Hashable, Sendable {
  /// The last record that holds.
  public struct Head: Hashable, Sendable {
    public var n: Int64
    public var hash: Digest
    public init(n: Int64, hash: Digest) {
      self.n = n
      self.hash = hash
    }
  }

  /// nil before the first record.
  public private(set) var head: Head?

  public init(head: Head? = nil) { self.head = head }

  /// Takes the next record. Throws `auditChainBroken` when it does not follow; the chain stays as it was.
  public mutating func append(_ record: AuditRecord) throws(FleetError) {
    let last = head?.n ?? 0
    guard record.n > last, record.n - 1 == last else { throw broken(record, "the record after \(last) is missing") }
    guard record.prevHash == head?.hash else {
      throw broken(record, "it does not follow the record before: one of the two was changed")
    }
    head = Head(n: record.n, hash: record.hash)
  }

  private func broken(_ record: AuditRecord, _ cause: String) -> FleetError {
    FleetError(
      .auditChainBroken, "the chain of the audit log does not hold at record \(record.n)", cause: cause,
      nextStep: "compare with an earlier export of the log; what comes after this record cannot be relied on")
  }
}

extension FleetError.Code {
  /// A record of the audit log was changed, taken out or put in.
  public static let auditChainBroken = FleetError.Code("audit-broken")
}
