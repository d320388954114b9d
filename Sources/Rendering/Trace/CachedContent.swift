import Digests
import Manifests

/// What a render cache keeps, with a digest by which damage is noticed.
///
/// The form is two lines, `flotilla.render/1` and the digest of all that follows, and then the content.
enum CachedContent {
  private static let header = Array("flotilla.render/1\n".utf8)

  static func bytes(of content: [UInt8]) -> [UInt8] {
    header + Array("\(Digest(of: content).hex)\n".utf8) + content
  }

  /// nil for bytes that are not what was put.
  static func content(of bytes: [UInt8]) -> [UInt8]? {
    guard bytes.starts(with: header) else { return nil }
    var rest = bytes[header.count...]
    guard let hex = rest.line(), let digest = Digest(hex: hex), Digest(of: rest) == digest else { return nil }
    return Array(rest)
  }
}

/// What a render cache keeps of the build of an overlay: what it looked at, and the variables that its objects name.
///
/// The form is a line with the length of the trace, the trace, and in JSON the rest.
struct CachedBuild {
  var trace: BuildTrace
  /// Each with whether it can do without a definition.
  var variables: [String: Bool]

  /// Whether it has charts, and was only built up to the first.
  var needsChartTarget: Bool

  init(trace: BuildTrace, variables: [String: Bool], needsChartTarget: Bool) {
    self.trace = trace
    self.variables = variables
    self.needsChartTarget = needsChartTarget
  }

  var bytes: [UInt8] {
    let trace = trace.canonicalJSON
    let rest = JSON.canonical([
      "needsChartTarget": .bool(needsChartTarget),
      "variables": .object(Object(variables.map { ($0.key, Value.bool($0.value)) })),
    ])
    return CachedContent.bytes(of: Array("\(trace.count)\n".utf8) + trace + rest)
  }

  /// nil for bytes that are not what was put.
  init?(bytes: [UInt8]) {
    guard let content = CachedContent.content(of: bytes) else { return nil }
    var rest = content[...]
    guard let text = rest.line(), let length = Int(text), (0...rest.count).contains(length) else { return nil }
    guard let trace = try? BuildTrace(json: Array(rest.prefix(length)), file: "render cache"),
      let more = try? JSON.parse(Array(rest.dropFirst(length)), file: "render cache"),
      let object = more["variables"]?.object, let needsChartTarget = more["needsChartTarget"]?.bool
    else { return nil }
    self.trace = trace
    self.needsChartTarget = needsChartTarget
    variables = [:]
    for (key, value) in object {
      guard let hasFallback = value.bool else { return nil }
      variables[key] = hasFallback
    }
  }
}

extension ArraySlice<UInt8> {
  /// Takes a line away from the front; nil where there is no line feed.
  fileprivate mutating func line() -> String? {
    guard let end = firstIndex(of: 0x0a) else { return nil }
    defer { self = self[(end + 1)...] }
    return String(decoding: self[..<end], as: UTF8.self)
  }
}
