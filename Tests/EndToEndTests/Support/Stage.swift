import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

/// One test's fleet of real processes and its repository, all in one temporary folder.
struct Stage {
  let machine: LocalMachine
  let repository: WorkingRepository
  let fleet: LocalFleet
  let sample: SampleFleet

  /// The folder of the built programs: where the tests' own bundle lies.
  static let programs = URL(filePath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    .deletingLastPathComponent().path

  /// The project's folder.
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Starts a hub on a small fleet, runs `body`, ends everything and leaves no folder behind.
  ///
  /// When `body` fails, the last lines of every log are part of the failure.
  static func with(
    _ sample: SampleFleet = SampleFleet(), hubArguments: [String] = [], link: Link? = nil,
    _ body: (Stage) async throws -> Void
  ) async throws {
    let machine = try LocalMachine(directory: nil, programs: programs)
    do {
      let repository = try WorkingRepository(files: sample.files, in: "\(machine.directory)/repository")
      let fleet = try LocalFleet(
        on: machine, repository: repository.url, fleet: "sample", hubArguments: hubArguments,
        ports: link.map { ($0.target, $0.port) })
      let stage = Stage(machine: machine, repository: repository, fleet: fleet, sample: sample)
      _ = try await fleet.clusters()
      try await body(stage)
    } catch {
      let logs = Stage.tails(of: "\(machine.directory)/logs")
      await machine.end(removing: true)
      throw StageFailure(description: "\(error)\n\(logs)")
    }
    await machine.end(removing: true)
  }

  /// The same with a fleet of other files, for who wants nothing of the sample.
  static func with<Result>(
    _ files: [String: String], fleet name: String,
    _ body: (LocalMachine, WorkingRepository, LocalFleet) async throws -> Result
  ) async throws -> Result {
    let machine = try LocalMachine(directory: nil, programs: programs)
    do {
      let repository = try WorkingRepository(files: files, in: "\(machine.directory)/repository")
      let fleet = try LocalFleet(on: machine, repository: repository.url, fleet: name)
      _ = try await fleet.clusters()
      let result = try await body(machine, repository, fleet)
      await machine.end(removing: true)
      return result
    } catch {
      let logs = Stage.tails(of: "\(machine.directory)/logs")
      await machine.end(removing: true)
      throw StageFailure(description: "\(error)\n\(logs)")
    }
  }

  private static func tails(of folder: String) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { name in
      let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
      return "--- \(name)\n" + text.split(separator: "\n").suffix(25).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Starts the named clusters, or all, and waits until they run the app's first release.
  func startClusters(_ names: [String]? = nil, fault: LocalCluster.Fault = .none, delay: Int = 0) async throws {
    for name in names ?? sample.clusters.map(\.name) {
      try await fleet.cluster(name).start(fault: fault, delay: delay)
    }
  }

  /// Makes the app another release, and returns the commit.
  @discardableResult
  func release(_ tag: String, text: String? = nil, app: String = "web") throws -> String {
    var next = sample
    next.tag = tag
    let file = "apps/\(app)/base/kustomization.yaml"
    try repository.write(next.files[file] ?? "", to: file)
    try repository.write(
      SampleFleet.settings(count: sample.extraObjects, text: text ?? tag), to: "apps/\(app)/base/settings.yaml")
    return try repository.commit("\(app) \(tag)")
  }

  /// The tag of the app's image in a cluster's folder.
  func tag(on cluster: String, app: String = "web") -> String? {
    fleet.cluster(cluster).file("\(app)/apps_Deployment_\(app)_\(app).yaml")?
      .firstMatch(of: /image: registry\.test\/\w+:(\S+)/).map { String($0.1) }
  }

  func rollout(_ app: String = "web") async throws -> FlotillaV1.RolloutDetail? {
    try await fleet.ask { try await $0.getRollout(.init(which: .app(app))) }.rollout
  }

  /// Waits until the app's rollout of a commit is through.
  func succeeded(_ commit: String, app: String = "web", within time: Duration = .seconds(60)) async throws {
    try await eventually("the rollout of \(app) at \(commit.prefix(8)) succeeds", within: time) {
      let rollout = try await rollout(app)?.rollout
      return rollout?.commit?.id == commit && rollout?.state == .succeeded
    }
  }

  /// Lets go what a stage of the app's newest rollout deletes, and returns what that is; nil while it does not ask.
  func confirm(_ app: String, _ name: String) async throws -> [String]? {
    try await fleet.ask { client in
      let rollout = try await client.getRollout(.init(which: .app(app))).rollout
      guard let id = rollout?.rollout?.id, let asking = rollout?.stages.first(where: { $0.name == name }),
        asking.wait == .confirmation, let count = asking.deletions?.objects
      else { return nil }
      let listed = try await client.listDeletions(.init(id: id, stage: name)).deletions
      _ = try await client.confirmDeletions(.init(id: id, stage: name, count: count, comment: "nobody needs it"))
      return listed.map(\.object)
    }
  }

  /// The commits up to this one since an app was changed last, that one too: a hub may have looked at any of them.
  func commits(since app: String, _ commit: String) throws -> Set<String> {
    let last = try repository.git("log", "--max-count=1", "--format=%H", commit, "--", "apps/\(app)")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return Set(try repository.git("rev-list", commit, "^\(last)").split(separator: "\n").map(String.init) + [last])
  }

  func head() throws -> String {
    try repository.git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Every file below a folder, by its path in it.
  static func files(below folder: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.filter { path in
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isDirectory)
      return !isDirectory.boolValue
    }.sorted()
  }
}

/// Why a test with processes failed, with the ends of their logs.
struct StageFailure: Error, CustomStringConvertible {
  let description: String
}
