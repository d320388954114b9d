import Manifests

/// What makes an object invalid, as far as agents meet it: 422 with causes.
enum Validation {
  /// The most data of a ConfigMap or Secret.
  static let dataLimit = 1 << 20

  static func check(_ value: Value, _ kind: ResourceKind, old: Value?) throws(StatusError) {
    let name = value[path: "metadata", "name"]?.string ?? ""
    var causes = nameCauses(name, kind) + dataCauses(value, kind)
    if let old {
      causes += ImmutableFields.causes(value, old, kind)
    } else {
      causes += requiredCauses(value, kind)
    }
    causes += selectorCauses(value, kind)
    if kind.isCustom { causes += CustomSchema.causes(value, kind.schema) }
    if !causes.isEmpty { throw .invalid(kind, name, causes) }
  }

  private static func nameCauses(_ name: String, _ kind: ResourceKind) -> [StatusError.Cause] {
    if name.isEmpty {
      return [cause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")]
    }
    // Names of roles may hold what a path may; all others are those of DNS.
    let isFree = kind.group == "rbac.authorization.k8s.io"
    if isFree || Names.isSubdomain(name[...]) { return [] }
    return [
      cause(
        "FieldValueInvalid",
        "Invalid value: \"\(name)\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
          + "'-' or '.', and must start and end with an alphanumeric character", "metadata.name")
    ]
  }

  private static func dataCauses(_ value: Value, _ kind: ResourceKind) -> [StatusError.Cause] {
    guard kind.groupKind == "ConfigMap" || kind.groupKind == "Secret" else { return [] }
    let maps = [value["data"]?.object, value["binaryData"]?.object].compactMap(\.self)
    let size = maps.reduce(0) { $0 + $1.reduce(0) { $0 + ($1.value.string?.utf8.count ?? 0) } }
    guard size > dataLimit else { return [] }
    return [
      cause(
        "FieldValueTooLong", "Too long: may not be more than \(dataLimit) bytes", kind.kind == "Secret" ? "data" : "[]")
    ]
  }

  /// Fields that the type requires, by its schema.
  private static func requiredCauses(_ value: Value, _ kind: ResourceKind) -> [StatusError.Cause] {
    guard !kind.isCustom else { return [] }
    return RequiredFields.missing(value, kind.schema, at: "").map {
      cause("FieldValueRequired", "Required value", $0)
    }
  }

  private static func selectorCauses(_ value: Value, _ kind: ResourceKind) -> [StatusError.Cause] {
    guard kind.group == "apps", let selector = value[path: "spec", "selector"] else { return [] }
    let labels = value[path: "spec", "template", "metadata", "labels"]?.object ?? Object()
    if LabelSelector(selector).matches(labels) { return [] }
    let text = String(decoding: JSON.canonical(.object(labels)), as: UTF8.self)
    return [
      cause(
        "FieldValueInvalid", "Invalid value: \(text): `selector` does not match template `labels`",
        "spec.template.metadata.labels")
    ]
  }

  static func cause(_ reason: String, _ message: String, _ field: String) -> StatusError.Cause {
    StatusError.Cause(reason: reason, message: message, field: field)
  }
}

/// Finds required fields that are missing.
enum RequiredFields {
  static func missing(_ value: Value, _ schema: TypeSchema, at path: String) -> [String] {
    switch (schema.resolved, value) {
    case (.structure(let structure, _), .object(let object)):
      let absent = structure.fields.filter { $0.value.isRequired && object[$0.key] == nil }.map { join(path, $0.key) }
      let below = object.flatMap { name, child in
        structure.fields[name].map { missing(child, $0.type, at: join(path, name)) } ?? []
      }
      return absent.sorted() + below
    case (.list(let element, _), .array(let items)):
      return items.enumerated().flatMap { missing($1, element, at: "\(path)[\($0)]") }
    default: return []
    }
  }

  private static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

/// Fields that cannot be changed once an object is there.
enum ImmutableFields {
  private static let paths: [String: [[String]]] = [
    "Deployment.apps": [["spec", "selector"]], "ReplicaSet.apps": [["spec", "selector"]],
    "DaemonSet.apps": [["spec", "selector"]],
    "Job.batch": [["spec", "selector"], ["spec", "template"], ["spec", "completionMode"]],
    "RoleBinding.rbac.authorization.k8s.io": [["roleRef"]],
    "ClusterRoleBinding.rbac.authorization.k8s.io": [["roleRef"]],
    "StorageClass.storage.k8s.io": [["provisioner"], ["parameters"], ["reclaimPolicy"], ["volumeBindingMode"]],
    "Secret": [["type"]], "PersistentVolume": [["spec", "persistentVolumeSource"]],
    "Service": [["spec", "clusterIP"]],
    "CustomResourceDefinition.apiextensions.k8s.io": [
      ["spec", "scope"], ["spec", "group"], ["spec", "names", "kind"], ["spec", "names", "plural"],
    ],
  ]

  /// What of a StatefulSet's spec may change; of a claim's only what it asks for.
  private static let statefulSetFields = [
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
  ]

  static func causes(_ new: Value, _ old: Value, _ kind: ResourceKind) -> [StatusError.Cause] {
    var causes = (paths[kind.groupKind] ?? []).compactMap { path -> StatusError.Cause? in
      guard old.value(at: path) != nil || kind.kind != "Service", new.value(at: path) != old.value(at: path) else {
        return nil
      }
      let shown = new.value(at: path).map { String(decoding: JSON.canonical($0), as: UTF8.self) } ?? "null"
      return Validation.cause(
        "FieldValueInvalid", "Invalid value: \(shown): field is immutable", path.joined(separator: "."))
    }
    switch kind.groupKind {
    case "StatefulSet.apps" where rest(new, statefulSetFields) != rest(old, statefulSetFields):
      causes.append(
        Validation.cause(
          "FieldValueForbidden",
          "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
            + "are forbidden", "spec"))
    case "PersistentVolumeClaim" where rest(new, claimFields) != rest(old, claimFields):
      causes.append(
        Validation.cause(
          "FieldValueForbidden",
          "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
            + "claims", "spec"))
    case "ConfigMap" where old["immutable"] == true, "Secret" where old["immutable"] == true:
      causes += ["data", "binaryData", "immutable"].filter { new[$0] != old[$0] }.map {
        Validation.cause("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", $0)
      }
    default: break
    }
    return causes
  }

  private static let claimFields = ["resources", "volumeAttributesClassName", "volumeName"]

  private static func rest(_ value: Value, _ changeable: [String]) -> Object {
    let spec = value["spec"]?.object ?? Object()
    return Object(uniqueEntries: spec.entries.filter { !changeable.contains($0.key) })
  }
}
