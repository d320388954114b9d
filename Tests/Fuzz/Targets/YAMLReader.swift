import Manifests

/// Every reader of YAML takes any bytes, and what is written of a value reads as that value again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = try? YAML.parseNodes(bytes, file: "input")
  _ = try? YAML.parseTrees(bytes, file: "input").map { try $0.root.resolved() }
  for dialect in [YAML.Dialect.manifests, .settings] {
    guard let documents = try? YAML.parse(bytes, file: "input", dialect: dialect) else { continue }
    let values = documents.map(\.value)
    let written = YAML.emitDocuments(values)
    guard let read = try? YAML.parse(written, file: "written", dialect: .settings).map(\.value) else {
      require(false, "what is written can be read")
      return 0
    }
    require(read == values, "what is written reads as the same value")
    require(YAML.emitDocuments(read) == written, "writing again writes the same")
  }
  return 0
}
