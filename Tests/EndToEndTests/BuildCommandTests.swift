import Foundation
import LocalFleet
import TestSupport
import Testing

@Suite("flotilla build")
struct BuildCommandTests {
  private let files = [
    "app/kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator: [{name: c, files: [../shared.txt]}]\n",
    "app/a.yaml": """
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: Web, namespace: shop}}
    ---
    {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
    """,
    "shared.txt": "1 January\n",
  ]

  private func build(_ folder: String, _ arguments: [String]) throws -> String {
    try LocalProcess.run("\(Stage.programs)/flotilla", ["build", "\(folder)/app"] + arguments)
  }

  private func inFolder(_ body: (String) throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
      for (path, text) in files {
        let file = URL(filePath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      try body(folder)
    }
  }

  @Test("files outside a kustomization's directory are read only when that is asked for", .timeLimit(.minutes(2)))
  func loadRestrictor() async throws {
    try await inFolder { folder in
      #expect(throws: (any Error).self) { try build(folder, []) }
      #expect(throws: (any Error).self) { try build(folder, ["--load-restrictor", "LoadRestrictionsRootOnly"]) }
      #expect(throws: (any Error).self) { try build(folder, ["--load-restrictor", "none"]) }
      let text = try build(folder, ["--load-restrictor", "LoadRestrictionsNone"])
      #expect(text.contains("shared.txt: |\n    1 January\n"))
    }
  }

  @Test("writes into a file, or a file for each object into a folder that is there", .timeLimit(.minutes(2)))
  func output() async throws {
    try await inFolder { folder in
      let printed = try build(folder, ["--load-restrictor", "LoadRestrictionsNone"])
      #expect(try build(folder, ["--load-restrictor", "LoadRestrictionsNone", "-o", "\(folder)/out.yaml"]).isEmpty)
      #expect(try String(contentsOfFile: "\(folder)/out.yaml", encoding: .utf8) == printed)
      try FileManager.default.createDirectory(atPath: "\(folder)/out", withIntermediateDirectories: true)
      #expect(try build(folder, ["--load-restrictor", "LoadRestrictionsNone", "-o", "\(folder)/out"]).isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").sorted()
      #expect(names.count == 3)
      #expect(names.contains("shop_apps_v1_deployment_web.yaml"))
      #expect(names.contains("v1_namespace_shop.yaml"))
      #expect(names.contains { $0.hasPrefix("default_v1_configmap_c-") })
      let namespace = try String(contentsOfFile: "\(folder)/out/v1_namespace_shop.yaml", encoding: .utf8)
      #expect(namespace == "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n")
    }
  }

  @Test(
    "prints the same whatever the machine's language and time zone are",
    arguments: [
      ["LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"], ["LC_ALL": "C", "TZ": "America/St_Johns"], [:],
    ])
  func locale(environment: [String: String]) async throws {
    try await withTemporaryDirectory { folder in
      try Data("resources: [a.yaml]\nnamePrefix: I\nimages: [{name: I, newTag: '1'}]\n".utf8)
        .write(to: URL(filePath: "\(folder)/kustomization.yaml"))
      let text =
        "{apiVersion: v1, kind: Item, metadata: {name: i}, data: {I: a, i: b, ı: c, İ: d, on: 2001-01-01, n: 1.50}}\n"
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/a.yaml"))
      let program = Process()
      program.executableURL = URL(filePath: "\(Stage.programs)/flotilla")
      program.arguments = ["build", folder]
      program.environment = environment
      let pipe = Pipe()
      program.standardOutput = pipe
      try program.run()
      let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      program.waitUntilExit()
      let expected = """
        apiVersion: v1
        data:
          I: a
          i: b
          "n": 1.5
          "on": "2001-01-01T00:00:00Z"
          İ: d
          ı: c
        kind: Item
        metadata:
          name: Ii

        """
      #expect(printed == expected)
    }
  }
}
