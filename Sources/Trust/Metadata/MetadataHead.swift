public import FleetModel
public import Manifests

/// What every role's metadata has.
public struct MetadataHead: Hashable, Sendable {
  public var version: Int64
  public var expires: Timestamp

  init(_ fields: inout Fields) throws(FleetError) {
    version = try fields.required("version").integer(in: 1 ... .max)
    expires = try fields.required("expires").text("an instant such as 2026-01-31T12:00:00Z") { text in
      // TUF 1.0.34, section 4.2.1: whole seconds, so exactly this long.
      text.utf8.count == 20 ? Timestamp(text) : nil
    }
  }
}

/// For whom a view is, and when it was issued: `x-fleet`, signed in timestamp, snapshot and targets.
public struct Audience: Hashable, Sendable {
  public var fleet: String
  public var cluster: ClusterUID
  public var issuedAt: Timestamp

  public init(fleet: String, cluster: ClusterUID, issuedAt: Timestamp) {
    self.fleet = fleet
    self.cluster = cluster
    self.issuedAt = issuedAt
  }

  public var form: Value {
    [
      "aud": .string(cluster.rawValue), "fleet": .string(fleet), "issued_at": .string(issuedAt.description),
    ]
  }

  /// Nil where there is none.
  init?(in fields: inout Fields) throws(FleetError) {
    guard let field = try fields.optional("x-fleet") else { return nil }
    self = try field.object { inner throws(FleetError) in
      inner.ignoreRest()
      return Audience(
        fleet: try inner.required("fleet").string(),
        cluster: try inner.required("aud").text("a cluster uid") { ClusterUID($0) },
        issuedAt: try inner.required("issued_at").text("an instant") { Timestamp($0) })
    }
  }
}
