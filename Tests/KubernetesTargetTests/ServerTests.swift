import AgentCore
import FleetModel
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("On the double and on a real API server alike")
struct ServerTests {
  /// Objects of many shapes: lists with keys and without, defaults, write-only fields, quantities, nulls.
  private func objects(in namespace: String) throws -> DesiredApp {
    var web = deployment("web")
    web["spec"]?["template"]?["spec"]?["containers"] = [
      [
        "name": "web", "image": "nginx:1", "args": ["a", "b"],
        "ports": [["containerPort": 80], ["containerPort": 53, "protocol": "UDP", "name": "dns"]],
        "env": [["name": "A", "value": "1"]], "resources": ["limits": ["cpu": "1000m", "memory": "1024Mi"]],
        "volumeMounts": [["name": "tmp", "mountPath": "/tmp"]],
      ]
    ]
    web["spec"]?["template"]?["metadata"]?["creationTimestamp"] = .null
    let objects: [Value] = [
      web,
      ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings"], "data": ["a": "1", "b": "2"]],
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "keys"], "stringData": ["password": "x"],
      ],
      [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"],
        "spec": ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": 80]]],
      ],
      ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "web"]],
      [
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": ["name": "reader"],
        "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]]],
      ],
      [
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": ["name": "web"],
        "spec": [
          "rules": [
            [
              "host": "a.example",
              "http": [
                "paths": [
                  ["path": "/", "pathType": "Prefix", "backend": ["service": ["name": "web", "port": ["number": 80]]]]
                ]
              ],
            ]
          ]
        ],
      ],
    ]
    return try app(
      objects.map { object in
        var object = object
        object["metadata"]?["namespace"] = .string(namespace)
        return object
      }, named: namespace)
  }

  private func words(_ outcomes: [ObjectOutcome]) -> Set<String> { Set(outcomes.map(\.result.word)) }

  @Test("objects of many shapes are created, and known to be the same without a write", arguments: Plane.tested)
  func unchanged(plane: Plane) async throws {
    try await plane.run { place in
      let objects = try objects(in: place.namespace)
      try await place.withAgent { target, _ in
        #expect(words(await target.apply(objects, .enforce)) == ["created"])
        let applies = place.requests([.apply])
        #expect(words(await target.apply(objects, .enforce)) == ["unchanged"])
        #expect(place.requests([.apply]) == applies)
      }
      try await place.withAgent { target, _ in
        let applies = place.requests([.apply])
        #expect(words(await target.apply(objects, .enforce)) == ["unchanged"])
        // Only a Secret's write-only fields cannot be told from what it is owned of.
        #expect(place.requests([.apply]) - applies <= 1)
        #expect(words(await target.apply(objects, .compare)) == ["unchanged"])
      }
    }
  }

  @Test("edits and deletions are told and undone, what is not the app's is no drift", arguments: Plane.tested)
  func drift(plane: Plane) async throws {
    try await plane.run { place in
      let objects = try objects(in: place.namespace)
      try await place.withAgent { target, changes in
        _ = await target.apply(objects, .enforce)
        changes.forget()
        try await place.patch("deployments", "web", ["metadata": ["annotations": ["their": "own"]]])
        try await place.patch("deployments", "web", ["status": ["observedGeneration": 1]], subresource: "status")
        try await place.patch("configmaps", "settings", ["data": ["a": "9"]])
        try await eventually("the edit is told") { changes.contains(.drifted(app: place.namespace)) }
        let healed = await target.apply(objects, .enforce).filter { $0.result.word != "unchanged" }
        #expect(healed.map(\.id.name) == ["settings"])
        changes.forget()
        try await place.delete("deployments", "web")
        try await eventually("the deletion is told") { changes.contains(.drifted(app: place.namespace)) }
        _ = await target.apply(objects, .enforce)
        let live1 = try await place.object("deployments", "web")
        #expect(live1 != nil)
        let live2 = try await place.object("configmaps", "settings")
        #expect(live2?[path: "data", "a"] == "1")
      }
    }
  }

  @Test("what an inventory lists is deleted in reverse, whoever restarts", arguments: Plane.tested)
  func prune(plane: Plane) async throws {
    try await plane.run { place in
      let objects = try objects(in: place.namespace)
      try await place.withAgent { target, _ in _ = await target.apply(objects, .enforce) }
      try await place.withAgent { target, _ in
        let owned = try await target.owned().filter { $0.app == place.namespace }
        #expect(owned.map(\.id) == objects.manifests.manifests.map(\.id))
        let doomed = owned.filter { $0.id.kind == "ConfigMap" || $0.id.kind == "Secret" }
        #expect(words(await target.delete(doomed.reversed())) == ["deleted"])
        let live3 = try await place.object("configmaps", "settings")
        #expect(live3 == nil)
        let live4 = try await place.object("secrets", "keys")
        #expect(live4 == nil)
        let live5 = try await place.object("services", "web")
        #expect(live5 != nil)
      }
    }
  }

  @Test("what kubectl applied from its side is taken over whole", arguments: Plane.tested)
  func clientSideApply(plane: Plane) async throws {
    try await plane.run { place in
      let live: Value = [
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": [
          "name": "settings", "namespace": .string(place.namespace),
          "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "{}"],
        ], "data": ["a": "1", "old": "1"],
      ]
      try await place.create("configmaps", live, manager: "kubectl-client-side-apply")
      var manifest = configMap("settings", ["a": "1"])
      manifest["metadata"]?["namespace"] = .string(place.namespace)
      let objects = try app([manifest], named: place.namespace)
      try await place.withAgent { target, _ in
        #expect(words(await target.apply(objects, .enforce)) == ["changed"])
        let live6 = try await place.object("configmaps", "settings")
        #expect(live6?["data"] == ["a": "1"])
      }
    }
  }

  @Test("refusals are what the client takes them for", arguments: Plane.tested)
  func refusals(plane: Plane) async throws {
    try await plane.run { place in
      try await place.withAgent { target, _ in
        func failure(_ object: Value) async throws -> (FleetError, Bool)? {
          var object = object
          object["metadata"]?["namespace"] = .string(place.namespace)
          let outcomes = await target.apply(try app([object], named: place.namespace), .enforce)
          guard case .failed(let error, let isTransient)? = outcomes.first?.result else { return nil }
          return (error, isTransient)
        }
        var unknownField = deployment("web")
        unknownField["spec"]?["nonesuch"] = 1
        let rejected = try #require(try await failure(unknownField))
        #expect(rejected.0.code == APIFailure.Kind.rejected.code)
        #expect(!rejected.1)
        let unknownKind = try #require(try await failure(Definitions.widget))
        #expect(unknownKind.0.code == APIFailure.Kind.notServed.code)
        let none = try await failure(deployment("web"))
        #expect(none == nil)
        let immutable = try #require(try await failure(deployment("web", label: "other")))
        #expect(immutable.0.code == APIFailure.Kind.immutable([]).code)
        #expect(immutable.0.address.field == "spec.selector")
      }
    }
  }
}
