import ArgumentParser
import Foundation
import KubernetesDouble
import UnixSignals

/// Serves a stand-in for a Kubernetes API server on loopback until it is told to stop.
@main
struct KubernetesDoubleProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flotilla-kubernetes-double",
    abstract: "A stand-in for a Kubernetes API server, for demonstrations, tests and benchmarks.")

  @Option(help: "Where to write a kubeconfig for it.")
  var kubeconfig: String

  @Option(help: "The port to listen on; 0: any that is free.")
  var port = 0

  @Option(help: "The version it claims to be.")
  var serverVersion = DoubleSettings().version

  @Flag(help: "Let workloads lead to Pods, and Pods run.")
  var workloads = false

  @Option(help: "Seconds from a Pod's creation until it runs.")
  var podStartDelay = DoubleSettings().podStartDelay

  @Flag(help: "Let whoever may connect see the requests and let things go wrong, below /double.")
  var remoteControl = false

  func run() async throws {
    var settings = DoubleSettings()
    settings.port = port
    settings.version = serverVersion
    settings.runsWorkloads = workloads
    settings.podStartDelay = podStartDelay
    settings.hasRemoteControl = remoteControl
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let server = try await KubernetesDouble.start(settings)
    try server.kubeconfig().write(toFile: kubeconfig, atomically: true, encoding: .utf8)
    print("serving \(server.url); KUBECONFIG=\(kubeconfig)")
    fflush(nil)
    for await _ in signals { break }
    await server.kill()
  }
}
