import Foundation
import LocalFleet
import Manifests
import Wire

/// A hub as a process, a Git repository, and agents: simulated ones in one process, or the product's own program.
struct LoadedFleet {
  /// The clusters of one stage.
  struct Stage {
    var environment: String
    var clusters: Int
    var maxConcurrent: String?
  }

  let machine: LocalMachine
  let repository: WorkingRepository
  let fleet: LocalFleet
  let clusterCount: Int
  let apps: Int

  /// Runs `body` on a hub without agents.
  static func with(_ stages: [Stage], apps: Int = 1, _ body: (LoadedFleet) async throws -> Void) async throws {
    let machine = try LocalMachine(directory: nil, programs: Place.programs)
    do {
      let loaded = try LoadedFleet(on: machine, stages, apps)
      try await eventually("the hub has read the repository", within: .seconds(300), every: .milliseconds(100)) {
        try await loaded.fleet.ask { try await $0.getFleetStatus(.init()) }.source?.inForce != nil
      }
      try await body(loaded)
    } catch {
      if let folder = ProcessInfo.processInfo.environment["FLOTILLA_BENCH_KEEP"] {
        try? FileManager.default.copyItem(atPath: "\(machine.directory)/logs", toPath: folder)
      }
      await machine.end(removing: true)
      throw error
    }
    await machine.end(removing: true)
  }

  private init(on machine: LocalMachine, _ stages: [Stage], _ apps: Int) throws {
    self.machine = machine
    self.apps = apps
    clusterCount = stages.reduce(0) { $0 + $1.clusters }
    repository = try WorkingRepository(
      files: LoadedFleet.files(stages, apps), in: "\(machine.directory)/repository")
    fleet = try LocalFleet(on: machine, repository: repository.url, fleet: "load", logLevel: "info")
  }

  // MARK: Agents

  /// Starts so many simulated agents; returns when each is connected and has nothing left to do.
  func startSimulated() async throws {
    try machine.start("flotilla-load", ["--operator", fleet.operatorFile], as: "load")
    try await summary(after: LogMark(), "all agents are connected and in step", isInStep)
  }

  /// Starts an agent of the product and its machines for each cluster; returns when every app is healthy everywhere.
  func startReal() async throws {
    for name in try await names() { try await fleet.cluster(name).start(delay: 0) }
    let wanted = Int64(apps)
    try await eventually("every app is everywhere", within: .seconds(300), every: .milliseconds(500)) {
      let shown = try await fleet.ask { try await $0.listClusters(.init(page: .init(size: 1000))) }.clusters
      return shown.count == clusterCount && shown.allSatisfy { $0.appsHealthy == wanted }
    }
  }

  private func names() async throws -> [String] {
    try await fleet.ask { try await $0.listClusters(.init(page: .init(size: 1000))) }.clusters.map(\.name)
  }

