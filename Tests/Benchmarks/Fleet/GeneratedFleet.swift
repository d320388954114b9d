import Foundation
import Manifests

/// A monorepo as a platform team has it, in a bare Git repository: 50 apps, 3 environments, 5 regions, values of each
/// cluster.
///
/// Of five apps two have a text of their own on each cluster (its domain), two differ by environment and region, and one
/// is the same wherever its environment is. Every third app has an overlay for each region of each environment.
struct GeneratedFleet {
  static let environments = ["dev", "staging", "prod"]
  static let regions = ["eu-central", "eu-west", "us-east", "us-west", "ap-south"]
  static let appCount = 50

  let clusters: Int
  let folder: URL
  private var commits = 0

  /// Writes the repository, which is gone with `remove`.
  init(clusters: Int) throws {
    self.clusters = clusters
    folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try git(["init", "--quiet", "--bare", "--initial-branch=main", "."])
    try commit(files)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Commits these files upon what is there.
  mutating func commit(_ changed: [String: String]) throws {
    commits += 1
    var stream =
      "commit refs/heads/main\ncommitter Bench <bench@example.com> \(1_700_000_000 + commits) +0000\ndata 0\n"
    if commits > 1 { stream += "from refs/heads/main^0\n" }
    for (path, text) in changed.sorted(by: { $0.key < $1.key }) {
      stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
    }
    let input = folder.appending(path: "history")
    try Data(stream.utf8).write(to: input)
    try git(["fast-import", "--quiet"], input: input)
  }

  private func git(_ arguments: [String], input: URL? = nil) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/git")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw GitFailed(arguments: arguments) }
  }

  private struct GitFailed: Error {
    var arguments: [String]
  }
}

extension GeneratedFleet {
  private var files: [String: String] {
    var files = ["fleet.yaml": Self.fleet, "README.md": "The fleet.\n"]
    for index in 0..<clusters {
      let name = String(format: "c-%05d", index)
      files["clusters/\(name).yaml"] = Self.cluster(name, index)
    }
    for index in 0..<Self.appCount { files.merge(Self.app(index)) { $1 } }
    return files
  }

  private static let fleet = """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata: {name: bench}
    spec:
      environments: [dev, staging, prod]

    """

  static func cluster(_ name: String, _ index: Int, domain: String? = nil) -> String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: Cluster
    metadata:
      name: \(name)
      labels: {region: \(regions[index % 5]), provider: \(["aws", "gcp"][index % 2])}
    spec:
      environment: \(environments[index % 3])
      values:
        domain: \(domain ?? name).fleet.example.com
        size: \(["small", "medium", "large"][index / 3 % 3])
        zones: 3

    """
  }

  /// What an app has of the cluster that it is on.
  private static func text(ofApp index: Int) -> String {
    switch index % 5 {
    case 0, 1: "${cluster.values.domain}"
    case 2, 3: "${cluster.labels.region}.${cluster.environment}.example.com"
    default: "fleet.example.com"
    }
  }

  private static func hasRegions(_ index: Int) -> Bool { index % 3 == 0 }

  static func appName(_ index: Int) -> String { String(format: "app-%02d", index) }

  private static func app(_ index: Int) -> [String: String] {
    let app = appName(index)
    var files: [String: String] = [:]
    let first = hasRegions(index) ? #""overlays/{environment}-{label:region}", "# : ""
    files["app.yaml"] = """
      apiVersion: flotilla.dev/v1alpha1
      kind: App
      metadata: {name: \(app)}
      spec:
        overlays: [\(first)"overlays/{environment}"]
        substitute: \(index % 5 < 4)

      """
    files.merge(base(app, index)) { $1 }
    for environment in environments {
      files["overlays/\(environment)/kustomization.yaml"] = overlay(app, environment)
      files["overlays/\(environment)/resources.yaml"] = resources(app, environment)
      guard hasRegions(index) else { continue }
      for region in regions {
        files["overlays/\(environment)-\(region)/kustomization.yaml"] = regional(environment, region)
      }
    }
    return Dictionary(uniqueKeysWithValues: files.map { ("apps/\(app)/\($0.key)", $0.value) })
  }

  static func overlay(_ app: String, _ environment: String, tag: String = "1.4.2") -> String {
    """
    resources: [../../base]
    images: [{name: registry.example.com/\(app), newTag: "\(tag)"}]
    labels: [{pairs: {environment: \(environment)}}]
    patches: [{path: resources.yaml}]
    replicas: [{name: \(app), count: \(environment == "prod" ? 3 : 1)}]

    """
  }

  private static func regional(_ environment: String, _ region: String) -> String {
    """
    resources: [../\(environment)]
    commonAnnotations: {example.com/region: \(region)}

    """
  }

  private static func resources(_ app: String, _ environment: String) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(app)}
    spec:
      template:
        spec:
          containers:
            - name: main
              resources:
                requests: {cpu: \(environment == "prod" ? "500m" : "50m"), memory: 256Mi}
                limits: {memory: 512Mi}

    """
  }

  static func deployment(_ app: String, port: Int = 8080) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: \(app)
      labels: {app.kubernetes.io/name: \(app)}
    spec:
      replicas: 1
      selector: {matchLabels: {app.kubernetes.io/name: \(app)}}
      strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
      template:
        metadata:
          labels: {app.kubernetes.io/name: \(app)}
        spec:
          serviceAccountName: \(app)
          securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
          containers:
            - name: main
              image: registry.example.com/\(app)
              args: ["--listen=:\(port)", --log-format=json]
              ports: [{name: http, containerPort: \(port)}]
              envFrom: [{configMapRef: {name: \(app)}}]
              readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
              livenessProbe: {httpGet: {path: /live, port: http}, periodSeconds: 10}
              volumeMounts: [{name: tmp, mountPath: /tmp}]
          volumes: [{name: tmp, emptyDir: {}}]

    """
  }

  private static func base(_ app: String, _ index: Int) -> [String: String] {
    [
      "base/kustomization.yaml": """
      namespace: \(app)
      resources: [namespace.yaml, account.yaml, deployment.yaml, service.yaml, ingress.yaml]
      configMapGenerator: [{name: \(app), envs: [settings.env], literals: ["DOMAIN=\(text(ofApp: index))"]}]
      labels: [{pairs: {team: team-\(index % 7)}, includeSelectors: false, includeTemplates: true}]

      """,
      "base/settings.env": "LOG_LEVEL=info\nTIMEOUT=30s\nFEATURES=a,b,c\nCACHE_SIZE=128\n",
      "base/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(app)}\n",
      "base/account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: \(app)}\n",
      "base/deployment.yaml": deployment(app),
      "base/service.yaml": """
      apiVersion: v1
      kind: Service
      metadata: {name: \(app)}
      spec:
        selector: {app.kubernetes.io/name: \(app)}
        ports: [{name: http, port: 80, targetPort: http}]

      """,
      "base/ingress.yaml": """
      apiVersion: networking.k8s.io/v1
      kind: Ingress
      metadata:
        name: \(app)
        annotations: {cert-manager.io/cluster-issuer: public}
      spec:
        ingressClassName: main
        tls: [{secretName: \(app)-tls, hosts: ["\(app).\(text(ofApp: index))"]}]
        rules:
          - host: \(app).\(text(ofApp: index))
            http:
              paths: [{path: /, pathType: Prefix, backend: {service: {name: \(app), port: {name: http}}}}]

      """,
    ]
  }
}
