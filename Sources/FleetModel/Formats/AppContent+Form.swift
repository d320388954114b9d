import Digests
public import Manifests

extension AppContent {
  /// What the app digest is the SHA-256 of, in canonical JSON.
  public var canonicalBytes: [UInt8] {
    switch self {
    case .present(let app, let manifests, let policy):
      JSON.canonical(["app": .string(app), "manifests": .string(manifests.hex), "policy": policy.form])
    case .absent(let app, let absence):
      JSON.canonical(["app": .string(app), "absent": .string(absence.rawValue)])
    }
  }

  public var digest: AppDigest { AppDigest(Digest(of: canonicalBytes)) }

  /// Reads what `canonicalBytes` makes, and nothing else.
  /// - Parameter file: what errors call the bytes.
  public init(canonicalBytes bytes: [UInt8], file: String) throws(FleetError) {
    let field = try Field.canonical(bytes, file: file, limit: FormatLimits.contentBytes)
    self = try field.object { fields throws(FleetError) in
      let app = try fields.required("app").name()
      if let absent = try fields.optional("absent") { return .absent(app: app, try absent.choice()) }
      return .present(
        app: app, manifests: try fields.required("manifests").digest(),
        policy: try AppPolicy(try fields.required("policy")))
    }
    // A field that is null counts as missing above, but it would be another content's bytes.
    guard canonicalBytes == bytes else { throw field.error("not the form of an app's content") }
  }
}
