import Manifests

/// What a build knows of types as it goes along.
///
/// In kustomize this is a global variable: the first kustomization with an `openapi` field sets it for all that is built
/// after it. With a document given at the top the built-in kinds are not known at all; given further down they are,
/// if anything has asked for them before.
final class SchemaState {
  private(set) var schema = MergeSchema.builtIn
  private(set) var isSet = false
  private var wasUsed = false

  static let builtInVersion = "v1.21.2"

  /// The schema, for a patch.
  func use() -> MergeSchema {
    wasUsed = true
    return schema
  }

  /// Notes objects: the scope of a kind that is not built in has to be looked up.
  func note(_ resources: [Resource]) {
    guard !wasUsed, !isSet else { return }
    wasUsed = resources.contains { resource in
      MergeTable.builtIn.place(ofKind: resource.kindName, apiVersion: resource.apiVersion) == nil
    }
  }

  /// Takes a document into use.
  func set(_ document: Field) throws(FleetError) {
    isSet = true
    if wasUsed {
      schema = MergeSchema.builtIn.adding(try OpenAPISchema.table(of: document, with: .builtIn))
    } else {
      schema = .only(try OpenAPISchema.table(of: document, with: nil))
    }
  }

  /// Notes that the built-in version was asked for by name.
  func setBuiltIn() { isSet = true }
}
