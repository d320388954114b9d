import Manifests

@testable import KubernetesTarget

/// A kind of our own, and an object of it.
enum Definitions {
  static let resource = APIResource(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    name: "customresourcedefinitions", isNamespaced: false, verbs: [])

  static let definition: Value = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": "widgets.example.com"],
    "spec": [
      "group": "example.com", "scope": "Namespaced",
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

  static let widget: Value = [
    "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "one", "namespace": "default"],
    "spec": ["size": 1],
  ]
}
