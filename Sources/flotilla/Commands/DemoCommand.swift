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
    discussion: "Everything is on loopback and in one temporary folder. Exit status: 0 when every step happened.")

  @Flag(help: "Leaves everything running after the last step, and says how to look around.")
  var keep = false

  @Option(help: "A fleet repository of your own to run instead of the sample.")
  var repo: String?

  @Option(help: "The sample fleet.")
  var example = "Examples/acme"

  @Option(help: "The folder to work in, which must not exist; a new temporary one by default.")
  var directory: String?

  func run() async throws {
    let programs = URL(filePath: CommandLine.arguments.first ?? "flotilla").resolvingSymlinksInPath()
    let machine = try LocalMachine(directory: directory, programs: programs.deletingLastPathComponent().path)
    let story = DemoStory(on: machine)
    do {
      if let repo {
        try await story.runOwnRepository(repo)
      } else {
        try await story.runSample(example)
      }
    } catch {
      story.fail(error)
      await machine.end(removing: false)
      StandardStreams.complain("The logs are in \(machine.directory)/logs.")
      throw ExitCode(1)
    }
    if keep {
      try story.sayHowToLookAround()
      await waitForInterrupt()
    }
    await machine.end(removing: true)
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
