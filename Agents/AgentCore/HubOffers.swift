import Digests
import FleetModel
import Manifests
import Trust
import Wire

/// What a hub gave of a cluster's view before it was asked for each piece.
struct ViewOffer: Sendable {
  /// By version.
  private var roots: [Int64: [UInt8]] = [:]
  /// The version of which there is none yet, as the hub says.
  private var missingRoot: Int64?
  private var metadata: [MetadataRole: FlotillaV1.PublishedMetadata] = [:]
  private var blobs: [Digest: [UInt8]] = [:]

  static let nothing = ViewOffer()

  private init() {}

  /// - Parameter root: the version of the root that was trusted when the hub was asked.
  init(_ view: FlotillaV1.GetViewResponse, after root: Int64) {
    var version = root
    for bytes in view.roots where version < .max {
      version += 1
      roots[version] = bytes
    }
    if view.hasAllRoots, version < .max { missingRoot = version + 1 }
    metadata = [.timestamp: view.timestamp, .snapshot: view.snapshot, .targets: view.targets].compactMapValues(\.self)
    for blob in view.blobs { blobs[Digest(of: blob)] = blob }
  }

  /// What the hub said of a role: its bytes, that there is none, or nothing.
  func answer(_ role: MetadataRole, version: Int64?) -> Answer {
    if role == .root {
      guard let version else { return .unknown }
      return version == missingRoot ? .none : roots[version].map { .bytes($0) } ?? .unknown
    }
    guard let offered = metadata[role], version == nil || version == offered.version else { return .unknown }
    return .bytes(offered.content)
  }

  func blob(_ reference: BlobReference) -> [UInt8]? {
    blobs[reference.sha256].flatMap { $0.count == reference.length ? $0 : nil }
  }

  enum Answer {
    case bytes([UInt8])
    case none
    case unknown
  }
}

/// Metadata from the hub: as offered, else over a call.
struct HubMetadata: MetadataSource {
  let hub: FlotillaV1.AgentClient
  let offer: ViewOffer

  func fetch(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    switch offer.answer(role, version: version) {
    case .bytes(let bytes): return bytes
    case .none: return nil
    case .unknown: return try await call(role, version: version)
    }
  }

  private func call(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    let wire: FlotillaV1.MetadataRole =
      switch role {
      case .root: .root
      case .timestamp: .timestamp
      case .snapshot: .snapshot
      case .targets: .targets
      }
    do throws(FleetError) {
      return try await hub.getMetadata(.init(role: wire, version: version)).content
    } catch  where error.code == .notFound {
      return nil
    }
  }
}

/// Blobs from the hub: as offered, else over calls. Each is checked.
struct HubBlobs: Sendable {
  let hub: FlotillaV1.AgentClient
  let offer: ViewOffer

  func blobs(_ references: [BlobReference]) async throws -> [Digest: [UInt8]] {
    var found: [Digest: [UInt8]] = [:]
    var missing: [BlobReference] = []
    for reference in references {
      if let bytes = offer.blob(reference) { found[reference.sha256] = bytes } else { missing.append(reference) }
    }
    while !missing.isEmpty {
      let wanted = missing.prefix(WireLimits.blobsPerCall)
      missing.removeFirst(wanted.count)
      found.merge(try await BlobCall(wanted: Array(wanted)).run(hub)) { $1 }
    }
    return found
  }
}

/// One call for blobs: puts chunks together and checks each blob's digest and length.
private struct BlobCall {
  let wanted: [BlobReference]

  func run(_ hub: FlotillaV1.AgentClient) async throws -> [Digest: [UInt8]] {
    let request = FlotillaV1.GetBlobsRequest(blobs: wanted.map { .init(sha256: $0.sha256.bytes) })
    let wanted = wanted
    return try await hub.getBlobs(request) { chunks in
      var whole: [Digest: [UInt8]] = [:]
      var next = wanted[...]
      var part: [UInt8] = []
      for try await chunk in chunks {
        guard let reference = next.first, reference.sha256 == Digest(bytes: chunk.sha256),
          chunk.offset == Int64(part.count), part.count + chunk.data.count <= reference.length
        else { throw FleetError(.contentMismatch, "the hub sends a blob other than the one asked for") }
        part += chunk.data
        if part.count == reference.length {
          guard Digest(of: part) == reference.sha256 else {
            throw FleetError(
              .contentMismatch, "a blob's bytes do not have the digest that signed metadata names",
              at: .init(object: reference.sha256.hex))
          }
          whole[reference.sha256] = part
          part = []
          next = next.dropFirst()
        }
      }
      guard next.isEmpty else { throw FleetError(.contentMismatch, "the hub did not send every blob") }
      return whole
    }
  }
}
