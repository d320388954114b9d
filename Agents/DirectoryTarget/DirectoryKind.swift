import Digests
import Manifests

/// Who reads the folder, and so: what a file may be called, what it may hold, and what deleting it means.
public enum DirectoryKind: String, Hashable, Sendable, CaseIterable {
  /// Any reader: a folder per app, every kind of object, a deleted file is a deleted object.
  case plain
  /// k3s's manifest folder: every kind of object; k3s does not delete what vanishes from its folder.
  case k3s
  /// A kubelet's static Pods: only Pods, and the kubelet reads every file whose name has no leading dot.
  case staticPods = "static-pods"

  /// Why an object cannot be held here; nil when it can.
  func refusal(of manifest: Manifest) -> String? {
    switch self {
    case .plain, .k3s: nil
    case .staticPods:
      manifest.id.kind == "Pod" && manifest.id.group.isEmpty ? nil : "the kubelet runs only Pods from its folder"
    }
  }

  /// Whether removing a file removes the object.
  var deletesWithFile: Bool { self != .k3s }

  /// The path of an object's file below the target's folder.
  ///
  /// One object has one path in each app, and no two objects share one: every part is escaped, and parts are joined by
  /// a character that an escaped part cannot hold. Where readers take the file's name for a Kubernetes name (k3s),
  /// a lowercase name ends in a digest of the identity instead.
  func path(of id: ObjectID, in app: String) -> String {
    switch self {
    case .plain: "\(app.escapedForFileName)/\(DirectoryKind.readableName(of: id)).yaml"
    case .k3s, .staticPods: "\(DirectoryKind.kubernetesName(of: id, in: app)).yaml"
    }
  }

  /// The path of the marker that says which digest the app's files are.
  func markerPath(of app: String) -> String {
    switch self {
    case .plain: "\(app.escapedForFileName)/.flotilla.json"
    case .k3s, .staticPods: ".flotilla-\(app.escapedForFileName).json"
    }
  }

  private static func readableName(of id: ObjectID) -> String {
    let parts = [id.group, id.kind, id.namespace, id.name]
    let name = parts.map(\.escapedForFileName).joined(separator: "_")
    guard name.utf8.count > longestName else { return name }
    return String(decoding: name.utf8.prefix(longestName - 65), as: UTF8.self) + "_" + Digest(of: id.description).hex
  }

  private static func kubernetesName(of id: ObjectID, in app: String) -> String {
    let digest = Digest(of: "\(app)\u{0}\(id.description)").hex.prefix(16)
    let readable = "\(app)-\(id.kind)-\(id.name)".utf8.map { byte -> UInt8 in
      switch byte {
      case 0x41...0x5a: byte + 0x20
      case 0x61...0x7a, 0x30...0x39: byte
      default: UInt8(ascii: "-")
      }
    }
    return "flotilla-\(String(decoding: readable.prefix(120), as: UTF8.self))-\(digest)"
  }

  /// Linux allows 255 bytes; the ending and the prefix of unfinished files take some of them.
  private static let longestName = 220
}

extension String {
  /// This text with every byte that is not a letter, a digit, `-` or `.` as `%` and two digits; a leading dot too, for
  /// readers skip such files.
  fileprivate var escapedForFileName: String {
    var result: [UInt8] = []
    for (index, byte) in utf8.enumerated() {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: result.append(byte)
      case 0x2e where index > 0: result.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
