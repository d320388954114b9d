import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

/// `helmCharts` with the real helm, and where FLOTILLA_ORACLE names a kubectl, held against what that makes of it.
@Suite("helmCharts come to what kustomize makes of them", .withHelm)
struct HelmChartsFieldTests {
  static let entries: [String] = [
    "name: web", "name: web, releaseName: rel, namespace: shop", "name: web, releaseName: rel, includeCRDs: true",
    "name: web, releaseName: rel, skipHooks: true", "name: web, releaseName: rel, skipTests: true",
    "name: web, releaseName: rel, kubeVersion: \"1.29.3\", apiVersions: [monitoring.example.com/v1]",
    "name: web, nameTemplate: \"{{ \\\"a\\\" | upper | lower }}-b\"",
    "name: web, releaseName: rel, valuesFile: v.yaml",
    "name: web, releaseName: rel, valuesFile: v.yaml, additionalValuesFiles: [w.yaml]",
    "name: web, releaseName: rel, valuesInline: {replicas: 7, deep: {k: null, z: 1.50}, list: [c], more: {a: [{b: 1}]}}",
    "name: web, releaseName: rel, valuesMerge: merge, valuesInline: {replicas: 7, deep: {z: 3}, list: [c], big: 9007199254740993}",
    "name: web, releaseName: rel, valuesMerge: replace, valuesInline: {replicas: 7, text: \"on\", empty: {}, none: []}",
    "name: web, releaseName: rel, valuesFile: v.yaml, valuesInline: {deep: {x: inline}}",
    "name: web, releaseName: rel, valuesFile: v.yaml, valuesMerge: merge, valuesInline: {deep: {x: inline, w: 1}}",
  ]

  private static let files = below("charts/web", visibleChart).merging([
    "v.yaml": "deep: {x: file}\nreplicas: 3\n", "w.yaml": "replicas: 4\n",
  ]) { $1 }

  @Test("field by field", arguments: entries)
  func oracle(_ entry: String) async throws {
    let files = Self.files.merging(["kustomization.yaml": "namePrefix: p-\nhelmCharts:\n- {\(entry)}\n"]) { $1 }
    let rendered = try await build(files)
    #expect(!rendered.isEmpty)
    guard let oracle = try await oracle(files) else { return }
    #expect(YAML.emitDocuments(rendered).elementsEqual(YAML.emitDocuments(oracle)))
  }

  /// What kubectl makes of the files; nil where none is named. Its helm says a version that this kubectl knows.
  private func oracle(_ files: [String: String]) async throws -> [Value]? {
    guard let kubectl = ProcessInfo.processInfo.environment["FLOTILLA_ORACLE"] else { return nil }
    let helm = try await HelmProgram.path()
    return try await withTemporaryDirectory { folder in
      try write(files, into: "\(folder)/tree")
      let wrapper = "#!/bin/sh\n[ \"$1\" = version ] && exec echo v3.99.0\nexec '\(helm)' \"$@\"\n"
      try write(program: wrapper, to: "\(folder)/helm")
      let result = try runProgram(
        kubectl, ["kustomize", "--enable-helm", "--helm-command", "\(folder)/helm", "\(folder)/tree"])
      try #require(result.status == 0, "\(result.text)")
      return try YAML.parse(Array(result.text.utf8), file: "oracle").map(\.value)
    }
  }

  /// The values that the templates saw, as JSON.
  private func values(_ entry: String) async throws -> String {
    try await build(Self.files.merging(["kustomization.yaml": "helmCharts:\n- {\(entry)}\n"]) { $1 }).values
  }

  @Test("inline values override those of the file, merge under them, or replace them over the chart's own")
  func merges() async throws {
    let inline = "valuesInline: {replicas: 7, deep: {x: 8, z: 9}}"
    #expect(
      try await values("name: web, valuesFile: v.yaml, \(inline)")
        == #"{"deep":{"k":2,"x":8,"z":9},"kept":true,"list":["a","b"],"replicas":7}"#)
    #expect(
      try await values("name: web, valuesFile: v.yaml, valuesMerge: merge, \(inline)")
        == #"{"deep":{"k":2,"x":"file","z":9},"kept":true,"list":["a","b"],"replicas":3}"#)
    #expect(
      try await values("name: web, valuesFile: v.yaml, valuesMerge: replace, \(inline)")
        == #"{"deep":{"k":2,"x":8,"z":9},"kept":true,"list":["a","b"],"replicas":7}"#)
  }

  @Test("CRDs come when they are asked for, hooks and tests unless they are not wanted")
  func parts() async throws {
    func names(_ entry: String) async throws -> Set<String> {
      let files = Self.files.merging(["kustomization.yaml": "helmCharts: [{name: web, \(entry)}]"]) { $1 }
      return Set(try await build(files).names)
    }
    #expect(try await names("releaseName: r") == ["ConfigMap r", "Job migrate", "Pod try"])
    #expect(try await names("releaseName: r, skipTests: true") == ["ConfigMap r", "Job migrate"])
    #expect(
      try await names("releaseName: r, skipHooks: true, includeCRDs: true")
        == ["ConfigMap r", "CustomResourceDefinition things.example.com"])
  }

  @Test("the versions of Kubernetes and of APIs reach the templates")
  func versions() async throws {
    let files = Self.files.merging(["kustomization.yaml": "helmCharts: [{name: web}]"]) { $1 }
    let objects = try await build(files, .init(version: "1.27.4", apiVersions: ["monitoring.example.com/v1"]))
    let map = try #require(objects.first { $0["kind"] == "ConfigMap" })
    #expect(map[path: "data", "version"] == "v1.27.4")
    #expect(map[path: "data", "monitored"] == "true")
  }
}
