import Manifests

/// A file that declares one thing: `apiVersion`, `kind`, `metadata`, `spec`.
struct Document {
  static let apiVersion = "flotilla.dev/v1alpha1"

  private let root: Field
  private let kind: String
  private let log: ErrorLog

  /// The document in a file; nil, with the error noted, when there is not exactly one.
  init?(_ file: TreePath, kind: String, in tree: some ManifestTree, _ log: ErrorLog) {
    do {
      root = try Document.root(file, in: tree)
    } catch {
      log.add(error)
      return nil
    }
    self.kind = kind
    self.log = log
  }

  private static func root(_ file: TreePath, in tree: some ManifestTree) throws(FleetError) -> Field {
    let name = file.description
    let documents = try YAML.parseNodes(
      try tree.read(file), file: name, limits: ParseLimits(bytes: FleetLimits.fileBytes))
    guard let document = documents.first else {
      throw FleetError(
        .missingField, "the file says nothing", at: FleetError.Address(file: name, line: 1, field: "apiVersion"),
        nextStep: "write a document, or delete the file")
    }
    guard documents.count == 1 else {
      throw FleetError(
        .invalidField, "a second document",
        at: FleetError.Address(file: name, line: documents[1].line, field: "apiVersion"),
        nextStep: "a file declares one thing: move the other to a file of its own")
    }
    return Field(document.root, file: name)
  }

  /// Reads the two parts of the document, each to its end.
  func read<Metadata, Spec>(
    metadata: (inout MapReader) -> Metadata?, spec: (inout MapReader) -> Spec?
  ) -> (metadata: Metadata?, spec: Spec?) {
    let parts = root.map(log) { fields -> (Metadata?, Spec?) in
      fields.expect("apiVersion", Document.apiVersion)
      fields.expect("kind", kind)
      let first = fields.required("metadata")?.map(log, metadata)
      return (first, fields.required("spec")?.map(log, spec))
    }
    NotSupportedYet.check(root, kind: kind, log)
    return parts ?? (nil, nil)
  }
}
