import Digests
public import Manifests

/// Checks an audit log that comes in pieces: every record's own hash, that each follows the one before, and that a head
/// which is known from elsewhere is in it. That head is what shows that nothing was cut off at the end.
public struct AuditCheck: Sendable {
  private var chain = AuditChain()
  private let expected: AuditChain.Head?

  /// - Parameter expected: a head that the log had once, as it was noted elsewhere; nil when none is known.
  public init(expecting expected: AuditChain.Head? = nil) { self.expected = expected }

  /// The last record that holds; nil before the first.
  public var head: AuditChain.Head? { chain.head }

  /// Takes the next record. Throws `auditChainBroken`, with its number, when it was changed, when it does not follow,
  /// or when it is not the one that is known.
  public mutating func take(_ record: AuditRecord) throws(FleetError) {
    try chain.append(record)
    guard let expected, expected.n == record.n, expected.hash != record.hash else { return }
    throw FleetError(
      .auditChainBroken, "record \(record.n) of the audit log is another one than was noted",
      cause: "its hash is \(record.hash), the one noted is \(expected.hash)",
      nextStep: "compare with an earlier export of the log: it was written anew up to here")
  }

  /// Says that the log is over; its head, or nil when it is empty. Throws `auditChainBroken` when it ends before the
  /// head that is known.
  public func finish() throws(FleetError) -> AuditChain.Head? {
    let last = head?.n ?? 0
    guard let expected, last < expected.n else { return head }
    throw FleetError(
      .auditChainBroken, "the audit log ends with record \(last), and had \(expected.n) once: its end was cut off",
      nextStep:
        "compare with an earlier export of the log; a hub that was restored from a backup has lost what came after"
    )
  }
}

extension AuditChain.Head: CustomStringConvertible {
  /// `NUMBER:HASH`, as people note it.
  public var description: String { "\(n):\(hash.hex)" }

  /// Reads `NUMBER:HASH`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let n = Int64(parts[0]), n > 0, let hash = Digest(hex: String(parts[1])) else { return nil }
    self.init(n: n, hash: hash)
  }
}
