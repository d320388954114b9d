import ArgumentParser
import FleetModel
import Manifests
import Wire

/// `flotilla tree app|cluster NAME`.
struct TreeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Shows what hangs on an app or a cluster, down to the objects that are not healthy.",
    subcommands: [OfApp.self, OfCluster.self])

  struct OfApp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "app", abstract: "An app, its environments, its clusters, and what is not healthy there.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The app's name.", completion: NameCompletion.apps) var app: String
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table
    @Option(name: .shortAndLong, help: "Only this environment.") var environment: String?

    func run() async throws {
      let (name, environment) = (app, environment)
      let (app, all, order) = try await hub.withOperator { client in
        var app = FlotillaV1.App()
        let placements = try await Pages.all { page in
          let answer = try await client.getApp(.init(name: name, page: page))
          if let found = answer.app { app = found }
          return (answer.placements, answer.page)
        }
        return (app, placements, try await PromotionOrder(client))
      }
      if let environment { try order.require(environment) }
      let placements = order.sorted(all, \.environment).filter { environment == nil || $0.environment == environment }
      let form: Value = ["app": app.form, "clusters": .array(placements.map(\.form))]
      output.write(form, name: app.name) { app.tree(of: placements).text }
    }
  }

  struct OfCluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cluster", abstract: "A cluster, its agent, its apps, and what is not healthy there.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let name = cluster
      let answer = try await hub.withOperator { client in try await client.getCluster(.init(name: name)) }
      let form: Value = [
        "cluster": answer.cluster?.form ?? .null, "agent": answer.agent?.form ?? .null,
        "pending": answer.pending?.form ?? .null, "apps": .array(answer.apps.map(\.form)),
      ]
      output.write(form, name: name) { answer.tree.text }
    }
  }
}

extension FlotillaV1.App {
  /// The app by environment, in the order of promotion, and cluster.
  fileprivate func tree(of placements: [FlotillaV1.AppPlacement]) -> Tree {
    var environments: [(name: String, branches: [Tree])] = []
    for placement in placements {
      guard let app = placement.app else { continue }
      let link = placement.link == .online ? "" : ", \(placement.link) (seen \(age(placement.lastSeenUnixMs)))"
      let branch = Tree("\(placement.cluster)  \(app.state)\(link)", app.objectTrees)
      if let index = environments.firstIndex(where: { $0.name == placement.environment }) {
        environments[index].branches.append(branch)
      } else {
        environments.append((placement.environment, [branch]))
      }
    }
    var branches = environments.map { Tree($0.name, $0.branches) }
    branches += notes.map { Tree($0) }
    let release = commit.isEmpty ? "no release" : "commit \(commit.prefix(8))"
    let rollout = rollout.map { ", rollout \($0.state)" } ?? ""
    return Tree("\(name)  \(clustersHealthy) of \(clusters) clusters healthy, \(release)\(rollout)", branches)
  }
}

extension FlotillaV1.GetClusterResponse {
  fileprivate var tree: Tree {
    let cluster = self.cluster ?? .init()
    var line = "\(cluster.name)  \(cluster.environment), \(cluster.membership), \(cluster.link)"
    line += cluster.lastSeenUnixMs == 0 ? "" : " (seen \(age(cluster.lastSeenUnixMs)))"
    var branches = apps.map { Tree("\($0.app)  \($0.state)", $0.objectTrees) }
    if let agent {
      let server = [agent.target, agent.server].filter { !$0.isEmpty }.joined(separator: " ")
      let certificate =
        agent.certificateNotAfterUnixMs == 0
        ? "" : ", certificate until \(Timestamp(milliseconds: agent.certificateNotAfterUnixMs))"
      branches.insert(Tree("agent \(agent.version) on \(server), report \(agent.reportSeq)\(certificate)"), at: 0)
    }
    if let suspension = cluster.suspension { branches.append(Tree(suspension.line)) }
    if let pending { branches.append(Tree("waits for approval of key \(hex(pending.keySHA256))")) }
    return Tree(line, branches)
  }
}

extension FlotillaV1.AppOnCluster {
  /// What was observed, in words. An observation of another digest than the assigned one says so: it is no evidence.
  fileprivate var state: String {
    if absent { return "leaving, \(sync)\(awaiting)" }
    if reportedAppDigest.isEmpty { return "not reported yet\(awaiting)" }
    let stale = reportedAppDigest == appDigest ? "" : " (of the version before)"
    let unverified = unverified ? ", unverified" : ""
    let counts = objects.map { ", \($0.healthy) of \($0.total) objects healthy" } ?? ""
    let healed = driftHealed == 0 ? "" : ", drift healed \(driftHealed) ×"
    return "\(sync), \(health)\(unverified)\(stale)\(counts)\(healed)\(reason.isEmpty ? "" : ": \(reason)")"
      + (reportedAppDigest == appDigest ? "" : awaiting)
  }

  /// What an air-gapped cluster awaits; nothing for any other.
  private var awaiting: String { awaits.isEmpty ? "" : "; \(awaits)" }

  fileprivate var objectTrees: [Tree] {
    notHealthy.map { Tree("\($0.id)  \($0.health)\($0.reason.isEmpty ? "" : ": \($0.reason)")") }
  }
}
