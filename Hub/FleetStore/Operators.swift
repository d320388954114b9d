public import FleetModel
public import Manifests

/// The people and programs that may drive the hub.
public protocol OperatorStore: Sendable {
  /// All operators by name.
  func operators() async throws(FleetError) -> [OperatorRecord]

  func operatorRecord(named name: String) async throws(FleetError) -> OperatorRecord?

  /// Adds or replaces an operator. Throws `storeConflict` where the last admin of all environments would be none any
  /// longer.
  func saveOperator(_ record: OperatorRecord, trail: Trail) async throws(FleetError)

  /// Adds an operator with their first certificate. Throws `storeConflict` when there is one of that name.
  func addOperator(
    _ record: OperatorRecord, certificate: CertificateRecord, trail: Trail
  ) async throws(FleetError)

  /// Notes an operator's next certificate. Throws `operatorUnknown`.
  func renewOperator(named name: String, certificate: CertificateRecord, trail: Trail) async throws(FleetError)

  /// Removes an operator and puts the certificates of `identity` on the denylist. Removing again changes nothing.
  /// Throws `storeConflict` for the last admin of all environments: nobody could add another one.
  func removeOperator(named name: String, identity: String, at now: Timestamp, trail: Trail) async throws(FleetError)
}

/// What an operator may do. Each role may all that the ones before may.
public enum OperatorRole: String, Hashable, Sendable, CaseIterable {
  case viewer
  case deployer
  case admin
}

/// An operator and what they may do.
public struct OperatorRecord: Hashable, Sendable {
  public var name: String
  public var role: OperatorRole
  /// The environments that the role is for; empty for all.
  public var environments: [String]
  /// The certificate issued last, in lowercase hexadecimal; nil before there is one.
  public var certificateSerial: String?
  public var createdAt: Timestamp

  public init(
    name: String, role: OperatorRole, environments: [String] = [], certificateSerial: String? = nil,
    createdAt: Timestamp
  ) {
    self.name = name
    self.role = role
    self.environments = environments
    self.certificateSerial = certificateSerial
    self.createdAt = createdAt
  }
}
