import ArgumentParser
import Manifests
import Programs

/// `flotilla init`: a new fleet repository.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Makes a new fleet repository with one environment, one cluster and one app.")
  @Argument(help: "The folder to make.") var directory: String
  @Option(help: "The fleet's name; by default the folder's.") var name: String?

  func run() throws {
    let fleet = name ?? directory.split(separator: "/").last.map(String.init) ?? "fleet"
    guard !LocalFile.exists("\(directory)/fleet.yaml") else {
      throw FleetError(.localFile, "there is a fleet already", at: .init(file: "\(directory)/fleet.yaml"))
    }
    for (path, content) in NewFleet.files(named: fleet) {
      let file = "\(directory)/\(path)"
      try LocalFile.makeFolder(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
      try LocalFile.write(file, Array(content.utf8))
    }
    StandardStreams.print(
      """
      \(directory) is a fleet repository now. Next:
        flotilla validate --repo \(directory)
        flotilla render --repo \(directory)
        cd \(directory) && git init && git add . && git commit -m "The fleet as it begins"
      """)
  }
}

/// The files of a fleet repository that is just beginning.
private enum NewFleet {
  static func files(named name: String) -> [(path: String, content: String)] {
    [
      ("fleet.yaml", fleet(name)), ("clusters/dev-1.yaml", cluster), ("apps/hello/app.yaml", app),
      ("apps/hello/base/kustomization.yaml", kustomization), ("apps/hello/base/configmap.yaml", configMap),
    ]
  }

  private static func fleet(_ name: String) -> String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata:
      name: \(name)
    spec:
      environments: [dev]

    """
  }

  private static let cluster = """
    apiVersion: flotilla.dev/v1alpha1
    kind: Cluster
    metadata:
      name: dev-1
    spec:
      environment: dev
      values:
        greeting: hello

    """

  private static let app = """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata:
      name: hello
    spec:
      overlays: ["overlays/{environment}", base]
      substitute: true
      namespace: default

    """

  private static let kustomization = """
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    resources:
      - configmap.yaml

    """

  private static let configMap = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: hello
    data:
      greeting: ${cluster.values.greeting}

    """
}
