import Manifests

extension Resource {
  /// Applies a strategic merge patch. The object keeps its kind, name and namespace unless the patch may change them;
  /// when the patch deletes it nothing is left of it.
  mutating func apply(_ patch: Resource, with merge: StrategicMerge) throws(FleetError) {
    let (kind, name, namespace) = (kindName, name, namespace)
    if patch.allowsNameChange || patch.allowsKindChange {
      rememberID()
    }
    do {
      let merged = try merge.apply(patch.tree, to: tree) ?? .mapping([])
      // kustomize merges in place, where a whole object that is replaced is left behind as it was.
      if !patch.tree.isReplacement { tree = merged }
    } catch {
      throw error.within(FleetError.Address(object: address.object))
    }
    if isDeleted { return }
    if patch.replacesAnnotations { forgetNotes() }
    if !patch.allowsKindChange { setKind(kind) }
    if !patch.allowsNameChange { setName(name) }
    setNamespace(namespace)
  }

  /// Applies a JSON patch, as kustomize does to the object written as JSON.
  mutating func apply(_ patch: JSONPatch) throws(FleetError) {
    do {
      var document = try tree.resolved()
      if hasOwnAnnotations { document.addAnnotations() }
      lendNotes(to: &document)
      tree = YAMLTree(throughJSON: try patch.apply(to: document))
      takeBackNotes()
    } catch {
      throw error.within(FleetError.Address(object: address.object))
    }
    makeAnnotationsTexts()
  }
}

extension Resource {
  /// Whether this is a patch that takes all annotations away, with what kustomize notes there of an object.
  fileprivate var replacesAnnotations: Bool {
    guard let metadata = tree["metadata"] else { return false }
    return metadata.hasDirective || metadata["annotations"]?.hasDirective ?? false
  }

  /// Lets go of what the build has noted of the object.
  private mutating func forgetNotes() {
    formerIdentities = []
    namePrefixes = []
    nameSuffixes = []
    behavior = .unspecified
    needsHash = false
    origin = nil
    transformations = ""
    hasBuildAnnotations = false
  }

  /// Lets a patch see, and take away with all annotations, what the build has noted in kustomize's way.
  private func lendNotes(to document: inout Value) {
    guard let origin, var metadata = document["metadata"], var annotations = metadata["annotations"],
      annotations.object != nil
    else { return }
    annotations[Origin.annotation] = .string(origin.text)
    if !transformations.isEmpty { annotations[Origin.transformationsAnnotation] = .string(transformations) }
    metadata["annotations"] = annotations
    document["metadata"] = metadata
  }

  private mutating func takeBackNotes() {
    if origin == nil { return }
    let keys = annotations.map(\.key)
    if !keys.contains(where: { $0.hasSameBytes(as: Origin.annotation) }) { origin = nil }
    if !keys.contains(where: { $0.hasSameBytes(as: Origin.transformationsAnnotation) }) { transformations = "" }
    removeAnnotation(Origin.annotation)
    removeAnnotation(Origin.transformationsAnnotation)
  }
}

extension YAMLTree {
  /// Whether a map says that it stands for all that was there.
  fileprivate var isReplacement: Bool { (try? PatchDirective.take(from: self).0) == .replace }

  /// Whether a map says that what was there goes.
  fileprivate var hasDirective: Bool {
    guard isMapping, let (directive, _) = try? PatchDirective.take(from: self) else { return false }
    return directive != .merge
  }
}

extension Value {
  /// Puts an empty map where annotations would stand: kustomize has some of its own there.
  fileprivate mutating func addAnnotations() {
    guard var metadata = self["metadata"], metadata.object != nil, metadata["annotations"] == nil else { return }
    metadata["annotations"] = .object(Object())
    self["metadata"] = metadata
  }
}

extension YAMLTree {
  /// The tree that a document becomes on its way through Go's JSON, which knows no integers but only doubles.
  init(throughJSON value: Value) {
    switch value {
    case .integer(let integer): self = .scalar(Scalar(double: Double(integer)))
    case .unsigned(let integer): self = .scalar(Scalar(double: Double(integer)))
    case .number(let number): self = .scalar(Scalar(double: number))
    case .array(let values): self = .sequence(values.map { YAMLTree(throughJSON: $0) })
    case .object(let object): self = .mapping(object.map { Entry($0.key, YAMLTree(throughJSON: $0.value)) })
    default: self = YAMLTree(value)
    }
  }
}

extension YAMLTree.Scalar {
  /// A number as Go's YAML writes it: with an exponent from a million on.
  init(double: Double) {
    let text = GoNumber.text(of: double)
    let isInteger = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    self.init(text, isInteger ? .integer : .float)
  }
}
