import Manifests

/// Makes ConfigMaps and Secrets of files, literals and env files.
struct DataGenerator {
  enum Kind: String {
    case configMap = "ConfigMap"
    case secret = "Secret"
  }

  let kind: Kind
  let sources: KeyValueSources

  func generate(_ arguments: GeneratorArguments) throws(FleetError) -> Resource {
    guard !arguments.name.isEmpty else {
      throw FleetError(.invalidKustomization, "a generated \(kind.rawValue) without a name", at: arguments.address)
    }
    var metadata: [YAMLTree.Entry] = [YAMLTree.Entry("name", .string(arguments.name))]
    if !arguments.namespace.isEmpty { metadata.append(YAMLTree.Entry("namespace", .string(arguments.namespace))) }
    var tree = YAMLTree.mapping([
      YAMLTree.Entry("apiVersion", .string("v1")), YAMLTree.Entry("kind", .string(kind.rawValue)),
      YAMLTree.Entry("metadata", .mapping(metadata)),
    ])
    if kind == .secret {
      tree.set("type", .string(arguments.type.isEmpty ? "Opaque" : arguments.type))
      tree.set("data", .mapping([]))
    }
    let pairs = try sources.pairs(arguments).sorted { $0.key.precedesInBytes($1.key) }
    for pair in pairs { put(pair.key, pair.value, in: &tree) }
    return finished(tree, arguments)
  }

  private func put(_ key: String, _ value: [UInt8], in tree: inout YAMLTree) {
    if kind == .configMap, let text = String(validating: value, as: UTF8.self) {
      tree.put(text, under: key, in: "data")
    } else {
      tree.put(Base64.wrapped(value), under: key, in: kind == .secret ? "data" : "binaryData")
    }
  }

  private func finished(_ tree: YAMLTree, _ arguments: GeneratorArguments) -> Resource {
    let options = arguments.options ?? GeneratorArguments.Options()
    var tree = tree
    tree.update("metadata") { metadata in
      for (field, entries) in [("labels", options.labels), ("annotations", options.annotations)] where !entries.isEmpty
      {
        let sorted = entries.sorted { $0.key.precedesInBytes($1.key) }
        metadata.set(field, .mapping(sorted.map { YAMLTree.Entry($0.key, .scalar(.init($0.value, .string, .quoted))) }))
      }
    }
    if options.immutable { tree.set("immutable", .scalar(YAMLTree.Scalar("true", .bool))) }
    var resource = Resource(
      tree, source: Manifest.Origin(file: arguments.address.file ?? "", line: arguments.address.line))
    resource.needsHash = !options.disableNameSuffixHash
    resource.behavior = arguments.behavior
    resource.hasBuildAnnotations = true
    return resource
  }
}

extension YAMLTree {
  /// Puts a text under a key of a map under another one, adding that map.
  mutating func put(_ text: String, under key: String, in field: String) {
    if self[field] == nil { set(field, .mapping([])) }
    update(field) { $0.set(key, .scalar(Scalar(text, .string, text.utf8.contains(0x0a) ? .quoted : .plain))) }
  }
}

/// Base64 (RFC 4648) as kustomize writes it.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let lineLength = 70

  /// In lines of 70 characters, each ended, if there would be more than one; else as it is.
  static func wrapped(_ bytes: [UInt8]) -> String {
    let encoded = encode(bytes)
    guard encoded.count >= lineLength else { return String(decoding: encoded, as: UTF8.self) }
    var lines: [UInt8] = []
    lines.reserveCapacity(encoded.count + encoded.count / lineLength + 1)
    for start in stride(from: 0, to: encoded.count, by: lineLength) {
      lines += encoded[start..<min(start + lineLength, encoded.count)]
      lines.append(0x0a)
    }
    return String(decoding: lines, as: UTF8.self)
  }

  private static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for index in 0..<3 { bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
      for index in 0..<4 {
        let isPadding = index > group.count
        result.append(isPadding ? UInt8(ascii: "=") : digits[Int(bits >> (18 - 6 * UInt32(index)) & 63)])
      }
    }
    return result
  }
}
