public import FleetModel
public import Logging
import Manifests

/// Writes one line per event to standard error: for people, or as JSON for machines.
///
/// A line of text is `INSTANT LEVEL LABEL: MESSAGE key=value …`, its values quoted as JSON where they hold anything but
/// plain words. A line of JSON has `time`, `level`, `logger`, `message` and the metadata beside them.
public struct LogLines: LogHandler {
  /// How a line looks.
  public enum Format: String, CaseIterable, Sendable { case text, json }

  public var logLevel: Logger.Level = .warning
  public var metadata: Logger.Metadata = [:]
  private let label: String
  private let format: Format

  public init(label: String, format: Format) {
    self.label = label
    self.format = format
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) { StandardStreams.complain(line(for: event, at: .now)) }

  /// The event's line, without its line break.
  public func line(for event: LogEvent, at now: Timestamp) -> String {
    var all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
    if let error = event.error { all["error"] = "\(error)" }
    let pairs = all.sorted { $0.key < $1.key }
    switch format {
    case .text:
      let head = "\(now) \(event.level) \(label): \(singleLine("\(event.message)"))"
      return ([head] + pairs.map { "\($0.key)=\(word("\($0.value)"))" }).joined(separator: " ")
    case .json:
      var object = Object()
      object["time"] = .string("\(now)")
      object["level"] = .string("\(event.level)")
      object["logger"] = .string(label)
      object["message"] = .string("\(event.message)")
      for (key, value) in pairs where object[key] == nil { object[key] = .string("\(value)") }
      return String(decoding: JSON.compact(.object(object)), as: UTF8.self)
    }
  }

  private func word(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
    return isPlain ? text : String(decoding: JSON.compact(.string(text)), as: UTF8.self)
  }

  /// A line break within a message must not begin a line that looks like an event of its own.
  private func singleLine(_ text: String) -> String {
    text.utf8.contains { $0 < 0x20 } ? word(text) : text
  }
}
