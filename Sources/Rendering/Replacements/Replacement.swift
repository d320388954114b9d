import Manifests

/// One entry of `replacements`: a value of one object that is copied into fields of others.
struct Replacement: Sendable {
  /// Which part of a text is meant, and whether missing fields are created.
  struct Options: Sendable {
    var delimiter = ""
    var index = 0
    var create = false
  }

  struct Source: Sendable {
    var object: ResourceID
    var fieldPath: String
    var options: Options
  }

  struct Target: Sendable {
    var select: SelectorText
    var reject: [SelectorText]
    var fieldPaths: [String]
    var options: Options
  }

  static let defaultPath = "metadata.name"

  var source: Source
  var targets: [Target]
  var address: FleetError.Address
}

extension SettingsReader {
  /// A replacement, or the path of a file with replacements.
  enum ReplacementEntry: Sendable {
    case inline(Replacement)
    case path(Kustomization.Text)
  }

  func replacementEntry(_ field: Field) throws(FleetError) -> ReplacementEntry {
    try object(field) { fields throws(FleetError) in
      let path = try located(fields.optional("path"))
      let source = try fields.optional("source")
      let targets = try fields.optional("targets")
      guard path.text.isEmpty else {
        guard source == nil, targets == nil else {
          throw field.error("both a path and a replacement", code: .invalidKustomization)
        }
        return .path(path)
      }
      return .inline(try replacement(source, targets, at: field))
    }
  }

  /// The replacements of a file: a list of them, or one.
  func replacements(_ field: Field) throws(FleetError) -> [Replacement] {
    guard field.value.array == nil else { return try list(field, replacement) }
    return [try replacement(field)]
  }

  func replacement(_ field: Field) throws(FleetError) -> Replacement {
    try object(field) { fields throws(FleetError) in
      let source = try fields.optional("source")
      return try replacement(source, fields.optional("targets"), at: field)
    }
  }

  private func replacement(_ source: Field?, _ targets: Field?, at field: Field) throws(FleetError) -> Replacement {
    guard let source, let targets else {
      throw field.error("a replacement needs a source and targets", code: .invalidKustomization)
    }
    return Replacement(
      source: try replacementSource(source), targets: try list(targets, replacementTarget), address: field.address)
  }

  private func replacementSource(_ field: Field) throws(FleetError) -> Replacement.Source {
    try object(field) { fields throws(FleetError) in
      let kind = try kind(&fields)
      let name = try identity(fields.optional("name"))
      let namespace = try identity(fields.optional("namespace"))
      let path = try text(fields.optional("fieldPath"))
      return Replacement.Source(
        object: ResourceID(kind, name: name, namespace: namespace, isClusterScoped: false),
        fieldPath: path.isEmpty ? Replacement.defaultPath : path, options: try options(fields.optional("options")))
    }
  }

  private func replacementTarget(_ field: Field) throws(FleetError) -> Replacement.Target {
    try object(field) { fields throws(FleetError) in
      guard let select = try fields.optional("select") else {
        throw field.error("a target must say which objects it selects", code: .invalidKustomization)
      }
      let paths = try texts(fields.optional("fieldPaths")).map(\.text)
      return Replacement.Target(
        select: try selector(select), reject: try list(fields.optional("reject"), selector),
        fieldPaths: paths.isEmpty ? [Replacement.defaultPath] : paths,
        options: try options(fields.optional("options")))
    }
  }

  private func options(_ field: Field?) throws(FleetError) -> Replacement.Options {
    guard let field else { return Replacement.Options() }
    return try object(field) { fields throws(FleetError) in
      // Read by kustomize and not used either.
      _ = try text(fields.optional("encoding"))
      return Replacement.Options(
        delimiter: try text(fields.optional("delimiter")), index: try fields.optional("index")?.int() ?? 0,
        create: try flag(fields.optional("create")))
    }
  }
}
