import AgentCore
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("An app becomes files, and only what differs is written")
struct ApplyTests {
  @Test("every object has its file, and the marker names the digest and each file's own")
  func files() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let app = try Site.app("one")
      #expect(await site.target().apply(app, .enforce).words == ["created", "created", "created"])
      let contents = try site.contents()
      let marker = try JSON.parse(Array((contents["shop/.flotilla.json"] ?? "").utf8), file: "marker")
      #expect(marker["app_digest"]?.string == app.digest.description)
      for name in ["a", "b", "c"] {
        let text = try #require(contents[Site.path(name)])
        #expect(text.contains("text: one"))
        #expect(marker["files"]?[Site.path(name)]?.string == Digest(of: Array(text.utf8)).hex)
      }
    }
  }

  @Test("what is as desired is not written again, also after a restart; what differs is")
  func onlyDifferences() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      _ = await site.target().apply(try Site.app("one"), .enforce)
      let before = try modificationDates(site)
      let again = site.target()
      #expect(await again.apply(try Site.app("one"), .enforce).words == ["unchanged", "unchanged", "unchanged"])
      #expect(try modificationDates(site) == before)

      try site.write("kind: ConfigMap # by hand\n", to: Site.path("b"))
      #expect(await again.apply(try Site.app("one"), .compare).words == ["unchanged", "differs", "unchanged"])
      #expect(try site.contents()[Site.path("b")]?.contains("by hand") == true)
      #expect(await again.apply(try Site.app("one"), .enforce).words == ["unchanged", "changed", "unchanged"])
      #expect(try site.contents()[Site.path("b")]?.contains("text: one") == true)
    }
  }

  private func modificationDates(_ site: Site) throws -> [String: Date] {
    try site.contents().keys.reduce(into: [:]) { dates, path in
      dates[path] =
        try FileManager.default.attributesOfItem(atPath: "\(site.directory)/\(path)")[.modificationDate] as? Date
    }
  }

  @Test("a Secret's file can be read by its owner alone")
  func secrets() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let secret: Value = [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "key", "namespace": "shop"],
        "stringData": ["password": "hidden"],
      ]
      _ = await site.target().apply(try Site.app(of: [secret]), .enforce)
      let path = "\(directory)/shop/_Secret_shop_key.yaml"
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test("no name leads out of the folder or to another object's file", arguments: [DirectoryKind.plain, .k3s])
  func names(kind: DirectoryKind) throws {
    let names = [
      "..", "../../etc/passwd", "a/b", "a_b", "a%2Fb", ".hidden", "a", "system:node",
      String(repeating: "x", count: 253),
    ]
    var paths: Set<String> = []
    for app in ["shop", "other"] {
      for name in names {
        for namespace in ["", "shop"] {
          let path = kind.path(of: ObjectID(group: "", kind: "ConfigMap", namespace: namespace, name: name), in: app)
          #expect(TreePath(path)?.description == path)
          let parts = path.split(separator: "/")
          #expect(parts.count == (kind == .plain ? 2 : 1))
          #expect(parts.allSatisfy { !$0.hasPrefix(".") && $0.utf8.count <= 255 })
          #expect(paths.insert(path).inserted, "\(path) stands for two objects")
        }
      }
    }
  }

  @Test("a symbolic link where a file should be is replaced, and what it leads to is not touched")
  func symbolicLink() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      _ = await site.target().apply(try Site.app("one"), .enforce)
      try site.write("precious", to: "precious.txt")
      let path = "\(directory)/\(Site.path("a"))"
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(directory)/precious.txt")
      let outcomes = await site.target().apply(try Site.app("one"), .enforce)
      #expect(!outcomes.words.contains("failed"))
      #expect(try site.contents()["precious.txt"] == "precious")
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular)
    }
  }
}
