import Digests
import Manifests

/// The hash of a generated object's content, which becomes part of its name.
///
/// Source: kustomize's hasher, which is kubectl's: ten digits of the SHA-256 of the object in JSON, some of them
/// replaced so that no words come about.
enum ContentHash {
  /// Throws for kinds other than ConfigMap and Secret, whose hash would depend on how their YAML is written.
  static func of(_ resource: Resource) throws(FleetError) -> String {
    let fields: [String]
    switch resource.kindName {
    case "ConfigMap": fields = ["data", "binaryData"]
    case "Secret": fields = ["data", "stringData", "type"]
    default:
      throw FleetError(
        .notSupportedYet, "hashes of objects other than ConfigMaps and Secrets are not supported",
        at: resource.address, nextStep: "give the object a new name when its content changes")
    }
    var content = Object()
    content["kind"] = .string(resource.kindName)
    // The name is always empty here: kustomize looks for it in a field that there never is.
    content["name"] = ""
    for field in fields {
      let value = resource.tree[field]
      if let value, value.scalar == nil {
        content[field] = try value.resolved(at: resource)
      } else if field == "data" || field == "type" {
        content[field] = .string(value?.text ?? "")
      }
    }
    return encoded(Digest(of: GoJSON.bytes(of: .object(content))).hex)
  }

  private static func encoded(_ hex: String) -> String {
    let replaced: [Character: Character] = ["0": "g", "1": "h", "3": "k", "a": "m", "e": "t"]
    return String(hex.prefix(10).map { replaced[$0] ?? $0 })
  }
}

/// Puts hashes into the names of generated objects.
struct HashTransform: Transform {
  func apply(to list: inout ResourceList) throws(FleetError) {
    for index in list.resources.indices where list.resources[index].needsHash {
      let hash = try ContentHash.of(list.resources[index])
      list.resources[index].rememberID()
      list.resources[index].setName("\(list.resources[index].name)-\(hash)")
    }
  }
}
