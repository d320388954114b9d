import ArgumentParser
import FleetModel
import Manifests
import Wire

/// `flotilla get clusters|apps|rollouts`.
struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Lists clusters, apps or rollouts.",
    subcommands: [Clusters.self, Apps.self, Rollouts.self])

  struct Rollouts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists rollouts, the newest first.")
    @OptionGroup var list: RolloutCommand.Listing

    func run() async throws { try await list.run() }
  }

  struct Clusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists clusters, declared and enrolled.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table
    @Option(name: .shortAndLong, help: "Only this environment.") var environment: String?

    func run() async throws {
      let environment = environment ?? ""
      let clusters = try await hub.withOperator { client in
        try await Pages.all { page in
          let answer = try await client.listClusters(.init(page: page, environment: environment))
          return (answer.clusters, answer.page)
        }
      }
      output.write(clusters.map(\.form), names: clusters.map(\.name)) {
        var table = Table(columns)
        for cluster in clusters { table.add(row(cluster)) }
        return table
      }
    }

    private var columns: [String] {
      ["NAME", "ENVIRONMENT", "STATE", "LINK", "SEEN", "SYNC", "HEALTH", "APPS", "BUNDLE"]
        + (output == .wide ? ["SYNCED", "CONNECTIVITY", "LABELS", "UID"] : [])
    }

    private func row(_ cluster: FlotillaV1.Cluster) -> [String] {
      let row = [
        cluster.name, cluster.environment, "\(cluster.membership)", "\(cluster.link)", age(cluster.lastSeenUnixMs),
        cluster.apps == 0 ? "-" : "\(cluster.sync)", cluster.apps == 0 ? "-" : "\(cluster.health)",
        "\(cluster.appsHealthy)/\(cluster.apps)", "\(cluster.bundleSeq)",
      ]
      guard output == .wide else { return row }
      let labels = cluster.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      return row + [
        "\(cluster.appsSynced)/\(cluster.apps)", "\(cluster.connectivity)", labels.isEmpty ? "-" : labels,
        cluster.uid.isEmpty ? "-" : String(decoding: cluster.uid, as: UTF8.self),
      ]
    }
  }

  struct Apps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists apps.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let apps = try await hub.withOperator { client in
        try await Pages.all { page in
          let answer = try await client.listApps(.init(page: page))
          return (answer.apps, answer.page)
        }
      }
      output.write(apps.map(\.form), names: apps.map(\.name)) {
        var table = Table("NAME", "COMMIT", "ROLLOUT", "SYNC", "HEALTH", "CLUSTERS", "ERROR")
        for app in apps {
          table.add(
            app.name, String(app.commit.prefix(8)), app.rollout.map { "\($0.state)" } ?? "-", "\(app.sync)",
            "\(app.health)", "\(app.clustersHealthy)/\(app.clusters)",
            app.error.map { FleetError($0).description } ?? "")
        }
        return table
      }
    }
  }
}

/// Fetches a list page by page.
enum Pages {
  static func all<Element: Sendable>(
    _ fetch: (FlotillaV1.PageRequest) async throws -> ([Element], FlotillaV1.PageResponse?)
  ) async throws -> [Element] {
    var elements: [Element] = []
    var token: [UInt8] = []
    repeat {
      let (page, response) = try await fetch(.init(size: Int64(WireLimits.pageSize), token: token))
      elements += page
      token = response?.next ?? []
    } while !token.isEmpty
    return elements
  }
}
