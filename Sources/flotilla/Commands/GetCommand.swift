import ArgumentParser
import FleetModel
import Manifests
import Wire

/// `flotilla get fleet|clusters|apps|rollouts|suspensions`.
struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Shows the fleet, or lists its clusters, apps, rollouts or suspensions.",
    subcommands: [Fleet.self, Clusters.self, Apps.self, Rollouts.self, Suspensions.self])

  struct Rollouts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists rollouts, the newest first.")
    @OptionGroup var list: RolloutCommand.Listing

    func run() async throws { try await list.run() }
  }

  struct Suspensions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists what operators suspended.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let suspensions = try await hub.withOperator { client in try await client.listRestraints(.init()) }.suspensions
      output.write(suspensions.map(\.form), names: suspensions.map(\.subject)) {
        var table = Table("WHAT", "BY", "AGE", "REASON")
        for suspension in suspensions {
          table.add(suspension.subject, suspension.actor, age(suspension.sinceUnixMs), suspension.reason)
        }
        return table
      }
    }
  }

  struct Clusters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists clusters, declared and enrolled.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table
    @Option(name: .shortAndLong, help: "Only this environment.") var environment: String?

    func run() async throws {
      let environment = environment ?? ""
      let (found, order) = try await hub.withOperator { client in
        let clusters = try await Pages.all { page in
          let answer = try await client.listClusters(.init(page: page, environment: environment))
          return (answer.clusters, answer.page)
        }
        return (clusters, try await PromotionOrder(client))
      }
      let clusters = order.sorted(found, \.environment)
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
        cluster.name, cluster.environment, "\(cluster.membership)" + (cluster.suspension == nil ? "" : ", suspended"),
        "\(cluster.link)", age(cluster.lastSeenUnixMs),
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
        var table = Table("NAME", "COMMIT", "ROLLOUT", "SYNC", "HEALTH", "CLUSTERS", "NOTE")
        for app in apps {
          table.add(
            app.name, String(app.commit.prefix(8)), app.rollout.map { "\($0.state)" } ?? "-", "\(app.sync)",
            "\(app.health)", "\(app.clustersHealthy)/\(app.clusters)",
            app.notes.joined(separator: "; "))
        }
        return table
      }
    }
  }
}

extension FlotillaV1.App {
  /// What keeps it from going on as Git says.
  var notes: [String] {
    var notes = holds.map(\.line)
    if let suspension { notes.append(suspension.line) }
    if let queued { notes.append("commit \(queued.commit.prefix(8)) waits: \(queued.reason)") }
    if let error { notes.append("error: \(FleetError(error))") }
    return notes
  }
}

/// The order in which releases come to environments.
struct PromotionOrder {
  private let places: [String: Int]
  private let names: [String]

  init(_ client: FlotillaV1.OperatorClient) async throws {
    let environments = try await client.getFleetStatus(.init()).environments
    names = environments
    places = Dictionary(environments.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Refuses an environment that the fleet has not.
  func require(_ environment: String) throws(FleetError) {
    guard places[environment] == nil else { return }
    throw FleetError(
      .notFound, "the fleet has no environment \(environment)", at: .init(field: "environment"),
      nextStep: names.isEmpty ? "no commit is in force yet" : "it has \(names.joined(separator: ", "))")
  }

  /// In that order, and as they stood within an environment; what is in none of the fleet's comes last.
  func sorted<Element>(_ elements: [Element], _ environment: (Element) -> String) -> [Element] {
    let keyed = elements.enumerated().map { (places[environment($1)] ?? Int.max, $0, $1) }
    return keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
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
