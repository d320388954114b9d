import Synchronization

/// What a call has said so far.
final class Heard<Message: Sendable>: Sendable {
  private let kept = Mutex<[Message]>([])

  var all: [Message] { kept.withLock { $0 } }

  func hear(_ message: Message) { kept.withLock { $0.append(message) } }
}
