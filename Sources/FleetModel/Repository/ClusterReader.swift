import Manifests

/// Reads the file of a cluster.
struct ClusterReader {
  let log: ErrorLog
  /// nil when they are not known, so that nothing is checked against them.
  let environments: [String]?
  /// What the fleet says for clusters that say nothing.
  var kubernetes = ClusterDeclaration.Kubernetes.unpinned

  /// What a file says, as far as it can be read.
  struct Reading {
    /// nil when the file has errors.
    var declaration: ClusterDeclaration?
    /// What the file says the cluster is called, also when that is not the file's own name.
    var claimedName: String?
    /// Where errors about the cluster's place in the fleet belong.
    var environmentField: Field?
  }

  /// - Parameter name: what the file's own name calls the cluster.
  func read(_ document: Document, _ file: TreePath, named name: String) -> Reading {
    var reading = Reading()
    let before = log.count
    let parts = document.read(
      metadata: { fields -> [String: String]? in
        reading.claimedName = self.name(&fields, of: name)
        return fields.optional("labels").map { $0.labels(log) } ?? [:]
      },
      spec: { fields -> ClusterDeclaration? in
        reading.environmentField = fields.required("environment")
        return spec(&fields, reading.environmentField, file)
      })
    guard log.count == before, let labels = parts.metadata, var declaration = parts.spec else { return reading }
    declaration.name = name
    declaration.labels = labels
    reading.declaration = declaration
    return reading
  }

  private func name(_ fields: inout MapReader, of name: String) -> String? {
    guard let field = fields.required("name"), let claimed = field.read(log, Field.name) else { return nil }
    if claimed != name {
      log.add(
        field.error(
          "not the name of the file: the file says \(name)", nextStep: "rename the file to \(claimed).yaml"))
    }
    return claimed
  }

  private func spec(_ fields: inout MapReader, _ environmentField: Field?, _ file: TreePath) -> ClusterDeclaration? {
    let environment = environmentField?.environment(among: environments, log)
    let connectivity: ClusterDeclaration.Connectivity? = fields.optional("connectivity", Field.chosen)
    let values = fields.optional("values", Field.values)
    let kubernetes = fields.optional("kubernetes")?.kubernetes(over: kubernetes, log) ?? kubernetes
    guard let environment else { return nil }
    return ClusterDeclaration(
      name: "", labels: [:], environment: environment, connectivity: connectivity ?? .connected,
      values: values ?? Object(), kubernetes: kubernetes, file: file)
  }
}

extension Field {
  /// A map of anything.
  fileprivate func values() throws(FleetError) -> Object {
    guard let object = value.object else { throw error("\(kindName) where a map should stand") }
    return object
  }
}
