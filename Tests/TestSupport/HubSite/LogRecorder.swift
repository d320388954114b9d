public import Logging
import Synchronization

/// Keeps what is logged, for tests of what a reader of the log gets to see.
public final class LogRecorder: Sendable {
  /// One line of a log.
  public struct Line: Sendable {
    public var level: Logger.Level
    public var message: String
    public var metadata: [String: String]
  }

  private let kept = Mutex<[Line]>([])

  public var lines: [Line] { kept.withLock { $0 } }

  public var logger: Logger {
    var logger = Logger(label: "hub") { [self] _ in Handler(recorder: self) }
    logger.logLevel = .info
    return logger
  }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
      recorder.kept.withLock { $0.append(Line(level: event.level, message: "\(event.message)", metadata: all)) }
    }
  }
}
