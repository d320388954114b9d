internal import GRPCCore
internal import NIOCore

/// The messages of one direction of a streaming call, in order. To be iterated once.
///
/// The sender is held back while nobody takes messages out. Ends when the sender is done; throws a `FleetError` when
/// the call fails or its connection is lost, and `CancellationError` when this task is cancelled.
public struct MessageStream<Message: WireMessage>: AsyncSequence, Sendable {
  private let base: RPCAsyncSequence<Message, any Error>

  init(_ base: RPCAsyncSequence<Message, any Error>) { self.base = base }

  public func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: RPCAsyncSequence<Message, any Error>.AsyncIterator

    public mutating func next() async throws -> Message? { try await next(isolation: nil) }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Message? {
      do {
        let message = try await base.next(isolation: actor)
        // gRPC's sequences end without an error when their task is cancelled; that must not look like the peer's end.
        if message == nil { try Task.checkCancellation() }
        return message
      } catch {
        throw error.asCallFailure
      }
    }
  }
}

/// Where the messages of one direction of a streaming call go.
public struct MessageWriter<Message: WireMessage>: Sendable {
  private let base: RPCWriter<Message>
  private let loop: any EventLoop

  init(_ base: RPCWriter<Message>, on loop: any EventLoop) {
    self.base = base
    self.loop = loop
  }

  /// Sends a message; waits while the peer and the network take no more. Throws when the call is over.
  public func write(_ message: Message) async throws {
    do {
      try await base.write(message)
      // NIO's writer takes everything until the event loop has found out that the stream is full. Going once through
      // the loop lets it find out, so that a fast writer does not pile up a whole blob.
      try await loop.submit {}.get()
    } catch {
      throw error.asCallFailure
    }
  }
}
