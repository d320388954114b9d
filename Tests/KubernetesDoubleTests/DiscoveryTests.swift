import ControlPlanes
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Discovery and deletion".
@Suite("Discovery")
struct DiscoveryTests {
  static let aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.9"

  @Test("aggregated discovery lists every group's kinds in one answer", arguments: Plane.tested)
  func aggregatedForm(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let reply = try await cluster.call("GET", "/apis", headers: ["Accept": Self.aggregated])
      #expect(reply.type.contains("as=APIGroupDiscoveryList"))
      let apps = reply.value["items"]?.array?.first { $0[path: "metadata", "name"] == "apps" }
      let version = apps?["versions"]?.array?.first
      #expect(version?["freshness"] == "Current")
      let deployments = version?["resources"]?.array?.first { $0["resource"] == "deployments" }
      #expect(deployments?["scope"] == "Namespaced")
      #expect(deployments?[path: "responseKind", "kind"] == "Deployment")
      #expect(deployments?["shortNames"] == ["deploy"])
      let subresources = deployments?["subresources"]?.array?.compactMap { $0["subresource"]?.string }
      #expect(Set(subresources ?? []) == ["scale", "status"])
      let core = try await cluster.call("GET", "/api", headers: ["Accept": Self.aggregated])
      let kinds = core.value["items"]?.array?.first?["versions"]?.array?.first?["resources"]?.array
      #expect(kinds?.contains { $0["resource"] == "configmaps" } == true)
    }
  }

  @Test("aggregated discovery has an ETag, and 304 for who knows it", arguments: Plane.tested)
  func etag(_ plane: Plane) async throws {
    // The core group: it does not change while other tests define kinds on the same server.
    try await plane.run { cluster in
      let first = try await cluster.call("GET", "/api", headers: ["Accept": Self.aggregated])
      let tag = try #require(first.header("ETag"))
      let again = try await cluster.call("GET", "/api", headers: ["Accept": Self.aggregated, "If-None-Match": tag])
      #expect(again.status == 304)
      #expect(again.bytes.isEmpty)
    }
  }

  @Test("the older form lists groups, and one group's kinds at a time", arguments: Plane.tested)
  func olderForm(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let groups = try await cluster.call("GET", "/apis").value
      #expect(groups["kind"] == "APIGroupList")
      let apps = groups["groups"]?.array?.first { $0["name"] == "apps" }
      #expect(apps?[path: "preferredVersion", "groupVersion"] == "apps/v1")
      #expect(try await cluster.call("GET", "/api").value["versions"] == ["v1"])
      let kinds = try await cluster.call("GET", "/apis/apps/v1").value["resources"]?.array ?? []
      let deployments = kinds.first { $0["name"] == "deployments" }
      #expect(deployments?["namespaced"] == true)
      #expect(deployments?["verbs"]?.array?.contains("watch") == true)
      #expect(kinds.contains { $0["name"] == "deployments/scale" && $0["kind"] == "Scale" })
    }
  }

  @Test("the version and the readiness can be asked for", arguments: Plane.tested)
  func version(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let version = try await cluster.call("GET", "/version").value
      #expect(version["gitVersion"]?.string?.hasPrefix("v1.") == true)
      let ready = try await cluster.call("GET", "/readyz")
      #expect((ready.status, ready.text) == (200, "ok"))
    }
  }

  @Test("a path that nothing is served under gets 404 as text, not as a Status", arguments: Plane.tested)
  func unknownPath(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let reply = try await cluster.call("GET", "/apis/nothing.example.com/v1/namespaces/default/things")
      #expect((reply.status, reply.text) == (404, "404 page not found\n"))
      #expect(reply.type.hasPrefix("text/plain"))
    }
  }

  @Test("a real control plane is tested too", .enabled(if: RealControlPlane.isConfigured, "\(RealControlPlane.notice)"))
  func realOne() async throws {
    try await Plane.real.run { cluster in
      let version = try await cluster.call("GET", "/version").value
      #expect(version["platform"]?.string?.isEmpty == false)
    }
  }
}
