import ArgumentParser
import FleetModel
import Manifests
import Wire

extension GetCommand {
  /// `flotilla get fleet`.
  struct Fleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the fleet as a whole: its repository, what of it is in force, and what is wrong with it.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let status = try await hub.withOperator { client in try await client.getFleetStatus(.init()) }
      output.write(status.form, name: status.fleet) { status.tree.text }
    }
  }
}

/// `flotilla sync`.
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Lets the hub look at the fleet repository now, and shows what it found.",
    discussion: "The hub looks by itself every now and then. Exit status 1 when the repository cannot be reached.")
  @OptionGroup var hub: HubOptions
  @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

  func run() async throws {
    let source = try await hub.withOperator { client in try await client.syncNow(.init()) }.source ?? .init()
    output.write(source.form, name: source.observed?.id ?? "") { source.tree.text }
    if source.error != nil { throw ExitCode(1) }
  }
}

// MARK: For people

extension FlotillaV1.GetFleetStatusResponse {
  fileprivate var tree: Tree {
    let counts = counts ?? .init()
    var branches = [
      Tree("hub \(hubVersion), started \(age(hubStartedUnixMs)) ago"), (source ?? .init()).tree,
      Tree("environments \(environments.isEmpty ? "-" : environments.joined(separator: ", "))"),
      Tree("clusters \(counts.clusters), \(counts.clustersEnrolled) enrolled, \(counts.clustersOnline) online"),
      Tree(
        "apps \(counts.apps), \(counted(Int(clamping: counts.rolloutsRunning), "rollout")) under way, "
          + "\(counted(Int(clamping: counts.approvalsWanted), "stage")) waiting for approval"),
    ]
    // That the repository cannot be reached stands beside it.
    let own = source?.error
    branches += fleetErrors.filter { $0 != own }.map { Tree("\(FleetError($0))") }
    branches += appErrors.map { Tree("app \($0.app) does not render: \(FleetError($0.error ?? .init()))") }
    if developmentRoot {
      branches.append(Tree("its root is the one unencrypted key of `init --dev`: for trying things out"))
    }
    return Tree("fleet \(fleet)", branches)
  }
}

extension FlotillaV1.SourceStatus {
  fileprivate var tree: Tree {
    var branches = [Tree("in force is " + (inForce?.words ?? "nothing yet"))]
    if let observed, observed.id != inForce?.id {
      branches.append(Tree("seen, and not in force: \(observed.words)"))
    }
    if let error { branches.append(Tree("cannot be reached: \(FleetError(error))")) }
    let answer = lastAnswerUnixMs == 0 ? "has never answered" : "answered \(age(lastAnswerUnixMs)) ago"
    return Tree("repository \(url) \(revision), \(answer)", branches)
  }
}

extension FlotillaV1.Commit {
  fileprivate var words: String { "\(id.prefix(8)) \"\(subject)\" by \(committer)" }
}

// MARK: For programs

extension FlotillaV1.GetFleetStatusResponse {
  fileprivate var form: Value {
    let counts = counts ?? .init()
    return [
      "fleet": .string(fleet), "hubVersion": .string(hubVersion), "hubStarted": instant(hubStartedUnixMs),
      "source": source?.form ?? .null, "environments": .array(environments.map { .string($0) }),
      "clusters": .integer(counts.clusters), "clustersEnrolled": .integer(counts.clustersEnrolled),
      "clustersOnline": .integer(counts.clustersOnline), "apps": .integer(counts.apps),
      "rolloutsRunning": .integer(counts.rolloutsRunning), "approvalsWanted": .integer(counts.approvalsWanted),
      "errors": .array(fleetErrors.map { .string(FleetError($0).description) }),
      "appErrors": .array(
        appErrors.map { ["app": .string($0.app), "error": .string(FleetError($0.error ?? .init()).description)] }),
      "developmentRoot": .bool(developmentRoot),
    ]
  }
}

extension FlotillaV1.SourceStatus {
  fileprivate var form: Value {
    [
      "url": .string(url), "revision": .string(revision), "observed": observed?.form ?? .null,
      "inForce": inForce?.form ?? .null, "lastAnswer": instant(lastAnswerUnixMs),
      "lastAttempt": instant(lastAttemptUnixMs),
      "error": error.map { .string(FleetError($0).description) } ?? .null,
    ]
  }
}
