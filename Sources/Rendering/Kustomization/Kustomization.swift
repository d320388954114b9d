import Manifests

/// What a `kustomization.yaml` says.
struct Kustomization: Sendable {
  /// The names that kustomize knows it by.
  static let fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

  enum Kind: String, Sendable {
    case kustomization = "Kustomization"
    case component = "Component"
  }

  /// A text, and where it stands.
  struct Text: Sendable {
    var text: String
    var address: FleetError.Address
  }

  /// A part of the kustomization that becomes a step of the build, and where it stands.
  struct Located<Part: Sendable>: Sendable {
    var part: Part
    var address: FleetError.Address
  }

  /// One entry of `labels`.
  struct Labels: Sendable {
    var pairs: [String: String]
    var includeSelectors: Bool
    var includeTemplates: Bool
    var fields: [FieldSpec]
  }

  /// One entry of `patches` or `patchesJson6902`.
  struct Patch: Sendable {
    var path: String
    var patch: String
    var target: SelectorText?
    var options: [String: Bool]
  }

  /// One entry of `replicas`.
  struct Replicas: Sendable {
    var name: String
    var count: Int64
  }

  /// `openapi`.
  struct OpenAPI: Sendable {
    var version: String?
    var path: Text?
    var address: FleetError.Address
  }

  /// `sortOptions`.
  enum Order: Sendable {
    case fifo
    case legacy(LegacyOrder)
  }

  /// The file that it is.
  var file: TreePath
  var kind = Kind.kustomization

  var resources: [Text] = []
  var components: [Text] = []
  var configurations: [Text] = []
  var crds: [Text] = []
  var openAPI: OpenAPI?
  var configMaps: [GeneratorArguments] = []
  var secrets: [GeneratorArguments] = []
  var charts: [ChartEntry] = []
  /// Each the path of configurations of plugins, or one itself.
  var generators: [Text] = []
  var transformers: [Text] = []
  var validators: [Text] = []

  var namespace = Text(text: "", address: .init())
  var namePrefix = Text(text: "", address: .init())
  var nameSuffix = Text(text: "", address: .init())
  var labels: [Located<Labels>] = []
  var commonLabels: [String: String] = [:]
  var commonAnnotations: [String: String] = [:]
  var images: [Located<ImageTransform.Change>] = []
  var replicas: [Located<Replicas>] = []
  var patches: [Located<Patch>] = []
  var patchesStrategicMerge: [Text] = []
  var patchesJson6902: [Located<Patch>] = []
  var replacements: [Located<SettingsReader.ReplacementEntry>] = []
  var variables: [Variable] = []
  var order: Result<Order, FleetError>?
  var buildMetadata: Set<BuildMetadata> = []

  init(file: TreePath) { self.file = file }

  /// The directory that its paths start from.
  var directory: TreePath { file.parent ?? .root }

  /// What it says about the last steps, if it is the one at the top.
  var finish: KustomizationBuild.Finish { KustomizationBuild.Finish(order: order, metadata: buildMetadata) }

  /// What an error about a field without a place of its own carries.
  func address(_ field: String) -> FleetError.Address {
    FleetError.Address(file: file.description, field: field)
  }
}

/// A selector as it is written, before its patterns are compiled.
struct SelectorText: Sendable {
  var kind = GroupVersionKind()
  var name = ""
  var namespace = ""
  var labels = ""
  var annotations = ""
  var address = FleetError.Address()

  /// The selector, its patterns and queries compiled.
  func compiled() throws(FleetError) -> Selector {
    let (labels, annotations) = (try labelQuery(), try annotationQuery())
    do throws(RegularExpression.SyntaxError) {
      return Selector(
        group: try Selector.Pattern(kind.group), version: try Selector.Pattern(kind.version),
        kind: try Selector.Pattern(kind.kind), name: try Selector.Pattern(name),
        namespace: try Selector.Pattern(namespace), labels: labels, annotations: annotations)
    } catch {
      throw FleetError(.invalidKustomization, "not a regular expression", at: address, cause: error.reason)
    }
  }

  func labelQuery() throws(FleetError) -> LabelQuery { try query(labels, "labelSelector") }

  func annotationQuery() throws(FleetError) -> LabelQuery { try query(annotations, "annotationSelector") }

  private func query(_ text: String, _ field: String) throws(FleetError) -> LabelQuery {
    do throws(LabelQuery.SyntaxError) {
      return try LabelQuery(text)
    } catch {
      var address = address
      address.field = address.field.map { "\($0).\(field)" } ?? field
      throw FleetError(.invalidKustomization, "not a selector of labels", at: address, cause: error.reason)
    }
  }
}
