import ControlPlanes
import Manifests

/// Objects that tests write.
extension TestCluster {
  var configMaps: String { "/api/v1/namespaces/\(namespace)/configmaps" }
  var secrets: String { "/api/v1/namespaces/\(namespace)/secrets" }
  var services: String { "/api/v1/namespaces/\(namespace)/services" }
  var deployments: String { "/apis/apps/v1/namespaces/\(namespace)/deployments" }
  static var definitions: String { "/apis/apiextensions.k8s.io/v1/customresourcedefinitions" }

  static func configMap(_ name: String, _ data: Object = ["key": "value"], labels: Object? = nil) -> Value {
    var metadata: Object = ["name": .string(name)]
    if let labels { metadata["labels"] = .object(labels) }
    return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": .object(metadata), "data": .object(data)]
  }

  static func deployment(_ name: String, replicas: Int64? = nil, image: String = "web:1", env: Object = [:]) -> Value {
    var container: Object = ["name": "web", "image": .string(image)]
    if !env.isEmpty { container["env"] = .array(env.map { ["name": .string($0.key), "value": $0.value] }) }
    var spec: Object = [
      "selector": ["matchLabels": ["app": .string(name)]],
      "template": [
        "metadata": ["labels": ["app": .string(name)]], "spec": ["containers": [.object(container)]],
      ],
    ]
    if let replicas { spec["replicas"] = .integer(replicas) }
    return [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)], "spec": .object(spec),
    ]
  }

  /// Creates a definition of a kind that only this test has, and waits until it is served; its group.
  func defineWidgets(_ change: (inout Value) -> Void = { _ in }) async throws -> String {
    let group = "\(namespace).example.com"
    var definition = Self.widgets(group)
    definition = definition.labelled(mark)
    change(&definition)
    try await create(Self.definitions, definition)
    _ = try await wait("/apis/\(group)/v1/namespaces/\(namespace)/widgets", for: "served") { $0.status == 200 }
    return group
  }

  static func widgets(_ group: String) -> Value {
    [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string("widgets.\(group)")],
      "spec": [
        "group": .string(group), "scope": "Namespaced",
        "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
        "versions": [
          [
            "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
            "schema": [
              "openAPIV3Schema": [
                "type": "object",
                "properties": [
                  "spec": [
                    "type": "object", "required": ["size"],
                    "properties": [
                      "size": ["type": "integer"], "colour": ["type": "string", "default": "red"],
                      "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                      "parts": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                          "type": "object", "required": ["name"],
                          "properties": ["name": ["type": "string"], "count": ["type": "integer"]],
                        ],
                      ],
                    ],
                  ],
                  "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                ],
              ]
            ],
          ]
        ],
      ],
    ]
  }

  static func widget(_ group: String, _ name: String, _ spec: Object = ["size": 1]) -> Value {
    [
      "apiVersion": .string("\(group)/v1"), "kind": "Widget", "metadata": ["name": .string(name)],
      "spec": .object(spec),
    ]
  }

  func widgets(of group: String) -> String { "/apis/\(group)/v1/namespaces/\(namespace)/widgets" }
}

extension Value {
  /// With these labels and no others.
  func labelled(_ labels: Object) -> Value {
    var value = self
    var metadata = value["metadata"]?.object ?? Object()
    metadata["labels"] = .object(labels)
    value["metadata"] = .object(metadata)
    return value
  }

  /// With another value at a path of keys.
  func with(_ path: String..., value: Value?) -> Value { setting(path[...], value) }

  private func setting(_ path: ArraySlice<String>, _ value: Value?) -> Value {
    guard let first = path.first else { return value ?? .null }
    var object = self.object ?? Object()
    object[first] = path.count == 1 ? value : (object[first] ?? [:]).setting(path.dropFirst(), value)
    return .object(object)
  }

  /// The item of a list with this value under a key.
  func item(_ key: String, _ text: String) -> Value? { array?.first { $0[key]?.string == text } }
}
