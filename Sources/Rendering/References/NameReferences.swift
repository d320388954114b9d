import Manifests

/// Mends the fields by which objects name one another, after names have changed.
///
/// Which object a field means is decided by the names that objects had before, their kinds and namespaces, and, where
/// several are left, by the prefixes and suffixes that the object with the field shares with them.
struct NameReferences: Sendable {
  private let fields: FieldsByKind
  /// Of each object of the list that this is narrowed to, the fields that it may have.
  private var narrowed: [[FieldsByKind.Candidate]]?

  /// - Parameter kinds: those of the objects to come. Others are served too, only slower.
  init(_ references: [TransformerConfiguration.NameReference], for kinds: some Sequence<GroupVersionKind>) {
    fields = FieldsByKind(references, for: kinds)
  }

  /// The same for lists of the same objects, whose single values may have changed and nothing else: of the hundreds of
  /// fields that a kind can have, those that there are.
  func narrowed(to list: ResourceList) -> NameReferences {
    var references = self
    references.narrowed = list.resources.map { resource in
      fields.all(for: resource.originalID.kind).filter { $0.field.mayLeadSomewhere(in: resource) }
    }
    return references
  }

  func apply(to list: inout ResourceList) throws(FleetError) {
    if let narrowed, narrowed.allSatisfy(\.isEmpty) { return }
    let targets = ReferenceTargets(list)
    for index in list.resources.indices {
      // Fields are chosen by the kind that the author gave the object, and by its group and version of now.
      let candidates = narrowed?[index] ?? fields.all(for: list.resources[index].originalID.kind)
      if candidates.isEmpty { continue }
      let referrer = try Referrer(list.resources[index])
      do {
        for candidate in candidates { try mend(candidate, in: &list.resources[index], referrer, targets) }
      } catch {
        throw error.within(list.resources[index].address)
      }
    }
  }

  private func mend(
    _ candidate: FieldsByKind.Candidate, in resource: inout Resource, _ referrer: Referrer, _ targets: ReferenceTargets
  ) throws(FleetError) {
    try candidate.field.apply(to: &resource) { value throws(FleetError) in
      let search = ReferenceSearch(
        targets: targets, referrer: referrer, target: candidate.target,
        role: candidate.isRole ? referrer.role : nil)
      switch value {
      case .scalar: try mendName(&value, search)
      case .mapping: try mendMap(&value, search)
      case .sequence:
        try value.withElements { elements throws(FleetError) in
          for index in elements.indices { try mendElement(&elements[index], search) }
        }
      }
    }
  }

  private func mendElement(_ value: inout YAMLTree, _ search: ReferenceSearch) throws(FleetError) {
    switch value {
    case .scalar: try mendName(&value, search)
    case .mapping: try mendMap(&value, search)
    case .sequence:
      throw FleetError(.renderingFailed, "a list where a name or a map with a name should stand")
    }
  }

  private func mendName(_ value: inout YAMLTree, _ search: ReferenceSearch) throws(FleetError) {
    guard !value.isNull, let found = try search.find(value.text, .name) else { return }
    if !found.name.hasSameBytes(as: value.text) { value.setScalar(found.name, .none) }
  }

  /// A map with a name and perhaps a namespace, as the subjects of role bindings are.
  private func mendMap(_ value: inout YAMLTree, _ search: ReferenceSearch) throws(FleetError) {
    guard let name = value["name"] else {
      throw FleetError(.renderingFailed, "a reference without a name")
    }
    guard let found = try search.find(name.text, .map(namespace: value["namespace"].map(\.text))) else { return }
    if found.name.hasSameBytes(as: name.text) && found.namespace.isEmpty { return }
    value.set("name", .scalar(YAMLTree.Scalar(found.name, .none)))
    // A target without a namespace says nothing about the one that stands here.
    if !found.namespace.isEmpty { value.set("namespace", .scalar(YAMLTree.Scalar(found.namespace, .none))) }
  }
}

/// The object whose fields are being mended.
struct Referrer {
  let id: ResourceID
  let prefixes: [String]
  let suffixes: [String]
  /// The kind that the role reference of a role binding names.
  let role: GroupVersionKind?
  /// For a RoleBinding the namespaces of the ServiceAccounts that it binds: it may name what is in them.
  let boundNamespaces: Set<String>

  init(_ resource: Resource) throws(FleetError) {
    id = resource.id
    prefixes = resource.namePrefixes
    suffixes = resource.nameSuffixes
    if let roleRef = resource.tree["roleRef"], let group = roleRef["apiGroup"], let kind = roleRef["kind"] {
      role = GroupVersionKind(group: group.text, kind: kind.text)
    } else {
      role = nil
    }
    boundNamespaces = try Referrer.boundNamespaces(of: resource)
  }

  private static func boundNamespaces(of resource: Resource) throws(FleetError) -> Set<String> {
    guard resource.kindName == "RoleBinding" else { return [] }
    var namespaces: Set<String> = []
    for subject in resource.tree["subjects"]?.elements ?? [] {
      guard let namespace = subject["namespace"], subject["kind"]?.text == "ServiceAccount" else { continue }
      guard case .string(let text) = try namespace.resolved(at: resource) else {
        throw FleetError(
          .renderingFailed, "a ServiceAccount whose namespace is not a text",
          at: FleetError.Address(
            file: resource.source.file, line: resource.source.line, field: "subjects[].namespace",
            object: resource.address.object))
      }
      namespaces.insert(text)
    }
    return namespaces
  }
}

/// The fields that name others, found by the kind of the object that has them.
private struct FieldsByKind: Sendable {
  /// A class, for there are hundreds and each is looked at for every object.
  final class Candidate: Sendable {
    /// The kind that the field names.
    let target: GroupVersionKind
    let field: FieldSpec
    let isRole: Bool

    init(target: GroupVersionKind, field: FieldSpec) {
      self.target = target
      self.field = field
      isRole = field.path.hasSuffix("roleRef/name")
    }
  }

  private let all: [Candidate]
  private var known: [GroupVersionKind: [Candidate]] = [:]

  init(_ references: [TransformerConfiguration.NameReference], for kinds: some Sequence<GroupVersionKind>) {
    all = references.flatMap { reference in
      reference.fields.map { Candidate(target: reference.target, field: $0) }
    }
    for kind in kinds where known[kind] == nil { known[kind] = selected(for: kind) }
  }

  func all(for kind: GroupVersionKind) -> [Candidate] { known[kind] ?? selected(for: kind) }

  private func selected(for kind: GroupVersionKind) -> [Candidate] {
    all.filter { kind.isSelected(by: $0.field.kind) }
  }
}
