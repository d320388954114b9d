public import FleetModel

/// A freeze that something goes by.
public struct FreezeStatus: Hashable, Sendable {
  public var freeze: Freeze
  /// nil while nobody has said where its window stands: that counts as frozen.
  public var window: FreezeWindow?
}

extension RolloutEngine {
  /// Every freeze that anything goes by, in a fixed order.
  public var freezes: [FreezeStatus] {
    freezesInUse.map { FreezeStatus(freeze: $0, window: ground.windows[$0]) }.sorted { $0.order < $1.order }
  }
}

extension FreezeStatus {
  fileprivate var order: String {
    "\(freeze.environments.joined(separator: ",")) \(freeze.kind.rawValue) \(freeze.schedule) \(freeze.reason)"
  }
}
