import Digests
import FleetModel
import Manifests

/// What lies beside an app's files: the digest they are, and the digest of each file.
///
/// It is written after the files. A reader that finds every file as listed acts on exactly this app digest; one that
/// does not is looking at a change under way.
struct Marker: Equatable {
  var app: String
  var digest: AppDigest
  /// By path below the target's folder.
  var files: [String: Digest]

  static let format = "flotilla.directory-marker/1"

  var json: [UInt8] {
    let listed = files.sorted { $0.key.precedesInBytes($1.key) }.map { ($0.key, Value.string($0.value.hex)) }
    return JSON.canonical([
      "format": .string(Marker.format), "app": .string(app), "app_digest": .string(digest.description),
      "files": .object(Object(listed)),
    ])
  }
}
