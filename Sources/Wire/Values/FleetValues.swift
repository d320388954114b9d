public import Digests
public import FleetModel
public import Manifests

// Values that both sides of the wire use, and their spelling there.

extension FlotillaV1.HealthState {
  public init(_ health: Health) {
    self =
      switch health {
      case .healthy: .healthy
      case .suspended: .suspended
      case .progressing: .progressing
      case .missing: .missing
      case .degraded: .degraded
      case .unknown: .unknown
      }
  }
}

extension Health {
  /// What is not known to this version is `unknown`, which no gate passes.
  public init(_ state: FlotillaV1.HealthState) {
    self =
      switch state {
      case .healthy: .healthy
      case .suspended: .suspended
      case .progressing: .progressing
      case .missing: .missing
      case .degraded: .degraded
      case .unknown, .unspecified, .unrecognized: .unknown
      }
  }
}

extension FlotillaV1.SyncState {
  public init(_ sync: Sync) {
    self =
      switch sync {
      case .synced: .synced
      case .outOfSync: .outOfSync
      case .applying: .applying
      case .failed: .failed
      case .unknown: .unknown
      }
  }
}

extension Sync {
  /// What is not known to this version is `unknown`.
  public init(_ state: FlotillaV1.SyncState) {
    self =
      switch state {
      case .synced: .synced
      case .outOfSync: .outOfSync
      case .applying: .applying
      case .failed: .failed
      case .unknown, .unspecified, .unrecognized: .unknown
      }
  }
}

extension FlotillaV1.TrustedVersions {
  public init(_ versions: Report.Trusted) {
    self.init(
      root: versions.root, timestamp: versions.timestamp, snapshot: versions.snapshot, targets: versions.targets)
  }
}

extension Report.Trusted {
  public init(_ versions: FlotillaV1.TrustedVersions) {
    self.init(
      root: versions.root, timestamp: versions.timestamp, snapshot: versions.snapshot, targets: versions.targets)
  }
}

extension ClusterUID {
  /// The uid in a message's bytes, or nil when they are none.
  public init?(wire bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    self.init(text)
  }

  public var wireBytes: [UInt8] { Array(rawValue.utf8) }
}

extension Digest {
  /// The digest in a message's bytes; throws `invalid-request` with the field's name unless there are exactly 32.
  public init(wire bytes: [UInt8], field: String) throws(FleetError) {
    guard let digest = Digest(bytes: bytes) else {
      throw FleetError(
        .invalidRequest, "a SHA-256 digest has \(Digest.byteCount) bytes, not \(bytes.count)", at: .init(field: field))
    }
    self = digest
  }
}
