import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Discovery and deletion". One after the other: a broken APIService holds up the deletion
/// of every namespace of its server.
@Suite("Deletion", .serialized)
struct DeletionTests {
  @Test("deleting a plain object returns a Status", arguments: Plane.tested)
  func plain(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let created = try await cluster.create(cluster.configMaps, TestCluster.configMap("a"))
      let reply = try await cluster.call("DELETE", "\(cluster.configMaps)/a")
      #expect(reply.status == 200)
      #expect(reply.value["kind"] == "Status")
      #expect(reply.value["status"] == "Success")
      #expect(
        reply.value["details"] == [
          "name": "a", "kind": "configmaps", "uid": created[path: "metadata", "uid"] ?? .null,
        ])
      let again = try await cluster.call("DELETE", "\(cluster.configMaps)/a")
      #expect((again.status, again.reason) == (404, "NotFound"))
      #expect(again.message == "configmaps \"a\" not found")
    }
  }

  @Test("an object with finalizers is returned, and lives on until they are gone", arguments: Plane.tested)
  func finalizers(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      let object = TestCluster.configMap("a").with("metadata", "finalizers", value: ["example.com/hold"])
      try await cluster.create(cluster.configMaps, object)
      let reply = try await cluster.call("DELETE", path)
      #expect(reply.value["kind"] == "ConfigMap")
      #expect(reply.value[path: "metadata", "deletionTimestamp"]?.string?.isEmpty == false)
      #expect(try await cluster.call("GET", path).status == 200)
      let none: Value = ["metadata": ["finalizers": .null]]
      _ = try await cluster.call("PATCH", path, none, type: "application/merge-patch+json")
      #expect(try await cluster.call("GET", path).status == 404)
    }
  }

  @Test("a precondition that does not hold gets 409", arguments: Plane.tested)
  func precondition(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await cluster.create(cluster.configMaps, TestCluster.configMap("a"))
      let options: Value = [
        "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": "00000000-0000-0000-0000-000000000000"],
      ]
      let reply = try await cluster.call("DELETE", "\(cluster.configMaps)/a", options)
      #expect((reply.status, reply.reason) == (409, "Conflict"))
      #expect(
        reply.message.hasPrefix(
          "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (00000000-0000-0000-0000-000000000000) does "
            + "not match the UID in record ("), "\(reply.message)")
    }
  }

  @Test("a dry-run of a deletion deletes nothing", arguments: Plane.tested)
  func dryRun(_ plane: Plane) async throws {
    try await plane.run { cluster in
      try await cluster.create(cluster.configMaps, TestCluster.configMap("a"))
      #expect(try await cluster.call("DELETE", "\(cluster.configMaps)/a?dryRun=All").status == 200)
      #expect(try await cluster.call("GET", "\(cluster.configMaps)/a").status == 200)
    }
  }

  private func owned(_ name: String, by owner: Value) -> Value {
    let reference: Value = [
      "apiVersion": "v1", "kind": "ConfigMap", "name": owner[path: "metadata", "name"] ?? "",
      "uid": owner[path: "metadata", "uid"] ?? "", "blockOwnerDeletion": true,
    ]
    return TestCluster.configMap(name).with("metadata", "ownerReferences", value: [reference])
  }

  @Test("foreground deletion takes what is owned first", arguments: Plane.tested)
  func foreground(_ plane: Plane) async throws {
    try await plane.run { cluster in
      guard cluster.plane.runsControllers else { return }
      let owner = try await cluster.create(cluster.configMaps, TestCluster.configMap("owner"))
      let child = owned("child", by: owner).with("metadata", "finalizers", value: ["example.com/hold"])
      try await cluster.create(cluster.configMaps, child)
      let reply = try await cluster.call("DELETE", "\(cluster.configMaps)/owner?propagationPolicy=Foreground")
      #expect(reply.value[path: "metadata", "finalizers"] == ["foregroundDeletion"])
      try await cluster.wait("\(cluster.configMaps)/child", for: "being deleted") {
        $0.value[path: "metadata", "deletionTimestamp"] != nil
      }
      #expect(try await cluster.call("GET", "\(cluster.configMaps)/owner").status == 200)
      let release: Value = [["op": "remove", "path": "/metadata/finalizers/0"]]
      _ = try await cluster.call("PATCH", "\(cluster.configMaps)/child", release, type: "application/json-patch+json")
      try await cluster.wait("\(cluster.configMaps)/child", for: "being released") { reply in
        reply.status == 404 || reply.value[path: "metadata", "finalizers"]?.array?.contains("example.com/hold") != true
      }
      try await cluster.wait("\(cluster.configMaps)/owner", for: "gone") { $0.status == 404 }
    }
  }

  @Test("background deletion takes what is owned afterwards, orphaning leaves it", arguments: Plane.tested)
  func background(_ plane: Plane) async throws {
    try await plane.run { cluster in
      guard cluster.plane.runsControllers else { return }
      for (policy, status) in [("Background", 404), ("Orphan", 200)] {
        let name = policy.lowercased()
        let owner = try await cluster.create(cluster.configMaps, TestCluster.configMap("\(name)-owner"))
        try await cluster.create(cluster.configMaps, owned("\(name)-child", by: owner))
        _ = try await cluster.call("DELETE", "\(cluster.configMaps)/\(name)-owner?propagationPolicy=\(policy)")
        try await cluster.wait("\(cluster.configMaps)/\(name)-owner", for: "gone") { $0.status == 404 }
        let child = try await cluster.wait("\(cluster.configMaps)/\(name)-child", for: "done with") {
          $0.status == status && $0.value[path: "metadata", "ownerReferences"] == nil
        }
        #expect(child.status == status)
      }
    }
  }

  @Test("a claim that a Pod uses stays until the Pod is gone")
  func claimInUse() async throws {
    try await Plane.runDouble { _, cluster in
      let (pods, claims) = (
        "/api/v1/namespaces/\(cluster.namespace)/pods", "/api/v1/namespaces/\(cluster.namespace)/persistentvolumeclaims"
      )
      let claim: Value = [
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"],
        "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
      ]
      let pod: Value = [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
        "spec": [
          "containers": [["name": "c", "image": "c:1"]],
          "volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]],
        ],
      ]
      try await cluster.create(claims, claim)
      try await cluster.create(pods, pod)
      _ = try await cluster.call("DELETE", "\(claims)/data")
      #expect(try await cluster.call("GET", "\(claims)/data").status == 200)
      _ = try await cluster.call("DELETE", "\(pods)/p")
      #expect(try await cluster.call("GET", "\(claims)/data").status == 404)
    }
  }

  @Test("a terminating namespace refuses new content with 403 and its cause", arguments: Plane.tested)
  func terminating(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let held = TestCluster.configMap("held").with("metadata", "finalizers", value: ["example.com/hold"])
      try await cluster.create(cluster.configMaps, held)
      let deleted = try await cluster.call("DELETE", "/api/v1/namespaces/\(cluster.namespace)")
      #expect(deleted.value[path: "status", "phase"] == "Terminating")
      let reply = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
      #expect((reply.status, reply.reason) == (403, "Forbidden"))
      #expect(reply.causes.first?["reason"] == "NamespaceTerminating")
      #expect(
        reply.message
          == "configmaps \"a\" is forbidden: unable to create new content in namespace \(cluster.namespace) because it "
          + "is being terminated", "\(reply.message)")
      if cluster.plane.runsControllers {
        try await cluster.wait("/api/v1/namespaces/\(cluster.namespace)", for: "explained") { reply in
          reply.value[path: "status", "conditions"]?.item("type", "NamespaceFinalizersRemaining")?["status"] == "True"
        }
      }
      let release: Value = ["metadata": ["finalizers": .null]]
      _ = try await cluster.call("PATCH", "\(cluster.configMaps)/held", release, type: "application/merge-patch+json")
      if cluster.plane.runsControllers {
        try await cluster.wait("/api/v1/namespaces/\(cluster.namespace)", for: "gone") { $0.status == 404 }
      }
    }
  }

  @Test(
    "a broken APIService is stale in discovery, its group gets 503, and no namespace can be emptied",
    arguments: Plane.tested)
  func brokenService(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = "\(cluster.namespace).example.com"
      let registration: Value = [
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": ["name": .string("v1.\(group)")],
        "spec": [
          "group": .string(group), "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
          "insecureSkipTLSVerify": true, "service": ["namespace": .string(cluster.namespace), "name": "nothing"],
        ],
      ]
      let registrations = "/apis/apiregistration.k8s.io/v1/apiservices"
      try await cluster.create(registrations, registration.labelled(cluster.mark))
      try await cluster.wait("\(registrations)/v1.\(group)", for: "unavailable") { reply in
        let condition = reply.value[path: "status", "conditions"]?.item("type", "Available")
        return condition?["status"] == "False" && condition?["reason"] == "ServiceNotFound"
      }
      let stale = try await cluster.wait(
        for: "stale discovery",
        { try await cluster.call("GET", "/apis", headers: ["Accept": DiscoveryTests.aggregated]) }
      ) { reply in
        reply.value["items"]?.array?.first { $0[path: "metadata", "name"]?.string == group } != nil
      }
      let item = stale.value["items"]?.array?.first { $0[path: "metadata", "name"]?.string == group }
      #expect(item?["versions"]?.array?.first?["freshness"] == "Stale")
      let refused = try await cluster.wait("/apis/\(group)/v1/things", for: "refused") { $0.status == 503 }
      #expect(refused.type.hasPrefix("text/plain"))
      if cluster.plane.runsControllers {
        _ = try await cluster.call("DELETE", "/api/v1/namespaces/\(cluster.namespace)")
        try await cluster.wait("/api/v1/namespaces/\(cluster.namespace)", for: "stuck") { reply in
          let conditions = reply.value[path: "status", "conditions"]
          return conditions?.item("type", "NamespaceDeletionDiscoveryFailure")?["status"] == "True"
        }
      }
      _ = try await cluster.call("DELETE", "\(registrations)/v1.\(group)")
      if cluster.plane.runsControllers {
        try await cluster.wait("/api/v1/namespaces/\(cluster.namespace)", for: "gone") { $0.status == 404 }
      }
    }
  }
}
