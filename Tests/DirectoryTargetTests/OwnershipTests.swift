import AgentCore
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("The inventory says what is the agent's, and nothing else is ever deleted")
struct OwnershipTests {
  private func id(_ name: String) -> ObjectID { ObjectID(group: "", kind: "ConfigMap", namespace: "shop", name: name) }

  @Test("owned objects survive a restart and are deleted by name; the last takes marker and folder with it")
  func deletion() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      _ = await site.target().apply(try Site.app("one", maps: ["a", "b"]), .enforce)
      try site.write("mine", to: "shop/notes.txt")
      let target = site.target()
      let owned = try await target.owned()
      #expect(Set(owned) == [OwnedObject(app: "shop", id: id("a")), OwnedObject(app: "shop", id: id("b"))])

      #expect(await target.delete([OwnedObject(app: "shop", id: id("a"))]).words == ["deleted"])
      #expect(try site.contents()[Site.path("a")] == nil)
      #expect(try site.contents()["shop/.flotilla.json"] != nil)
      // Gone already, and never owned, both count as gone.
      #expect(await target.delete([OwnedObject(app: "shop", id: id("a"))]).words == ["deleted"])

      #expect(await target.delete([OwnedObject(app: "shop", id: id("b"))]).words == ["deleted"])
      #expect(Set(try site.contents().keys) == ["shop/notes.txt", ".flotilla-inventory.json"])
    }
  }

  @Test("an object that is disowned keeps its file")
  func disowned() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let target = site.target()
      _ = await target.apply(try Site.app("one", maps: ["a"]), .enforce)
      _ = await target.disown([OwnedObject(app: "shop", id: id("a"))])
      #expect(try await site.target().owned().isEmpty)
      #expect(try site.contents()[Site.path("a")] != nil)
    }
  }

  @Test("an object that moves to another app changes hands: one file in the end, owned by the new app")
  func handedOver() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let target = site.target()
      _ = await target.apply(try Site.app("one", maps: ["a", "b"]), .enforce)
      _ = await target.apply(try Site.app("one", named: "other", maps: ["b"]), .enforce)
      let owners = try await target.owned().filter { $0.id == id("b") }.map(\.app)
      #expect(owners == ["other"])
      #expect(try site.contents()[Site.path("b")] == nil)
      #expect(try site.contents()[Site.path("b", app: "other")] != nil)
    }
  }

  @Test("an inventory that cannot be read fails every apply, and deletes nothing")
  func damaged() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      _ = await site.target().apply(try Site.app("one", maps: ["a"]), .enforce)
      try site.write("{", to: ".flotilla-inventory.json")
      let target = site.target()
      #expect(await target.apply(try Site.app("two", maps: ["a"]), .enforce).words == ["failed"])
      #expect(await target.delete([OwnedObject(app: "shop", id: id("a"))]).words == ["failed"])
      #expect(try site.contents()[Site.path("a")]?.contains("text: one") == true)
    }
  }

  @Test("what a killed agent left unfinished is cleared away at the next start")
  func unfinished() async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      _ = await site.target().apply(try Site.app("one", maps: ["a"]), .enforce)
      try site.write("half", to: "shop/.flotilla-tmp-x.yaml")
      try site.write("half", to: ".flotilla-tmp-inventory")
      _ = await site.target().apply(try Site.app("one", maps: ["a"]), .enforce)
      #expect(try site.contents().keys.allSatisfy { !$0.contains("tmp") })
    }
  }
}