  /// Waits for a line that tells how many agents are how far, and returns its instant.
  @discardableResult
  func summary(after mark: LogMark, _ what: String, _ holds: (LoadLine) -> Bool) async throws -> Date {
    var (rest, found) = (mark, Date?.none)
    try await eventually(what, within: .seconds(3600), every: .milliseconds(200)) {
      found = try rest.lines(of: "load", on: machine).filter { $0.hasPrefix(#"{"event":"summary""#) }
        .compactMap(LoadLine.init).first(where: holds)?.time
      return found != nil
    }
    return found ?? .now
  }

  /// Whether a summary says that every agent is connected, and has told the hub how it is and asked what is new.
  func isInStep(_ line: LoadLine) -> Bool { isConnected(line) && line.number("synced") == clusterCount }

  func isConnected(_ line: LoadLine) -> Bool { line.number("connected") == clusterCount }

  // MARK: Commits

  /// A commit: when the branch moved, and where the logs were before.
  struct Commit {
    var time: Date
    var hubLog: LogMark
    var loadLog: LogMark
  }

  func mark(_ process: String) throws -> LogMark { try LogMark(endOf: process, on: machine) }

  /// Commits another release of these apps.
  func release(_ tag: String, apps: Range<Int>) throws -> Commit {
    for app in apps {
      try repository.write(LoadedFleet.kustomization(app, tag), to: "apps/app-\(app)/base/kustomization.yaml")
    }
    var commit = Commit(time: .now, hubLog: try mark("hub"), loadLog: (try? mark("load")) ?? LogMark())
    try repository.commit("release \(tag)")
    let branch = "\(repository.folder)/.git/refs/heads/main"
    let moved = try FileManager.default.attributesOfItem(atPath: branch)[.modificationDate] as? Date
    commit.time = moved ?? commit.time
    return commit
  }

  /// Waits until so many rollouts have succeeded after a commit, and returns when the last one had.
  func succeeded(_ count: Int, after commit: Commit) async throws -> Date {
    var (rest, ends) = (commit.hubLog, [Date]())
    try await eventually("\(count) rollouts succeed", within: .seconds(900), every: .milliseconds(100)) {
      let lines = try rest.lines(of: "hub", on: machine).filter { $0.hasSuffix(" to=Succeeded") }
      ends += lines.compactMap(LogEntry.init).filter(\.isEndOfRollout).map(\.time)
      return ends.count >= count
    }
    return ends.max() ?? commit.time
  }

  func hubLines(after mark: LogMark) throws -> [LogEntry] {
    var mark = mark
    return try mark.lines(of: "hub", on: machine).compactMap(LogEntry.init)
  }

  func loadLines(after mark: LogMark) throws -> [LoadLine] {
    var mark = mark
    return try mark.lines(of: "load", on: machine).compactMap(LoadLine.init)
  }
}

/// A place in a log, from which on it is read.
struct LogMark {
  private var offset: UInt64 = 0

  /// The beginning.
  init() {}

  init(endOf process: String, on machine: LocalMachine) throws {
    let file = try FileHandle(forReadingFrom: URL(filePath: machine.logFile(of: process)))
    defer { try? file.close() }
    offset = try file.seekToEnd()
  }

  /// The whole lines from here on; the next call goes on behind them.
  mutating func lines(of process: String, on machine: LocalMachine) throws -> [Substring] {
    let file = try FileHandle(forReadingFrom: URL(filePath: machine.logFile(of: process)))
    defer { try? file.close() }
    try file.seek(toOffset: offset)
    let data = try file.readToEnd() ?? Data()
    guard let last = data.lastIndex(of: 0x0a) else { return [] }
    offset += UInt64(last + 1)
    return String(decoding: data[...last], as: UTF8.self).split(separator: "\n")
  }
}

/// A line that `flotilla-load` prints.
struct LoadLine {
  let time: Date
  let event: String
  let cluster: String
  private let value: Value

  init?(_ line: Substring) {
    guard let value = try? JSON.parse(Array(line.utf8), file: "load"), let time = value["time"]?.integer,
      let event = value["event"]?.string
    else { return nil }
    self.value = value
    self.time = Date(timeIntervalSince1970: Double(time) / 1000)
    self.event = event
    cluster = value["cluster"]?.string ?? ""
  }

  func number(_ key: String) -> Int? { value[key]?.integer.map(Int.init) }
  func text(_ key: String) -> String { value[key]?.string ?? "" }
}

extension LogEntry {
  /// Whether a whole rollout has succeeded, and not only one of its stages.
  fileprivate var isEndOfRollout: Bool {
    text.contains(": rollout ") && text.contains(" to=Succeeded") && !text.contains(" stage=")
      && !text.contains(" cluster=")
  }
}

extension LoadedFleet {
  private static func files(_ stages: [Stage], _ apps: Int) -> [String: String] {
    var files = ["fleet.yaml": declaration(stages)]
    for stage in stages {
      for number in 0..<stage.clusters {
        let name = "\(stage.environment)-\(String(format: "%05d", number))"
        files["clusters/\(name).yaml"] = """
          apiVersion: flotilla.dev/v1alpha1
          kind: Cluster
          metadata: {name: \(name)}
          spec: {environment: \(stage.environment)}

          """
      }
    }
    for app in 0..<apps { files.merge(self.files(ofApp: app)) { $1 } }
    return files
  }

  private static func declaration(_ stages: [Stage]) -> String {
    let lines = stages.map { stage in
      let most = stage.maxConcurrent.map { ", maxConcurrent: \($0)" } ?? ""
      return "          - {environment: \(stage.environment), waves: [100%], soak: 0s\(most)}\n"
    }
    return """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: load}
      spec:
        environments: [\(stages.map(\.environment).joined(separator: ", "))]
        pipelines:
          default:
            stages:
      \(lines.joined())
      """
  }

  private static func kustomization(_ app: Int, _ tag: String) -> String {
    """
    namespace: app-\(app)
    resources: [deployment.yaml]
    images: [{name: registry.test/app, newTag: "\(tag)"}]
    configMapGenerator: [{name: settings, literals: [MODE=quiet, RELEASE=\(tag)]}]

    """
  }

  private static func files(ofApp app: Int) -> [String: String] {
    [
      "apps/app-\(app)/app.yaml": """
      apiVersion: flotilla.dev/v1alpha1
      kind: App
      metadata: {name: app-\(app)}
      spec: {overlays: [base]}

      """,
      "apps/app-\(app)/base/kustomization.yaml": kustomization(app, "1.0"),
      "apps/app-\(app)/base/deployment.yaml": """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: app-\(app)}
      spec:
        replicas: 2
        selector: {matchLabels: {app: app-\(app)}}
        template:
          metadata: {labels: {app: app-\(app)}}
          spec:
            containers:
              - name: main
                image: registry.test/app
                envFrom: [{configMapRef: {name: settings}}]
                ports: [{containerPort: 8080}]

      """,
    ]
  }
}
