import Manifests

/// One entry of `replicas`: how often an object of this name runs.
struct ReplicaTransform: Transform {
  var name: String
  var count: Int64
  var fields: [FieldSpec]

  func apply(to list: inout ResourceList) throws(FleetError) {
    var isFound = false
    for spec in fields {
      let found = list.indices { $0.name.hasSameBytes(as: name) && $0.kind.isSelected(by: spec.kind) }
      for index in found {
        isFound = true
        guard list.resources[index].kind.isSelected(by: spec.kind) else { continue }
        try spec.apply(to: &list.resources[index], creating: .scalar(.integer)) { value throws(FleetError) in
          _ = try value.requireScalarText()
          value.setScalar(String(count), .integer)
        }
      }
    }
    guard isFound else {
      let kinds = fields.map { "\($0.kind)" }.joined(separator: ", ")
      throw FleetError(
        .renderingFailed, "nothing named \(name) has a number of replicas", nextStep: "name an object of \(kinds)")
    }
  }
}
