import Manifests

@testable import KubernetesTarget

/// A kind of our own, and an object of it.
enum Definitions {
  static let resource = APIResource(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    name: "customresourcedefinitions", isNamespaced: false, verbs: [])

  /// Only this test's: other tests define their own.
  static var group: String { "\(Own.namespace).example.com" }
  static var name: String { "widgets.\(group)" }
  static var widgets: APIResource {
    APIResource(group: group, version: "v1", kind: "Widget", name: "widgets", isNamespaced: true, verbs: [])
  }

  static var definition: Value {
    [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string(name), "labels": .object(Own.mark)],
      "spec": [
        "group": .string(group), "scope": "Namespaced",
        "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
        "versions": [
          [
            "name": "v1", "served": true, "storage": true,
            "schema": [
              "openAPIV3Schema": [
                "type": "object",
                "properties": ["spec": ["type": "object", "properties": ["size": ["type": "integer"]]]],
              ]
            ],
          ]
        ],
      ],
    ]
  }

  static var widget: Value {
    [
      "apiVersion": .string("\(group)/v1"), "kind": "Widget",
      "metadata": ["name": "one", "namespace": .string(Own.namespace)],
      "spec": ["size": 1],
    ]
  }
}
