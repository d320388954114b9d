public import FleetModel
public import Manifests

/// Which fleet this store belongs to, and what the hub must know of itself after a restart.
public protocol IdentityStore: Sendable {
  /// The fleet, or nil before `establishFleet`.
  func fleetIdentity() async throws(FleetError) -> FleetIdentity?

  /// Makes this the store of a fleet. The same identity again is fine; another one is a `storeConflict`.
  func establishFleet(_ identity: FleetIdentity, trail: Trail) async throws(FleetError)

  /// The hub's own value of this name (such as its certificate), or nil.
  func hubSetting(_ name: String) async throws(FleetError) -> [UInt8]?

  /// Sets the hub's own value of this name; nil removes it.
  func setHubSetting(_ name: String, to value: [UInt8]?, trail: Trail) async throws(FleetError)
}

/// A fleet's name and the generation of its hub's history.
public struct FleetIdentity: Hashable, Sendable {
  public var name: String
  /// Part of what agents hold against rollback: only grows, when a fleet's history starts anew.
  public var epoch: Int64
  public var createdAt: Timestamp

  public init(name: String, epoch: Int64, createdAt: Timestamp) {
    self.name = name
    self.epoch = epoch
    self.createdAt = createdAt
  }
}
