import Manifests

/// One entry of `configMapGenerator` or `secretGenerator`.
struct GeneratorArguments: Sendable {
  /// `options` of an entry, or `generatorOptions` of the kustomization.
  struct Options: Sendable {
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var disableNameSuffixHash = false
    var immutable = false

    /// These options, with those of the kustomization where they say nothing; what is switched on there stays on.
    func filled(from global: Options?) -> Options {
      guard let global else { return self }
      var options = self
      options.labels.merge(global.labels) { own, _ in own }
      options.annotations.merge(global.annotations) { own, _ in own }
      options.disableNameSuffixHash = disableNameSuffixHash || global.disableNameSuffixHash
      options.immutable = immutable || global.immutable
      return options
    }
  }

  var name = ""
  var namespace = ""
  var behavior = Resource.Behavior.unspecified
  var literals: [Kustomization.Text] = []
  var files: [Kustomization.Text] = []
  var envs: [Kustomization.Text] = []
  var options: Options?
  /// Of a Secret.
  var type = ""
  var address = FleetError.Address()

  /// Takes over the options of the kustomization where there are some.
  mutating func inherit(_ global: Options?) {
    if global != nil { options = (options ?? Options()).filled(from: global) }
  }
}

extension SettingsReader {
  func generator(_ field: Field) throws(FleetError) -> GeneratorArguments {
    try object(field) { fields throws(FleetError) in
      var arguments = try generator(&fields, at: field.address)
      arguments.type = try text(fields.optional("type"))
      return arguments
    }
  }

  /// What ConfigMaps and Secrets have in common.
  func generator(_ fields: inout Fields, at address: FleetError.Address) throws(FleetError) -> GeneratorArguments {
    var arguments = GeneratorArguments()
    arguments.address = address
    arguments.name = try text(fields.optional("name"))
    arguments.namespace = try text(fields.optional("namespace"))
    arguments.behavior = Resource.Behavior(rawValue: try text(fields.optional("behavior"))) ?? .unspecified
    arguments.literals = try texts(fields.optional("literals"))
    arguments.files = try texts(fields.optional("files"))
    arguments.envs = try texts(fields.optional("envs"))
    let env = try located(fields.optional("env"))
    if !env.text.isEmpty { arguments.envs.append(env) }
    arguments.options = try fields.optional("options").map { field throws(FleetError) in try generatorOptions(field) }
    return arguments
  }

  func generatorOptions(_ field: Field) throws(FleetError) -> GeneratorArguments.Options {
    try object(field) { fields throws(FleetError) in
      GeneratorArguments.Options(
        labels: try map(fields.optional("labels")), annotations: try map(fields.optional("annotations")),
        disableNameSuffixHash: try flag(fields.optional("disableNameSuffixHash")),
        immutable: try flag(fields.optional("immutable")))
    }
  }
}
