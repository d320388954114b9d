import Foundation
import LocalFleet
import Manifests

/// Six clusters that are folders with stand-ins for their machines, and the sample fleet.
struct FolderSite: DemoSite {
  /// The folder of the sample fleet.
  let example: String

  let fleetName = "acme"
  let app = "webshop"
  let approved = ["webshop", "database"]
  let appCount = 5
  let tags = (first: "1.4.0", second: "1.5.0", third: "1.6.0")
  let environments = [
    ("dev", ["dev-1", "dev-2"]), ("staging", ["staging-1"]), ("prod", ["prod-eu-1", "prod-eu-2", "prod-us-1"]),
  ].map { (name: $0.0, clusters: $0.1) }
  let edited = "the Service of webshop"
  let patience = Duration.seconds(60)

  func makeRepository(in folder: String) throws -> WorkingRepository {
    try WorkingRepository(copyOf: example, to: folder)
  }

  func start(_ cluster: LocalCluster) async throws { try await cluster.start() }

  func image(on cluster: LocalCluster) -> String? {
    cluster.file("webshop/apps_Deployment_shop_web.yaml")?
      .firstMatch(of: /image: registry\.acme\.test\/shop:(\S+)/).map { String($0.1) }
  }

  func edit(_ cluster: LocalCluster) throws {
    let path = service(on: cluster)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacingOccurrences(of: "port: 80\n", with: "port: 8080\n")
      .write(toFile: path, atomically: false, encoding: .utf8)
  }

  func isEdited(_ cluster: LocalCluster) throws -> Bool {
    try String(contentsOfFile: service(on: cluster), encoding: .utf8).contains("port: 8080\n")
  }

  private func service(on cluster: LocalCluster) -> String { "\(cluster.manifests)/webshop/_Service_shop_web.yaml" }

  func howToLookAround(in folder: String) -> String { "the clusters' folders are in \(folder)/clusters" }

  func cleanUp() {}
}
