public import Manifests
import NIOCore
import NIOPosix
import Synchronization

/// A stand-in for a Kubernetes API server: HTTP on loopback, everything in memory.
///
/// It does what a real server was measured to do; KubernetesDoubleTests names each such fact, and runs against a real
/// control plane as well. What it does not do: protobuf, CEL, calling webhooks or aggregated servers.
public final class KubernetesDouble: Sendable {
  public let settings: DoubleSettings
  public let port: Int
  private let core: DoubleCore
  private let listener: Mutex<Listener?>

  /// Starts a server; stop it when it is no longer needed.
  public static func start(_ settings: DoubleSettings = DoubleSettings()) async throws -> KubernetesDouble {
    // Read now, not while the first request waits.
    precondition(!BuiltInSchemas.structures.isEmpty, "the double's schema file is empty")
    let core = DoubleCore(settings: settings, timerLoop: MultiThreadedEventLoopGroup.singleton.next())
    let listener = try await Listener.start(core: core, port: settings.port)
    return KubernetesDouble(settings, core, listener)
  }

  private init(_ settings: DoubleSettings, _ core: DoubleCore, _ listener: Listener) {
    self.settings = settings
    self.core = core
    port = listener.port
    self.listener = Mutex(listener)
  }

  public var url: String { "\(settings.tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

  /// A kubeconfig for one of the server's users, or for an administrator.
  public func kubeconfig(token: String? = nil) -> String {
    let bearer = (token ?? settings.administratorToken).map { "token: \"\($0)\"" }
    let authority = settings.tls.map { ", \($0.kubeconfigCluster)" } ?? ""
    return """
      apiVersion: v1
      kind: Config
      current-context: double
      clusters: [{name: double, cluster: {server: "\(url)"\(authority)}}]
      contexts: [{name: double, context: {cluster: double, user: double}}]
      users: [{name: double, user: {\(bearer ?? settings.tls?.kubeconfigUser ?? "")}}]

      """
  }

  /// Goes as a server does that is told to: no new connections, open watches silent for a while, then closed.
  public func stop() async {
    core.silence()
    let listener = take()
    await listener?.close()
    try? await Task.sleep(for: .seconds(settings.stopSilence))
    await listener?.dropConnections()
  }

  /// Goes as a server does that is killed: connections close at once.
  public func kill() async {
    let listener = take()
    await listener?.close()
    await listener?.dropConnections()
  }

  /// Comes back on the same port, with what was stored or without.
  ///
  /// What watches could have replayed is forgotten either way, as in a real server's cache.
  public func restart(keepingData: Bool = true) async throws {
    await kill()
    core.restart(keepingData: keepingData)
    let new = try await Listener.start(core: core, port: port)
    listener.withLock { $0 = new }
  }

  /// Stops answering and sending, connections left open, until it is resumed: a process that hangs.
  public func pause() { core.pause() }

  public func resume() { core.resume() }

  /// Lets something go wrong; its number takes it away again.
  @discardableResult
  public func inject(_ fault: Fault) -> Int { core.add(fault) }

  /// Takes a fault away, or all.
  public func removeFault(_ number: Int? = nil) { core.removeFault(number) }

  /// Every request since the start, in the order in which they came.
  public var requests: [ReceivedRequest] { core.requests }

  public func forgetRequests() { core.forgetRequests() }

  /// Forgets what watches and pages could go back to, as a compaction of the store does.
  public func compact() { core.withCluster { $0.forgetPast() } }

  /// An object as it is stored; nil where there is none.
  /// - Parameter resource: as in `deployments.apps`.
  public func object(_ resource: String, namespace: String = "", _ name: String) -> Value? {
    core.withCluster { $0.object(resource, namespace, name)?.value }
  }

  /// Whether it was told to stop and its watches are silent.
  public var isStopping: Bool { core.isSilent }

  /// How many watches are open.
  public var openWatches: Int { core.withCluster { $0.watches.count } }

  private func take() -> Listener? {
    listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
  }
}

extension ClusterState {
  mutating func forgetPast() {
    revision += 1
    log.forget(until: revision)
    pages = [:]
    for id in watches.keys { watches[id] = nil }
  }
}
