import Manifests
import Rendering
import Testing

@Suite("sortOptions")
struct SortOptionsTests {
  private let kinds = ["Deployment", "ConfigMap", "Namespace", "Thing", "Service"]

  private func files(_ options: String) -> [String: String] {
    let objects = kinds.map {
      "{apiVersion: \($0 == "Deployment" ? "apps/v1" : "v1"), kind: \($0), metadata: {name: a}}"
    }
    return ["kustomization.yaml": "resources: [a.yaml]\n" + options, "a.yaml": objects.joined(separator: "\n---\n")]
  }

  private func order(_ options: String) throws -> [String] {
    let files = files(options)
    let rendered = try build(files)
    let text = rendered.map { String(decoding: JSON.compact($0), as: UTF8.self) }.joined(separator: "\n---\n")
    try expect(files, renders: text)
    return rendered.compactMap { $0["kind"]?.string }
  }

  @Test("without them what others need comes first")
  func standard() throws {
    #expect(try order("") == ["Namespace", "ConfigMap", "Service", "Deployment", "Thing"])
    #expect(try order("sortOptions: {order: legacy}") == ["Namespace", "ConfigMap", "Service", "Deployment", "Thing"])
  }

  @Test("fifo keeps the order of the files")
  func fifo() throws {
    #expect(try order("sortOptions: {order: fifo}") == kinds)
  }

  @Test("an order of kinds may be given")
  func own() throws {
    let options =
      "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Thing], orderLast: [Namespace, ConfigMap]}}"
    #expect(try order(options) == ["Thing", "Deployment", "Service", "Namespace", "ConfigMap"])
  }

  @Test("what a base says of the order does not count, and need not make sense")
  func base() throws {
    let files = [
      "kustomization.yaml": "resources: [base]",
      "base/kustomization.yaml": "resources: [a.yaml]\nsortOptions: {order: fifo, legacySortOptions: {}}",
      "base/a.yaml": configMap("b") + "---\n" + configMap("a"),
    ]
    try expect(files, renders: configMap("a") + "---\n" + configMap("b"))
    try expect(files, "base", isRefusedWith: .invalidField)
  }

  @Test("an order that nobody knows, and options that do not go with it, are refused")
  func refused() throws {
    try expect(files("sortOptions: {order: random}"), isRefusedWith: .invalidField)
    try expect(
      files("sortOptions: {order: fifo, legacySortOptions: {orderFirst: [], orderLast: []}}"),
      isRefusedWith: .invalidField)
  }
}
