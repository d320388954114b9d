import FleetModel
import Foundation
import LocalFleet
import Manifests
import Programs
import TimeZones
import Wire

/// The demo's scenes, in order. Each is checked from what is on the clusters and the hub's answers.
final class DemoStory {
  private let machine: LocalMachine
  private var running: LocalFleet?
  private let began = ContinuousClock.now
  private var sceneBegan = ContinuousClock.now
  private var sceneTitle = ""
  private var number = 0

  init(on machine: LocalMachine) { self.machine = machine }

  private var fleet: LocalFleet {
    get throws {
      guard let running else { throw FleetError(.localFleet, "no fleet runs yet") }
      return running
    }
  }

  // MARK: Telling

  private func scene(_ title: String) {
    number += 1
    sceneTitle = title
    sceneBegan = .now
    StandardStreams.print("\n\(number). \(title)")
  }

  private func tell(_ text: String) {
    let elapsed = ContinuousClock.now - sceneBegan
    let seconds = Double(elapsed.inMilliseconds) / 1000
    StandardStreams.print("   \(String(format: "%6.2f", seconds)) s  \(text)")
  }

  func fail(_ error: any Error) { StandardStreams.complain("\nThe step did not happen: \(sceneTitle)\n\(error)") }

  // MARK: The sample

  func runSample(on site: any DemoSite) async throws {
    let count = site.clusters.count
    scene(
      "A hub, a Git repository, \(counted(count, "cluster")) with \(count == 1 ? "its agent" : "their agents"): first sync"
    )
    let repository = try site.makeRepository(in: "\(machine.directory)/repository")
    let fleet = try LocalFleet(on: machine, repository: repository.url, fleet: site.fleetName)
    try await startAll(fleet) { try await site.start($0) }
    let play = DemoPlay(site: site, repository: repository, fleet: fleet, tell: tell)
    try await play.firstSync()
    for (title, act) in play.scenes {
      scene(title)
      try await act()
    }
    let total = (ContinuousClock.now - began).inMilliseconds / 1000
    StandardStreams.print("\nEvery step happened, in \(total) s.")
  }

  @discardableResult
  private func startAll(_ fleet: LocalFleet, _ start: (LocalCluster) async throws -> Void) async throws -> [String] {
    running = fleet
    let clusters = try await fleet.clusters()
    tell("the hub has read the repository: \(clusters.joined(separator: ", "))")
    for cluster in clusters { try await start(fleet.cluster(cluster)) }
    try await fleet.allOnline()
    tell("enrolled with a join token each, and connected: \(counted(clusters.count, "agent"))")
    return clusters
  }

  // MARK: An own repository

  func runOwnRepository(_ url: String) async throws {
    scene("A hub and an agent per cluster on \(url)")
    let source = url.contains("://") ? url : "file://\(URL(filePath: url).standardizedFileURL.path)"
    let name = try fleetName(of: source)
    let clusters = try await startAll(
      try LocalFleet(on: machine, repository: source, fleet: name, reference: "HEAD")
    ) { try await $0.start() }
    tell("\(counted(clusters.count, "cluster")); rollouts go as the repository's pipelines say")
    try await followRollouts()
  }

  /// Longer than the soaks and deadlines that a fleet of people would watch.
  private static let patience: Duration = .seconds(3600)

  /// Tells what becomes of every app until each has come to its end, or waits for a person.
  private func followRollouts() async throws {
    var told: [String: String] = [:]
    try await eventually("every app is through, or waits for an approval", within: DemoStory.patience) {
      let apps = try await self.fleet.ask { try await $0.listApps(.init()) }.apps
      var isOver = true
      for app in apps {
        let (news, isDone) = DemoStory.standing(of: app)
        isOver = isOver && isDone
        if told[app.name] != news { self.tell("\(app.name): \(news)") }
        told[app.name] = news
      }
      return isOver
    }
  }

  private static func standing(of app: FlotillaV1.App) -> (news: String, isDone: Bool) {
    if let error = app.error { return ("does not render: \(FleetError(error))", true) }
    guard let rollout = app.rollout else { return ("concerns no cluster yet", app.clusters == 0) }
    let reason = rollout.reason.isEmpty ? "" : ": \(rollout.reason)"
    switch rollout.state {
    case .succeeded: return ("succeeded on \(rollout.clustersChanged) of \(app.clusters)", true)
    case .failed: return ("failed\(reason)", true)
    default:
      let waits = rollout.stageState == .awaitingBefore
      return (waits ? "stage \(rollout.stage) waits for an approval" : "rolls out, stage \(rollout.stage)", waits)
    }
  }

  private func fleetName(of url: String) throws -> String {
    let folder = "\(machine.directory)/look"
    _ = try LocalProcess.run("git", ["clone", "--quiet", "--depth", "1", url, folder])
    let repository = FleetRepository.read(from: FolderTree(folder), isTimeZone: TimeZones.exist(named:))
    guard let fleet = repository.fleet else {
      throw repository.errors.first ?? FleetError(.localFleet, "the repository declares no fleet")
    }
    return fleet.name
  }

  /// - Parameter objects: where the clusters' objects can be looked at.
  func sayHowToLookAround(_ objects: String) throws {
    StandardStreams.print(
      """

      Everything keeps running until you press Ctrl-C. To look around, in another terminal:
        export FLOTILLA_OPERATOR=\(try fleet.operatorFile)
        flotilla get clusters; flotilla get apps; flotilla get rollouts; flotilla events --follow
      The repository is \(machine.directory)/repository, \(objects).
      """)
  }
}
