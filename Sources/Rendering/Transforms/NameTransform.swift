import Manifests

/// `namePrefix` and `nameSuffix`: puts a text in front of or behind names.
///
/// CustomResourceDefinitions, APIServices and Namespaces keep theirs: their names mean something.
struct NameTransform: Transform {
  enum Side: Sendable {
    case prefix
    case suffix
  }

  var side: Side
  var text: String
  var fields: [FieldSpec]

  func apply(to list: inout ResourceList) throws(FleetError) {
    for index in list.resources.indices { try change(&list.resources[index]) }
  }

  private static let keepingNames = [
    GroupVersionKind(kind: "CustomResourceDefinition"),
    GroupVersionKind(group: "apiregistration.k8s.io", kind: "APIService"),
    GroupVersionKind(kind: "Namespace"),
  ]

  private func change(_ resource: inout Resource) throws(FleetError) {
    let original = resource.originalID.kind
    if NameTransform.keepingNames.contains(where: original.isSelected) { return }
    for spec in fields where original.isSelected(by: spec.kind) {
      if spec.path == "metadata/name" { remember(in: &resource) }
      guard resource.kind.isSelected(by: spec.kind) else { continue }
      try spec.apply(to: &resource, creating: .scalar(.string)) { value throws(FleetError) in
        let old = try value.requireScalarText()
        value.setScalar(side == .prefix ? text + old : old + text, .none)
      }
    }
  }

  private func remember(in resource: inout Resource) {
    if text.isEmpty { return }
    switch side {
    case .prefix: resource.namePrefixes.append(text)
    case .suffix: resource.nameSuffixes.append(text)
    }
    resource.rememberID()
  }
}
