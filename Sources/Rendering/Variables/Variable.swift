import Manifests

/// One entry of `vars`: a name for the value of a field of an object.
struct Variable: Sendable {
  var name: String
  var object: ResourceID
  var fieldPath: String
  var address: FleetError.Address
}

extension SettingsReader {
  func variable(_ field: Field) throws(FleetError) -> Variable {
    try object(field) { fields throws(FleetError) in
      let name = try text(fields.optional("name"))
      let object = try fields.optional("objref").map { field throws(FleetError) in try objectReference(field) }
      let path = try fields.optional("fieldref").map { field throws(FleetError) in
        try self.object(field) { fields throws(FleetError) in try text(fields.optional("fieldPath")) }
      }
      return Variable(
        name: name, object: object ?? ResourceID(GroupVersionKind(), name: "", namespace: "", isClusterScoped: false),
        fieldPath: path.flatMap { $0.isEmpty ? nil : $0 } ?? Replacement.defaultPath, address: field.address)
    }
  }

  private func objectReference(_ field: Field) throws(FleetError) -> ResourceID {
    try object(field) { fields throws(FleetError) in
      var kind = try kind(&fields)
      let apiVersion = try text(fields.optional("apiVersion"))
      let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
      if parts.count == 2 { kind.group = String(parts[0]) }
      if !apiVersion.isEmpty, parts.count <= 2, let version = parts.last { kind.version = String(version) }
      return ResourceID(
        kind, name: try text(fields.optional("name")), namespace: try text(fields.optional("namespace")),
        isClusterScoped: false)
    }
  }
}

extension Accumulation {
  /// Takes in the vars of a kustomization, and notes on the objects that they mean which these are.
  mutating func add(_ variables: [Variable]) throws(FleetError) {
    for variable in variables {
      let wanted = variable.object
      let found = list.indices { id in
        wanted.namespace.isEmpty
          ? id.name.hasSameBytes(as: wanted.name) && id.kind == wanted.kind : id == wanted
      }
      guard found.count <= 1 else {
        throw FleetError(
          .invalidKustomization, "the var \(variable.name) may mean one of \(found.count) objects",
          at: variable.address)
      }
      if let index = found.first { list.resources[index].variables.append(variable.name) }
    }
    try merge(variables)
  }

  /// Takes over vars; two of the same name are refused.
  mutating func merge(_ variables: [Variable]) throws(FleetError) {
    for variable in variables {
      if let known = self.variables.first(where: { $0.name.hasSameBytes(as: variable.name) }) {
        throw FleetError(
          .invalidKustomization, "the var \(variable.name) is there twice", at: variable.address,
          cause: "also at \(known.address)")
      }
      self.variables.append(variable)
    }
  }
}
