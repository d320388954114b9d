internal import Digests
internal import FleetModel
internal import Manifests

extension Release {
  /// What approvals name: the digest of app, commit and every cluster's app digest.
  var identity: ReleaseDigest {
    let map = clusters.sorted { $0.key < $1.key }.map { (key: $0.key.rawValue, value: Value.string($0.value.description)) }
    return ReleaseDigest(
      Digest(
        of: JSON.canonical(
          .object(["app": .string(app), "clusters": .object(Object(uniqueEntries: map)), "commit": .string(commit)]))))
  }
}

extension AppDigest {
  /// The digests of the app's absence.
  static func absences(of app: String) -> Set<AppDigest> {
    Set(
      Absence.allCases.map {
        AppDigest(
          Digest(of: JSON.canonical(.object(["app": .string(app), "absent": .string($0.rawValue)]))))
      })
  }
}
