import ArgumentParser
import Glibc
import Hummingbird
import Logging
import Manifests
import ServiceLifecycle

/// A stand-in for the machines of a cluster: it reads only the folder that an agent writes, acts on what it finds
/// with a delay, and answers the agent's health probe with the digest it acted on, as a node would.
@main
struct DemoNode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flotilla-demo-node",
    abstract: "Stands in for the machines of a cluster, for demonstrations and tests.")

  /// How the stand-in misbehaves, so that a gate can be seen to hold.
  enum Fault: String, ExpressibleByArgument, CaseIterable {
    case none
    /// Calls everything healthy at once, and names a digest that it never acted on and nobody asked about.
    case lie
    /// Answers with an old digest for ever: it never acts on a change after the first.
    case lag
    /// Ends itself as soon as it is asked.
    case die
  }

  @Option(help: "The folder that the agent writes.")
  var directory: String

  @Option(help: "The port to answer probes on, on 127.0.0.1; 0 takes a free one.")
  var port = 0

  @Option(help: "A file to write the port to once it is open.")
  var portFile: String?

  @Option(help: "Milliseconds between seeing a change and having acted on it.")
  var delay = 200

  @Option(help: "Tags of images that cannot be pulled.")
  var brokenTag = "broken"

  @Option(help: "How to misbehave: none, lie, lag or die.")
  var fault = Fault.none

  func run() async throws {
    let machines = Machines(
      directory: directory, delay: .milliseconds(delay), brokenTag: brokenTag, neverActsTwice: fault == .lag)
    let router = Router()
    let fault = fault
    router.post("/") { request, _ in
      if fault == .die { Glibc.exit(1) }
      let body = try await request.body.collect(upTo: 4 << 20)
      let question = try JSON.parse(Array(buffer: body), file: "question")
      let answer = fault == .lie ? Machines.lie(to: question) : await machines.answer(to: question)
      return Response(status: .ok, body: .init(byteBuffer: .init(bytes: JSON.canonical(answer))))
    }
    var logger = Logger(label: "demo-node")
    logger.logLevel = .error
    let portFile = portFile
    let server = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        if let portFile, let port = channel.localAddress?.port { PortFile.write(port, to: portFile) }
      }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.runService() }
      group.addTask { try await machines.run() }
      try await group.next()
      group.cancelAll()
    }
  }
}
