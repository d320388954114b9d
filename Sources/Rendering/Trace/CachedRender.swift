import Digests
import Manifests

/// An entry of a render cache: what a build came to, what it looked at, and a digest over both.
///
/// The form is three lines (`flotilla.render/1`, the digest of all that follows, the length of the trace) and then the
/// trace and the result, one after the other.
struct CachedRender {
  private static let format = "flotilla.render/1"

  var trace: BuildTrace
  var result: [UInt8]

  var bytes: [UInt8] {
    let trace = trace.canonicalJSON
    let body = Array("\(trace.count)\n".utf8) + trace + result
    return Array("\(CachedRender.format)\n\(Digest(of: body).hex)\n".utf8) + body
  }

  init(trace: BuildTrace, result: [UInt8]) {
    self.trace = trace
    self.result = result
  }

  /// nil for bytes that are not what was put.
  init?(bytes: [UInt8]) {
    var rest = bytes[...]
    func line() -> String? {
      guard let end = rest.firstIndex(of: 0x0a) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
    guard line() == CachedRender.format, let hex = line(), Digest(hex: hex) == Digest(of: rest) else { return nil }
    guard let text = line(), let length = Int(text), (0...rest.count).contains(length) else { return nil }
    guard let trace = try? BuildTrace(json: Array(rest.prefix(length)), file: "render cache") else { return nil }
    self.trace = trace
    result = Array(rest.dropFirst(length))
  }
}
