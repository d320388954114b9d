import AgentCore
import ControlPlanes
import FleetModel
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Objects of every shape are known to be as they were applied")
struct ShapeTests {
  /// Objects of many shapes: lists with keys and without, defaults, write-only fields, quantities, nulls.
  private func objects() throws -> DesiredApp {
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
        object["metadata"]?["namespace"] = .string(Own.namespace)
        return object
      })
  }

  private func words(_ outcomes: [ObjectOutcome]) -> Set<String> { Set(outcomes.map(\.result.word)) }

  @Test("objects of many shapes are created, and known to be the same without a write", arguments: Plane.tested)
  func unchanged(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let objects = try objects()
      try await Cluster.with(server) { cluster in
        #expect(words(await cluster.target.apply(objects, .enforce)) == ["created"])
        let applies = server.requests([.apply])
        #expect(words(await cluster.target.apply(objects, .enforce)) == ["unchanged"])
        #expect(server.requests([.apply]) == applies)
      }
      try await Cluster.with(server) { cluster in
        let applies = server.requests([.apply])
        #expect(words(await cluster.target.apply(objects, .enforce)) == ["unchanged"])
        // Only a Secret's write-only fields cannot be told from what it is owned of.
        #expect(server.requests([.apply]) - applies <= 1)
        #expect(words(await cluster.target.apply(objects, .compare)) == ["unchanged"])
      }
    }
  }
}
