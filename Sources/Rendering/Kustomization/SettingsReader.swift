import Manifests

/// Reads the parts of kustomizations and of the configurations of built-in plugins.
///
/// Names of fields match in any letter case, as Go's JSON has it. A kustomization with a field that nobody knows is
/// refused; a plugin's configuration may have such fields, and numbers where texts should stand.
struct SettingsReader: Sendable {
  enum Form: Sendable {
    case kustomization
    case plugin
  }

  var form: Form

  func object<Result>(
    _ field: Field, _ read: (inout Fields) throws(FleetError) -> Result
  ) throws(FleetError) -> Result {
    try field.object(letterCase: .any) { fields throws(FleetError) in
      if form == .plugin { fields.ignoreRest() }
      return try read(&fields)
    }
  }

  /// A text; empty when there is none.
  func text(_ field: Field?) throws(FleetError) -> String {
    guard let field else { return "" }
    if form == .plugin {
      switch field.value {
      case .bool(let value): return value ? "true" : "false"
      case .integer(let value): return String(value)
      case .unsigned(let value): return String(value)
      case .number(let value): return GoNumber.text(of: value)
      default: break
      }
    }
    return try field.string()
  }

  /// A part of an identity, which is a text even where others may be numbers; empty when there is none.
  func identity(_ field: Field?) throws(FleetError) -> String {
    guard let field else { return "" }
    return try field.string()
  }

  func located(_ field: Field?) throws(FleetError) -> Kustomization.Text {
    Kustomization.Text(text: try text(field), address: field?.address ?? FleetError.Address())
  }

  func flag(_ field: Field?) throws(FleetError) -> Bool {
    guard let field else { return false }
    return try field.bool()
  }

  func list<Element>(
    _ field: Field?, _ read: (Field) throws(FleetError) -> Element
  ) throws(FleetError) -> [Element] {
    guard let field else { return [] }
    return try field.array(read)
  }

  func texts(_ field: Field?) throws(FleetError) -> [Kustomization.Text] {
    try list(field) { element throws(FleetError) in
      element.isNull ? Kustomization.Text(text: "", address: element.address) : try located(element)
    }
  }

  func map(_ field: Field?) throws(FleetError) -> [String: String] {
    guard let field else { return [:] }
    var map: [String: String] = [:]
    for entry in try field.entries() {
      map[entry.key] = entry.field.isNull ? "" : try text(entry.field)
    }
    return map
  }
}

extension SettingsReader {
  func kind(_ fields: inout Fields) throws(FleetError) -> GroupVersionKind {
    GroupVersionKind(
      group: try identity(fields.optional("group")), version: try identity(fields.optional("version")),
      kind: try identity(fields.optional("kind")))
  }

  func fieldSpec(_ field: Field) throws(FleetError) -> FieldSpec {
    try object(field) { fields throws(FleetError) in
      let kind = try kind(&fields)
      let create = try flag(fields.optional("create"))
      return FieldSpec(try text(fields.optional("path")), kind: kind, create: create, place: field.address)
    }
  }

  func selector(_ field: Field) throws(FleetError) -> SelectorText {
    try object(field) { fields throws(FleetError) in
      SelectorText(
        kind: try kind(&fields), name: try identity(fields.optional("name")),
        namespace: try identity(fields.optional("namespace")), labels: try text(fields.optional("labelSelector")),
        annotations: try text(fields.optional("annotationSelector")), address: field.address)
    }
  }

  func image(_ field: Field) throws(FleetError) -> Kustomization.Located<ImageTransform.Change> {
    let change = try object(field) { fields throws(FleetError) in
      ImageTransform.Change(
        name: try text(fields.optional("name")), newName: try text(fields.optional("newName")),
        newTag: try text(fields.optional("newTag")), digest: try text(fields.optional("digest")),
        tagSuffix: try text(fields.optional("tagSuffix")))
    }
    return Kustomization.Located(part: change, address: field.address)
  }

  func patch(_ field: Field) throws(FleetError) -> Kustomization.Located<Kustomization.Patch> {
    let patch = try object(field) { fields throws(FleetError) in
      let target = try fields.optional("target")
      var options: [String: Bool] = [:]
      for entry in try fields.optional("options")?.entries() ?? [] { options[entry.key] = try flag(entry.field) }
      return Kustomization.Patch(
        path: try text(fields.optional("path")), patch: try text(fields.optional("patch")),
        target: try target.map { field throws(FleetError) in try selector(field) }, options: options)
    }
    return Kustomization.Located(part: patch, address: field.address)
  }

  func labels(_ field: Field) throws(FleetError) -> Kustomization.Located<Kustomization.Labels> {
    let labels = try object(field) { fields throws(FleetError) in
      Kustomization.Labels(
        pairs: try map(fields.optional("pairs")), includeSelectors: try flag(fields.optional("includeSelectors")),
        includeTemplates: try flag(fields.optional("includeTemplates")),
        fields: try list(fields.optional("fields"), fieldSpec))
    }
    return Kustomization.Located(part: labels, address: field.address)
  }

  func replicas(_ field: Field) throws(FleetError) -> Kustomization.Located<Kustomization.Replicas> {
    let replicas = try object(field) { fields throws(FleetError) in
      Kustomization.Replicas(
        name: try text(fields.optional("name")), count: try fields.optional("count")?.integer() ?? 0)
    }
    return Kustomization.Located(part: replicas, address: field.address)
  }

  func openAPI(_ field: Field) throws(FleetError) -> Kustomization.OpenAPI {
    var openAPI = Kustomization.OpenAPI(address: field.address)
    for entry in try field.entries() {
      switch entry.key {
      case "version": openAPI.version = try text(entry.field)
      case "path": openAPI.path = try located(entry.field)
      default: throw entry.field.error("neither path nor version", code: .unknownField)
      }
    }
    return openAPI
  }

  /// The order that `sortOptions` asks for, or why there is none such: only that of the kustomization at the top counts.
  func order(_ field: Field) throws(FleetError) -> Result<Kustomization.Order, FleetError> {
    try object(field) { fields throws(FleetError) in
      let order = try fields.optional("order")
      let options = try fields.optional("legacySortOptions")
      let legacy = try options.map { field throws(FleetError) in try legacyOrder(field) }
      switch try text(order) {
      case "fifo":
        return options.map { .failure($0.error("set, but the order is fifo, not legacy")) } ?? .success(.fifo)
      case "legacy": return .success(.legacy(legacy ?? .standard))
      default: return .failure((order ?? field).error("not one of fifo, legacy"))
      }
    }
  }

  private func legacyOrder(_ field: Field) throws(FleetError) -> LegacyOrder {
    try object(field) { fields throws(FleetError) in
      LegacyOrder(
        first: try texts(fields.optional("orderFirst")).map(\.text),
        last: try texts(fields.optional("orderLast")).map(\.text))
    }
  }
}
