import LocalFleet

/// What the demo's scenes happen on: clusters of one kind with one app that changes.
protocol DemoSite: Sendable {
  var fleetName: String { get }
  /// What rolls out.
  var app: String { get }
  /// Apps whose stages wait for approvals.
  var approved: [String] { get }
  /// How many apps each cluster has.
  var appCount: Int { get }
  /// The app's tags: what runs first, what rolls out, what is refused in the end.
  var tags: (first: String, second: String, third: String) { get }
  /// The clusters of each environment, in the order of promotion; none without a cluster.
  var environments: [(name: String, clusters: [String])] { get }
  /// What the hand edits are made to.
  var edited: String { get }
  /// How long a step of the machines may take.
  var patience: Duration { get }

  func makeRepository(in folder: String) throws -> WorkingRepository
  func start(_ cluster: LocalCluster) async throws
  /// The tag that the app's Deployment has on a cluster; nil when there is none.
  func image(on cluster: LocalCluster) throws -> String?
  /// Changes what the agent has applied, as somebody else would.
  func edit(_ cluster: LocalCluster) throws
  func isEdited(_ cluster: LocalCluster) throws -> Bool
  /// Where the clusters' objects can be looked at.
  func howToLookAround(in folder: String) -> String
  /// Removes whatever would stay behind when all processes have ended.
  func cleanUp() async throws
}

extension DemoSite {
  var clusters: [String] { environments.flatMap(\.clusters) }

  func clusters(of environment: String) -> [String] {
    environments.first { $0.name == environment }?.clusters ?? []
  }
}
