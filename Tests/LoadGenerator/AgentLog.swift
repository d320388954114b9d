import Logging

/// The log of one agent, from which it shows what befalls it: the product's agent tells nobody else.
struct AgentLog: LogHandler {
  var logLevel: Logger.Level = .debug
  var metadata: Logger.Metadata = [:]
  private let cluster: String
  private let lines: EventLines

  init(of cluster: String, to lines: EventLines) {
    self.cluster = cluster
    self.lines = lines
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    if let known = AgentEvent(event) { lines.note(known, of: cluster) }
  }
}

extension AgentEvent {
  /// What a line of the agent's log tells of; nil where that is nothing of interest.
  init?(_ line: LogEvent) {
    func value(_ key: String) -> String { line.metadata?[key].map { "\($0)" } ?? "" }
    switch "\(line.message)" {
    case "welcomed by the hub": self = .connected
    case "no link to the hub": self = .disconnected(reason: value("error"))
    case "told of new metadata": self = .told
    case "bundle accepted": self = .accepted(bundle: value("bundle_seq"))
    case "nothing newer is published": self = .looked
    case "report sent": self = .reported(seq: value("seq"))
    case "report acknowledged": self = .acknowledged(seq: value("seq"))
    case "app status":
      guard value("sync") == "synced", value("health") == "healthy" else { return nil }
      self = .applied(app: value("app"))
    default:
      guard line.level >= .warning else { return nil }
      self = .trouble(reason: "\(line.message) \(value("error"))")
    }
  }
}
