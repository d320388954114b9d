import Manifests

/// `namespace`: puts every object into one namespace.
///
/// Objects of cluster scope have none; beside `metadata.namespace` the fields are set that name a namespace (the name
/// of a Namespace, the Service of an APIService or a CRD's webhook, subjects of role bindings).
struct NamespaceTransform: Transform {
  /// Which subjects of role bindings get the namespace.
  enum Subjects: String, Sendable, CaseIterable {
    /// Those named `default`, whatever they are.
    case defaultOnly
    case allServiceAccounts
    case none
  }

  var namespace: String
  var fields: [FieldSpec]
  /// Leaves alone what has a namespace already.
  var onlyWhereUnset = false
  var subjects = Subjects.defaultOnly

  func apply(to list: inout ResourceList) throws(FleetError) {
    var counts: [ResourceID: Int] = [:]
    for resource in list.resources { counts[resource.id, default: 0] += 1 }
    for index in list.resources.indices {
      let former = list.resources[index].id
      list.resources[index].rememberID()
      try change(&list.resources[index])
      let id = list.resources[index].id
      counts[former, default: 0] -= 1
      counts[id, default: 0] += 1
      guard counts[id] == 1 else {
        throw FleetError(
          .duplicateObject, "putting objects into the namespace \(namespace) makes two of them \(id)",
          at: FleetError.Address(object: list.resources[index].address.object))
      }
    }
  }

  /// Sets the namespace in one object.
  func change(_ resource: inout Resource) throws(FleetError) {
    let kind = resource.kind
    if !resource.id.isClusterScoped {
      let field = FieldSpec("metadata/namespace", create: true)
      try field.apply(to: &resource, creating: .scalar(.none)) { value throws(FleetError) in try set(&value) }
    }
    let isBinding = NamespaceTransform.bindings.contains(kind.kind)
    if isBinding { try changeSubjects(of: &resource) }
    for spec in fields where kind.isSelected(by: spec.kind) && applies(spec, to: resource) {
      try spec.apply(to: &resource, creating: .scalar(.string)) { value throws(FleetError) in try set(&value) }
    }
  }

  private static let bindings = ["RoleBinding", "ClusterRoleBinding"]

  /// Whether a field is not among those that have rules of their own.
  private func applies(_ spec: FieldSpec, to resource: Resource) -> Bool {
    if spec.path == "metadata/namespace" { return false }
    if spec.path == "metadata/name" && resource.apiVersion != "v1" { return false }
    let isAboutSubjects = NamespaceTransform.bindings.contains(spec.kind.kind) && spec.path == "subjects/namespace"
    return !(isAboutSubjects && NamespaceTransform.bindings.contains(resource.kindName))
  }

  private func set(_ value: inout YAMLTree) throws(FleetError) {
    let text = try value.requireScalarText()
    if onlyWhereUnset && !value.isNull && !text.isEmpty { return }
    value.setScalar(namespace, .string)
  }

  private func changeSubjects(of resource: inout Resource) throws(FleetError) {
    if subjects == .none { return }
    let address = FleetError.Address(field: "subjects", object: resource.address.object)
    try resource.tree.update("subjects") { list throws(FleetError) in
      if list.isNull { return }
      let isList: Void? = try list.withElements { elements throws(FleetError) in
        for index in elements.indices { try changeSubject(&elements[index]) }
      }
      guard isList != nil else {
        throw FleetError(.renderingFailed, "\(list.kindName) where a list should stand", at: address)
      }
    }
  }

  private func changeSubject(_ subject: inout YAMLTree) throws(FleetError) {
    let isMeant =
      subjects == .allServiceAccounts
      ? subject["kind"]?.text == "ServiceAccount" : subject["name"]?.text == "default"
    guard isMeant else { return }
    if subject["namespace"] == nil {
      subject.withEntries { $0.append(YAMLTree.Entry("namespace", .scalar(YAMLTree.Scalar("", .none)))) }
    }
    try subject.update("namespace") { value throws(FleetError) in try set(&value) }
  }
}
