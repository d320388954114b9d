import Manifests
import Trust

/// Trusted metadata in the agent's state directory, verbatim, one file a role.
struct StoredMetadata: MetadataStorage {
  let state: StateDirectory

  func load(_ role: MetadataRole) throws(FleetError) -> [UInt8]? { try state.read(name(role)) }
  func store(_ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError) { try state.write(name(role), bytes) }
  func remove(_ role: MetadataRole) throws(FleetError) { try state.remove(name(role)) }

  private func name(_ role: MetadataRole) -> String { "\(role.rawValue).json" }
}
