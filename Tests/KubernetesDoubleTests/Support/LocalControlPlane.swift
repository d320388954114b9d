import Foundation
import Synchronization

/// etcd, kube-apiserver and, where there is one, kube-controller-manager on loopback, with throw-away data.
///
/// Each runs below a shell that ends it when this process is gone, however it went.
struct LocalControlPlane {
  let binaries: String
  private let folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-plane-\(UUID().uuidString)")
  private let token = UUID().uuidString

  init(binaries: String) { self.binaries = binaries }

  func start() async throws -> RunningPlane {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "\(token),admin,1,\"system:masters\"\n".write(
      to: folder.appending(path: "tokens.csv"), atomically: true, encoding: .utf8)
    try await run("openssl genrsa -out sa.key 2048")
    let ports = try FreePorts.take(3)
    let store = "http://127.0.0.1:\(ports[0])"
    let hasManager = FileManager.default.isExecutableFile(atPath: "\(binaries)/kube-controller-manager")
    let url = "https://127.0.0.1:\(ports[2])"
    try kubeconfig(url).write(to: folder.appending(path: "manager.yaml"), atomically: true, encoding: .utf8)
    var programs = [
      "etcd --data-dir=data --listen-client-urls=\(store) --advertise-client-urls=\(store)"
        + " --listen-peer-urls=http://127.0.0.1:\(ports[1]) --unsafe-no-fsync",
      "kube-apiserver --etcd-servers=\(store) --cert-dir=certificates --bind-address=127.0.0.1"
        + " --secure-port=\(ports[2]) --service-account-issuer=https://kubernetes.default.svc"
        + " --service-account-key-file=sa.key --service-account-signing-key-file=sa.key"
        + " --token-auth-file=tokens.csv --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/16"
        + " --disable-admission-plugins=ServiceAccount",
    ]
    if hasManager {
      programs.append(
        "kube-controller-manager --kubeconfig=manager.yaml --service-account-private-key-file=sa.key"
          + " --use-service-account-credentials=false --leader-elect=false --secure-port=0"
          + " --controllers=namespace-controller,garbage-collector-controller,resourcequota-controller")
    }
    try launch(programs)
    let plane = RunningPlane(url: url, token: token, runsControllers: hasManager)
    try await TestCluster.waitUntilReady(plane)
    return plane
  }

  private func kubeconfig(_ url: String) -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: local
    clusters: [{name: local, cluster: {server: "\(url)", insecure-skip-tls-verify: true}}]
    contexts: [{name: local, context: {cluster: local, user: local}}]
    users: [{name: local, user: {token: "\(token)"}}]

    """
  }

  private func run(_ command: String) async throws {
    let process = try shell(command + " >/dev/null 2>&1")
    process.waitUntilExit()
  }

  /// The shell waits for its input to end, which it does with this process, and takes everything down.
  private func launch(_ programs: [String]) throws {
    let lines = programs.enumerated().map { "\"$ASSETS\"/\($1) >log\($0) 2>&1 & pids=\"$pids $!\"" }
    let script = lines.joined(separator: "\n") + "\ncat >/dev/null\nkill -9 $pids\nrm -rf \"$PWD\""
    let process = try shell(script, input: Pipe())
    LifeLine.keep(process)
  }

  private func shell(_ script: String, input: Pipe? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(["ASSETS": binaries]) { $1 }
    if let input { process.standardInput = input }
    try process.run()
    return process
  }
}

/// Keeps a process, and so the pipe it reads, as long as this one lives.
private enum LifeLine {
  private static let processes = Mutex<[Process]>([])

  static func keep(_ process: Process) { processes.withLock { $0.append(process) } }
}

/// Ports of loopback that nobody listens on now.
enum FreePorts {
  static func take(_ count: Int) throws -> [Int] {
    var (descriptors, ports): ([Int32], [Int]) = ([], [])
    defer { for descriptor in descriptors { close(descriptor) } }
    for _ in 0..<count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      descriptors.append(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      guard bound else { throw RealControlPlane.Failure(text: "no free port") }
      ports.append(Int(UInt16(bigEndian: address.sin_port)))
    }
    return ports
  }
}
