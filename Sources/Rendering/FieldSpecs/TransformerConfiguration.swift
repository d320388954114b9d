import Manifests

/// Which fields the transformations work on: those kustomize has built in, and what `configurations` and `crds` add.
struct TransformerConfiguration: Sendable {
  /// The fields by which objects of some kinds name one of another kind.
  struct NameReference: Sendable {
    /// The kind whose name stands in the fields.
    var target: GroupVersionKind
    var fields: [FieldSpec]
  }

  var namePrefix: [FieldSpec] = []
  var nameSuffix: [FieldSpec] = []
  var namespace: [FieldSpec] = []
  var commonLabels: [FieldSpec] = []
  var labels: [FieldSpec] = []
  var templateLabels: [FieldSpec] = []
  var commonAnnotations: [FieldSpec] = []
  var nameReferences: [NameReference] = []
  var varReferences: [FieldSpec] = []
  var images: [FieldSpec] = []
  var replicas: [FieldSpec] = []
  /// Whether everything that is built in is part of this.
  private(set) var hasBuiltIn = false
  /// Whether nothing else is.
  private(set) var isBuiltIn = false

  init() {}

  static let builtIn: TransformerConfiguration = {
    var configuration = BuiltInFieldSpecs.configuration
    configuration.sort()
    configuration.hasBuiltIn = true
    configuration.isBuiltIn = true
    return configuration
  }()

  private static let lists: [any WritableKeyPath<TransformerConfiguration, [FieldSpec]> & Sendable] = [
    \.namePrefix, \.nameSuffix, \.namespace, \.commonLabels, \.labels, \.templateLabels, \.commonAnnotations,
    \.varReferences, \.images, \.replicas,
  ]
}

extension TransformerConfiguration {
  /// Everything of both. Throws when they disagree on whether a field is created.
  func merging(_ other: TransformerConfiguration) throws(FleetError) -> TransformerConfiguration {
    // Nearly always both are what is built in.
    if other.isBuiltIn && hasBuiltIn { return self }
    if other.isBuiltIn && isEmpty { return TransformerConfiguration.mergedBuiltIn }
    return try mergingAll(other)
  }

  private static let mergedBuiltIn: TransformerConfiguration = {
    // Only what is built in is merged here; a test does it too, and it does not throw.
    var merged = (try? TransformerConfiguration().mergingAll(.builtIn)) ?? .builtIn
    merged.isBuiltIn = true
    return merged
  }()

  private var isEmpty: Bool {
    TransformerConfiguration.lists.allSatisfy { self[keyPath: $0].isEmpty } && nameReferences.isEmpty
  }

  private func mergingAll(_ other: TransformerConfiguration) throws(FleetError) -> TransformerConfiguration {
    var merged = self
    for list in TransformerConfiguration.lists { try merged[keyPath: list].merge(other[keyPath: list]) }
    try merged.nameReferences.merge(other.nameReferences)
    merged.sort()
    merged.hasBuiltIn = hasBuiltIn || other.hasBuiltIn
    merged.isBuiltIn = false
    return merged
  }

  /// Puts everything in the order of kinds.
  ///
  /// It shows: references are mended in that order where one field may name several kinds, and when configurations are
  /// merged, a field for one kind covers the same field for all kinds that comes after it.
  mutating func sort() {
    for list in TransformerConfiguration.lists {
      self[keyPath: list] = LegacyOrder.sorted(self[keyPath: list], by: \.kind)
    }
    nameReferences = LegacyOrder.sorted(nameReferences, by: \.target)
  }
}

extension [FieldSpec] {
  /// Adds a field, unless one that covers it is there already.
  ///
  /// Throws when the one that is there says the opposite about creating it.
  mutating func merge(_ added: FieldSpec) throws(FleetError) {
    guard let known = first(where: { $0.kind.isSelected(by: added.kind) && $0.path.hasSameBytes(as: added.path) })
    else { return append(added) }
    guard known.create == added.create else {
      throw FleetError(
        .invalidKustomization, "two field specs for \(added.path) that disagree on create",
        at: added.place ?? known.place ?? FleetError.Address(), nextStep: "give both the same value of create")
    }
  }

  mutating func merge(_ added: [FieldSpec]) throws(FleetError) {
    for spec in added { try merge(spec) }
  }
}

extension [TransformerConfiguration.NameReference] {
  mutating func merge(_ added: [TransformerConfiguration.NameReference]) throws(FleetError) {
    for reference in added { try merge(reference) }
  }

  mutating func merge(_ added: TransformerConfiguration.NameReference) throws(FleetError) {
    var isKnown = false
    for index in indices where self[index].target == added.target {
      try self[index].fields.merge(added.fields)
      isKnown = true
    }
    if !isKnown { append(added) }
  }
}
