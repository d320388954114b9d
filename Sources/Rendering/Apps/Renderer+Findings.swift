public import FleetModel
public import Manifests

extension Renderer {
  /// The errors that a finding comes to, each with its app: of two apps that claim one object both, for neither is more
  /// right.
  /// - Parameters:
  ///   - apps: those of the fleet.
  ///   - clusters: those of the fleet.
  public func errors(
    of finding: ClusterChecks.Finding, apps: [AppDeclaration], clusters: [ClusterDeclaration]
  ) -> [(app: String, error: FleetError)] {
    guard let name = finding.clusters.first, let cluster = clusters.first(where: { $0.name == name }) else { return [] }
    func address(in app: String) -> FleetError.Address {
      let declared = apps.first { $0.name == app }
      let manifests = declared.flatMap { try? render(app: $0, cluster: cluster) }?.manifests.manifests ?? []
      let identity = ObjectOutline.identity(of: finding.object)
      var address = manifests.first { ObjectOutline.identity(of: $0.id) == identity }?.address ?? .init()
      (address.app, address.cluster, address.object) = (app, name, finding.object.description)
      return address
    }
    let elsewhere = finding.clusters.count - 1
    let also = elsewhere == 0 ? "" : "on \(counted(elsewhere, "other cluster")) too"
    let object = finding.object.displayName
    switch finding.kind {
    case .undeclaredNamespace:
      let namespace = finding.object.namespace
      return [
        (
          finding.app,
          FleetError(
            .undeclaredNamespace, "\(object) stands in a namespace that no app declares there",
            at: address(in: finding.app), cause: also,
            nextStep:
              "add the Namespace \(namespace) to an app of the cluster, or name it under spec.namespaces.existing "
              + "of fleet.yaml where others make it")
        )
      ]
    case .claimedTwice(let other):
      let (first, second) = (address(in: finding.app), address(in: other))
      func error(of app: String, _ place: FleetError.Address, _ other: String, _ there: String?) -> FleetError {
        let causes = ["\(other) has it from \(there ?? "elsewhere")", also].filter { !$0.isEmpty }
        return FleetError(
          .conflictingClaims, "the apps \(app) and \(other) both claim \(object)", at: place,
          cause: causes.joined(separator: ", "),
          nextStep: "let one app have it, or give the objects different names or namespaces")
      }
      return [
        (finding.app, error(of: finding.app, first, other, second.file)),
        (other, error(of: other, second, finding.app, first.file)),
      ]
    }
  }
}
