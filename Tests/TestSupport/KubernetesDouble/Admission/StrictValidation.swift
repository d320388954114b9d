import Manifests

extension ClusterState {
  /// What POST, PUT and patches do with unknown fields: dropped, unless `fieldValidation=Strict` asks for a refusal.
  func checkStrictly(_ value: Value, _ context: WriteContext) throws(StatusError) {
    let problems = TypedReading(value, context.kind.schema).problems
    let wrong = problems.filter { !$0.hasSuffix("field not declared in schema") }
    if let first = wrong.first, !context.kind.isCustom {
      throw .badRequest(
        "\(context.kind.kind) in version \"\(context.kind.version)\" cannot be handled as a \(context.kind.kind): "
          + "json: cannot unmarshal: \(first)")
    }
    guard context.fieldValidation == "Strict" else { return }
    let unknown = problems.filter { $0.hasSuffix("field not declared in schema") }
      .compactMap { $0.split(separator: ":").first.map { "unknown field \"\($0.drop { $0 == "." })\"" } }
    guard !unknown.isEmpty else { return }
    throw .badRequest(
      "\(context.kind.kind) in version \"\(context.kind.version)\" cannot be handled as a \(context.kind.kind): "
        + "strict decoding error: \(unknown.joined(separator: ", "))")
  }
}
