import Manifests

/// One entry of `helmCharts`, or a `HelmChartInflationGenerator`, and what `helmGlobals` adds to it.
struct ChartEntry: Sendable {
  /// What inline values are to those of the file.
  enum Merge: String, CaseIterable, Sendable {
    /// They come over them.
    case override
    /// They come under them.
    case merge
    /// They stand in their place.
    case replace
  }

  var name = Kustomization.Text(text: "", address: .init())
  var version = ""
  var repository = Kustomization.Text(text: "", address: .init())
  var home = ChartEntry.defaultHome
  var releaseName = ""
  var namespace = ""
  var nameTemplate = ""
  var valuesFile = Kustomization.Text(text: "", address: .init())
  var moreValuesFiles: [Kustomization.Text] = []
  var inlineValues = Object()
  var merge = Merge.override
  var includesCRDs = false
  var skipsHooks = false
  var skipsTests = false
  var kubernetesVersion = ""
  var apiVersions: [String] = []
  var address = FleetError.Address()

  static let defaultHome = "charts"

  /// Where the chart should lie, from the directory of the kustomization: where kustomize itself looks for it.
  var place: String {
    if version.isEmpty || repository.text.isEmpty { return "\(home)/\(name.text)" }
    return "\(home)/\(name.text)-\(version)/\(name.text)"
  }
}

extension SettingsReader {
  /// The charts of a kustomization.
  func charts(_ fields: inout Fields) throws(FleetError) -> [ChartEntry] {
    let globals = try fields.optional("helmGlobals")
    var entries = try list(fields.optional("helmCharts")) { field throws(FleetError) in
      try object(field) { fields throws(FleetError) in try chart(&fields, at: field.address) }
    }
    if let old = try fields.optional("helmChartInflationGenerator") {
      throw old.error(
        "kustomize has replaced this field", code: .notSupportedYet, nextStep: "write the charts under helmCharts")
    }
    if let globals {
      let home = try object(globals) { fields throws(FleetError) in try chartHome(&fields) }
      for index in entries.indices { entries[index].home = home }
    }
    return entries
  }

  /// A plugin's configuration, which has the fields of `helmGlobals` beside those of a chart.
  func chartPlugin(_ field: Field, at address: FleetError.Address) throws(FleetError) -> ChartEntry {
    try object(field) { fields throws(FleetError) in
      var entry = try chart(&fields, at: address)
      entry.home = try chartHome(&fields)
      return entry
    }
  }

  private func chartHome(_ fields: inout Fields) throws(FleetError) -> String {
    if let field = try fields.optional("configHome"), try !text(field).isEmpty {
      throw field.error(
        "helm's own configuration is not read: charts are rendered without repositories and plugins",
        code: .notSupportedYet, nextStep: "remove the field")
    }
    let home = try text(fields.optional("chartHome"))
    return home.isEmpty ? ChartEntry.defaultHome : home
  }

  private func chart(_ fields: inout Fields, at address: FleetError.Address) throws(FleetError) -> ChartEntry {
    var entry = ChartEntry(address: address)
    entry.name = try located(fields.optional("name"))
    guard !entry.name.text.isEmpty else {
      throw FleetError(.invalidKustomization, "a chart without a name", at: address)
    }
    entry.version = try text(fields.optional("version"))
    entry.repository = try located(fields.optional("repo"))
    entry.releaseName = try text(fields.optional("releaseName"))
    entry.namespace = try text(fields.optional("namespace"))
    entry.nameTemplate = try text(fields.optional("nameTemplate"))
    try readValues(&fields, into: &entry)
    entry.includesCRDs = try flag(fields.optional("includeCRDs"))
    entry.skipsHooks = try flag(fields.optional("skipHooks"))
    entry.skipsTests = try flag(fields.optional("skipTests"))
    entry.kubernetesVersion = try text(fields.optional("kubeVersion"))
    entry.apiVersions = try texts(fields.optional("apiVersions")).map(\.text)
    // The one is about messages, the other about fetching: no object depends on them.
    _ = try flag(fields.optional("debug"))
    _ = try flag(fields.optional("devel"))
    return entry
  }

  private func readValues(_ fields: inout Fields, into entry: inout ChartEntry) throws(FleetError) {
    entry.valuesFile = try located(fields.optional("valuesFile"))
    entry.moreValuesFiles = try texts(fields.optional("additionalValuesFiles"))
    if let field = try fields.optional("valuesInline") {
      guard let object = field.value.object else { throw field.error("\(field.kindName) where a map should stand") }
      entry.inlineValues = object
    }
    if let field = try fields.optional("valuesMerge"), try !text(field).isEmpty {
      entry.merge = try field.choice(ChartEntry.Merge.self)
    }
  }
}
