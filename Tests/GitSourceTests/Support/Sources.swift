import GitSource
import Logging
import Manifests
import Synchronization
import Testing

/// Keeps what is logged, to look for secrets in it.
final class LogBook: Sendable {
  private struct Handler: LogHandler {
    let book: LogBook
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let own = event.metadata ?? [:]
      book.lines.withLock {
        $0.append("\(event.level) \(event.message) \(metadata.merging(own) { $1 })")
      }
    }
  }

  private let lines = Mutex<[String]>([])
  var text: String { lines.withLock { $0.joined(separator: "\n") } }
  var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }
}

/// A source of a repository, with its mirror in a folder.
func makeSource(
  of location: RepositoryLocation, _ reference: GitReference = .branch("main"), in state: String,
  credentials: GitCredentials = .none, limits: FetchLimits = FetchLimits(total: .seconds(60), silence: .seconds(20)),
  log: LogBook = LogBook()
) throws -> GitSource {
  let settings = try GitSourceSettings(
    location: location, reference: reference, credentials: credentials, limits: limits)
  return try GitSource(settings: settings, stateDirectory: state, logger: log.logger)
}

extension SourceUpdate {
  /// How the reference moved; a test failure when it did not.
  @discardableResult
  func advance(sourceLocation: SourceLocation = #_sourceLocation) throws -> Advance {
    guard case .advanced(let advance) = outcome else {
      Issue.record("expected a new commit, got \(outcome)", sourceLocation: sourceLocation)
      throw Program.Failure(description: "no new commit")
    }
    return advance
  }

  var isUnchanged: Bool {
    if case .unchanged = outcome { true } else { false }
  }
}

extension CommitTree {
  func text(_ path: String) throws -> String {
    String(decoding: try read(try #require(TreePath(path))), as: UTF8.self)
  }
}

/// The error that a call throws.
func failure<Value>(_ body: () throws -> Value) -> FleetError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? FleetError
  }
}
