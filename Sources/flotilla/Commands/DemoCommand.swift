import ArgumentParser
import Foundation
import LocalFleet
import Manifests
import Programs

/// `flotilla demo`: the whole path on this machine, step by step.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Runs a hub and six agents on this machine and shows what a fleet does, in under two minutes.",
    discussion: """
      Everything is on loopback and in one temporary folder. With --kubeconfig, once for each cluster, it happens on \
      real clusters instead: the agents run here, the first cluster is of dev, the second of three or more of staging, \
      the others of prod. What is made there is in two namespaces, flotilla-demo and flotilla-demo-agent, and is \
      deleted at the end. Exit status: 0 when every step happened.
      """)

  @Flag(help: "Leaves everything running after the last step, and says how to look around.")
  var keep = false

  @Option(help: "A fleet repository of your own to run instead of the sample.")
  var repo: String?

  @Option(help: "The sample fleet.")
  var example = "Examples/acme"

  @Option(help: "The folder to work in, which must not exist; a new temporary one by default.")
  var directory: String?

  @Option(help: "A cluster to run it on; to be repeated for more. kubectl is needed.")
  var kubeconfig: [String] = []

  func validate() throws {
    if repo != nil, !kubeconfig.isEmpty { throw ValidationError("Give either --repo or --kubeconfig.") }
  }

  func run() async throws {
    let programs = URL(filePath: CommandLine.arguments.first ?? "flotilla").resolvingSymlinksInPath()
    let site = try site()
    let machine = try LocalMachine(directory: directory, programs: programs.deletingLastPathComponent().path)
    let story = DemoStory(on: machine)
    do {
      if let repo {
        try await story.runOwnRepository(repo)
      } else {
        try await story.runSample(on: site)
      }
    } catch {
      story.fail(error)
      await machine.end(removing: false)
      StandardStreams.complain("The logs are in \(machine.directory)/logs.")
      try? await cleanUp(site)
      throw ExitCode(1)
    }
    if keep {
      try story.sayHowToLookAround(site.howToLookAround(in: machine.directory))
      await waitForInterrupt()
    }
    await machine.end(removing: true)
    try await cleanUp(site)
  }

  private func site() throws -> any DemoSite {
    guard !kubeconfig.isEmpty else { return FolderSite(example: example) }
    let site = KubernetesSite(kubeconfigs: kubeconfig.map { URL(filePath: $0).path })
    try site.check()
    return site
  }

  /// After the agents have ended: they would put back what is deleted.
  private func cleanUp(_ site: any DemoSite) async throws {
    do {
      try await site.cleanUp()
    } catch {
      StandardStreams.complain("\(error)")
      throw ExitCode(1)
    }
  }

  /// Returns when the person at the terminal presses Ctrl-C, or the demo is asked to end.
  private func waitForInterrupt() async {
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGINT, SIGTERM].map { number in
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.yield() }
      source.activate()
      return source
    }
    for await _ in stream { break }
    for source in sources { source.cancel() }
  }
}
