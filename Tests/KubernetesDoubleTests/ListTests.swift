import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Watch and list": lists.
@Suite("Lists")
struct ListTests {
  private func fill(_ cluster: TestCluster) async throws {
    for index in 1...5 {
      try await cluster.create(
        cluster.configMaps, TestCluster.configMap("c\(index)", labels: ["half": index < 3 ? "first" : "second"]))
    }
  }

  private func names(_ reply: Reply) -> [String] {
    (reply.value["items"]?.array ?? []).compactMap { $0[path: "metadata", "name"]?.string }.filter { $0.hasPrefix("c") }
  }

  @Test("a list comes in pages that say how many are left", arguments: Plane.tested)
  func pages(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await fill(cluster)
      var (all, path, remaining): ([String], String, [Int64]) = ([], "\(cluster.configMaps)?limit=2", [])
      while true {
        let page = try await cluster.call("GET", path)
        all += names(page)
        if let left = page.value[path: "metadata", "remainingItemCount"]?.integer { remaining.append(left) }
        guard let token = page.value[path: "metadata", "continue"]?.string, !token.isEmpty else { break }
        path = "\(cluster.configMaps)?limit=2&continue=\(token)"
        // What comes later is not in this list.
        _ = try await cluster.apply("\(cluster.configMaps)/c9", TestCluster.configMap("c9"))
      }
      #expect(all == ["c1", "c2", "c3", "c4", "c5"])
      #expect(remaining.last.map { $0 > 0 } == true)
    }
  }

  @Test("remainingItemCount is absent with a selector", arguments: Plane.tested)
  func remaining(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await fill(cluster)
      let page = try await cluster.call("GET", "\(cluster.configMaps)?limit=1&labelSelector=half=second")
      #expect(names(page) == ["c3"])
      #expect(page.value[path: "metadata", "continue"]?.string?.isEmpty == false)
      #expect(page.value[path: "metadata", "remainingItemCount"] == nil)
    }
  }

  @Test("limit is ignored with resourceVersion=0", arguments: Plane.tested)
  func limitFromCache(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await fill(cluster)
      // A real server's cache may lag a moment.
      let reply = try await cluster.wait("\(cluster.configMaps)?limit=1&resourceVersion=0", for: "whole") {
        names($0).count == 5
      }
      #expect(reply.value[path: "metadata", "continue"] == nil)
    }
  }

  @Test(
    "label selectors choose by equality, sets and existence", arguments: Plane.tested,
    [
      ("half=first", 2), ("half!=first", 3), ("half in (first, second)", 5), ("half notin (first)", 3), ("!half", 0),
      ("half", 5), ("half==second,half", 3),
    ])
  func labels(_ plane: Plane, _ example: (selector: String, count: Int)) async throws {
    try await plane.run { cluster in
      try await fill(cluster)
      let selector = example.selector.replacing(" ", with: "%20").replacing("!", with: "%21")
      let reply = try await cluster.call("GET", "\(cluster.configMaps)?labelSelector=\(selector)")
      #expect(names(reply).count == example.count, "\(reply.text)")
    }
  }

  @Test("a field selector chooses by name, and refuses other fields", arguments: Plane.tested)
  func fieldSelector(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await fill(cluster)
      #expect(names(try await cluster.call("GET", "\(cluster.configMaps)?fieldSelector=metadata.name=c2")) == ["c2"])
      let refused = try await cluster.call("GET", "\(cluster.configMaps)?fieldSelector=data.key=value")
      #expect((refused.status, refused.reason) == (400, "BadRequest"))
    }
  }

  @Test("a page's token that is too old gets 410")
  func expiredToken() async throws {
    try await Plane.runDouble { server, cluster in
      try await fill(cluster)
      let page = try await cluster.call("GET", "\(cluster.configMaps)?limit=2")
      let token = try #require(page.value[path: "metadata", "continue"]?.string)
      server.compact()
      let reply = try await cluster.call("GET", "\(cluster.configMaps)?limit=2&continue=\(token)")
      #expect((reply.status, reply.reason) == (410, "Expired"))
    }
  }
}
