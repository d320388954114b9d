public import Foundation
import FreePorts
import Synchronization

/// etcd, kube-apiserver and, where there is one, kube-controller-manager on loopback, with throw-away data.
///
/// Each runs below a shell that ends it when this process is gone, however it went. What is returned may not answer yet.
public struct LocalControlPlane: Sendable {
  /// A folder with the programs, by envtest's convention.
  public static var binaries: String? { ProcessInfo.processInfo.environment["KUBEBUILDER_ASSETS"] }

  /// Everything that a controller manager runs by default.
  public static let allControllers = ["*"]

  /// What keeps namespaces, garbage and quotas in order.
  public static let housekeeping = [
    "namespace-controller", "garbage-collector-controller", "resourcequota-controller",
  ]

  public let url: String
  /// An administrator's.
  public let token: String
  public let runsControllers: Bool
  public let folder: URL

  /// - Parameters:
  ///   - controllers: what runs of the controller manager.
  ///   - controllerRequests: how many requests a second it may make.
  ///   - serverArguments: more arguments for the API server, whose working directory is `folder`.
  public static func start(
    binaries: String, controllers: [String] = housekeeping, controllerRequests: Int = 20,
    serverArguments: [String] = [], files: [String: String] = [:]
  ) throws -> LocalControlPlane {
    let ports = try (0..<3).map { _ in try FreePorts.one() }
    let hasManager = FileManager.default.isExecutableFile(atPath: "\(binaries)/kube-controller-manager")
    let plane = LocalControlPlane(
      url: "https://127.0.0.1:\(ports[2])", token: UUID().uuidString, runsControllers: hasManager,
      folder: FileManager.default.temporaryDirectory.appending(path: "flotilla-plane-\(UUID().uuidString)"))
    try plane.prepare(files)
    try plane.launch(plane.programs(ports, controllers, controllerRequests, serverArguments), binaries)
    return plane
  }

  /// A kubeconfig of the administrator; nil while the server has not made its certificate yet.
  public var kubeconfig: String? {
    let certificates = folder.appending(path: "certificates")
    // The server writes the key after the certificate, which is whole then.
    guard let key = try? Data(contentsOf: certificates.appending(path: "apiserver.key")), !key.isEmpty,
      let certificate = try? Data(contentsOf: certificates.appending(path: "apiserver.crt"))
    else {
      return nil
    }
    return kubeconfig("certificate-authority-data: \"\(certificate.base64EncodedString())\"")
  }

  private func prepare(_ files: [String: String]) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let own = [
      "tokens.csv": "\(token),admin,1,\"system:masters\"\n",
      "manager.yaml": kubeconfig("insecure-skip-tls-verify: true"),
    ]
    for (name, text) in own.merging(files, uniquingKeysWith: { $1 }) {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    try shell("openssl genrsa -out sa.key 2048 >/dev/null 2>&1").waitUntilExit()
  }

  private func programs(_ ports: [Int], _ controllers: [String], _ requests: Int, _ serverArguments: [String])
    -> [(name: String, command: String)]
  {
    let store = "http://127.0.0.1:\(ports[0])"
    var programs = [
      (
        "store",
        "etcd --data-dir=data --listen-client-urls=\(store) --advertise-client-urls=\(store)"
          + " --listen-peer-urls=http://127.0.0.1:\(ports[1]) --unsafe-no-fsync"
      ),
      (
        "server",
        "kube-apiserver --etcd-servers=\(store) --cert-dir=certificates --bind-address=127.0.0.1"
          + " --secure-port=\(ports[2]) --service-account-issuer=https://kubernetes.default.svc"
          + " --service-account-key-file=sa.key --service-account-signing-key-file=sa.key"
          + " --token-auth-file=tokens.csv --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/16"
          + " --disable-admission-plugins=ServiceAccount" + serverArguments.map { " \($0)" }.joined()
      ),
    ]
    if runsControllers {
      programs.append(
        (
          "manager",
          "kube-controller-manager --kubeconfig=manager.yaml --service-account-private-key-file=sa.key"
            + " --use-service-account-credentials=false --leader-elect=false --secure-port=0"
            + " --kube-api-qps=\(requests) --kube-api-burst=\(2 * requests)"
            + " --controllers=\(controllers.joined(separator: ","))"
        ))
    }
    return programs
  }

  private func kubeconfig(_ trust: String) -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: local
    clusters: [{name: local, cluster: {server: "\(url)", \(trust)}}]
    contexts: [{name: local, context: {cluster: local, user: local}}]
    users: [{name: local, user: {token: "\(token)"}}]

    """
  }

  // MARK: What befalls its server

  /// Ends the API server from one moment to the next.
  public func killServer() throws { try LifeLine.order("kill -KILL $server", of: url) }

  /// Starts the API server again, on its port and its data; it takes its time to answer.
  public func startServer() throws { try LifeLine.order("server", of: url) }

  /// Lets the API server stand still: connections stay open, and nothing is answered.
  public func pauseServer() throws { try LifeLine.order("kill -STOP $server", of: url) }

  public func resumeServer() throws { try LifeLine.order("kill -CONT $server", of: url) }

  /// Takes everything down now.
  public func end() { LifeLine.cut(url) }

  // MARK: The shell

  /// The shell does what it reads from its input; when that ends, which it does with this process, it takes everything
  /// down. Each program is a function of it, so that it can be started again.
  private func launch(_ programs: [(name: String, command: String)], _ binaries: String) throws {
    let script = """
      while read -r line; do eval "$line"; done
      kill -KILL $store $server $manager
      # Who dies may still be writing; the shell cannot wait for it where it inherits a mask that keeps SIGCHLD away.
      until rm -rf "$PWD"; do sleep 0.1; done
      """
    let input = Pipe()
    LifeLine.keep(try shell(script, binaries, input: input), input, of: url)
    // A controller manager gives up when the server does not answer ten seconds after its own start.
    let address = url.dropFirst("https://".count)
    let healthy =
      "until printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect \(address) 2>/dev/null"
      + " | grep -q '200 OK'; do sleep 0.2; done; "
    for (name, command) in programs {
      let first = name == "manager" ? healthy : ""
      try LifeLine.order(
        "\(name)() { (\(first)exec \"$ASSETS\"/\(command) >>\(name).log 2>&1) & \(name)=$!; }; \(name)", of: url)
    }
  }

  private func shell(_ script: String, _ binaries: String = "", input: Pipe? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(["ASSETS": binaries]) { $1 }
    process.standardError = FileHandle.nullDevice
    if let input { process.standardInput = input }
    try process.run()
    return process
  }
}

/// Keeps a process, and so the pipe it reads, as long as this one lives.
private enum LifeLine {
  private static let lines = Mutex<[String: (process: Process, input: Pipe)]>([:])

  static func keep(_ process: Process, _ input: Pipe, of url: String) { lines.withLock { $0[url] = (process, input) } }

  static func order(_ line: String, of url: String) throws {
    try lines.withLock { try $0[url]?.input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }
  }

  static func cut(_ url: String) {
    guard let line = lines.withLock({ $0.removeValue(forKey: url) }) else { return }
    try? line.input.fileHandleForWriting.close()
    line.process.waitUntilExit()
  }
}
