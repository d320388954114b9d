import AsyncHTTPClient
import FleetModel
import Manifests
import Synchronization
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("An http address is asked how the host's objects are", .timeLimit(.minutes(2)))
struct HTTPProbeTests {
  /// Asks a server that answers like this.
  private func ask(
    _ question: String = "{}", deadline: Duration = .seconds(60),
    _ answer: @escaping @Sendable (RawServer.Connection) -> Void
  ) async throws -> String {
    let server = try RawServer(answer)
    defer { server.stop() }
    return try await ask(port: server.port, question, deadline: deadline)
  }

  private func ask(port: Int, _ question: String = "{}", deadline: Duration = .seconds(60)) async throws -> String {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: HTTPProbe.clientConfiguration)
    let probe = HTTPProbe(url: "http://127.0.0.1:\(port)/probe", client: client, deadline: deadline)
    do {
      let answer = try await probe.ask(Array(question.utf8))
      try await client.shutdown()
      return String(decoding: answer, as: UTF8.self)
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  private func refusal(
    deadline: Duration = .seconds(60), _ answer: @escaping @Sendable (RawServer.Connection) -> Void
  ) async throws -> FleetError {
    try #require(try await TestSupport.refusal { _ = try await ask(deadline: deadline, answer) })
  }

  @Test("the question is the body of a POST, and the answer that of a 200")
  func answers() async throws {
    let request = Mutex("")
    let answer = try await ask(#"{"app":"shop"}"#) { connection in
      request.withLock { $0 = connection.request }
      connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
    }
    #expect(answer == "[]")
    let sent = request.withLock(\.self)
    #expect(sent.hasPrefix("POST /probe HTTP/1.1\r\n"))
    #expect(sent.lowercased().contains("content-type: application/json"))
    #expect(sent.hasSuffix("\r\n\r\n{\"app\":\"shop\"}"))
  }

  @Test("any other status is no answer", arguments: [204, 404, 500])
  func status(code: Int) async throws {
    let error = try await refusal { $0.send("HTTP/1.1 \(code) X\r\ncontent-length: 0\r\n\r\n") }
    #expect(error.message == "the probe answered \(code)")
  }

  @Test("a redirect is not followed, as it was before: somebody else's answer is no evidence", arguments: [302, 307])
  func redirect(code: Int) async throws {
    let other = try RawServer { $0.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") }
    defer { other.stop() }
    let location = "http://127.0.0.1:\(other.port)/"
    let error = try await refusal {
      $0.send("HTTP/1.1 \(code) X\r\nlocation: \(location)\r\ncontent-length: 0\r\n\r\n")
    }
    #expect(error.message == "the probe answered \(code)")
  }

  @Test("an answer without end is cut off at its bound, whether its length is told or not")
  func huge() async throws {
    let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
    let endless = try await refusal { connection in
      connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
      while connection.send(chunk) {}
    }
    #expect(endless.message == "the probe's answer is larger than \(ProbeLimits.answerBytes) bytes")
    let announced = try await refusal { connection in
      connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n{")
      connection.waitForEnd()
    }
    #expect(announced.message == endless.message)
  }

  @Test("who says nothing, or never comes to an end, is not waited for beyond the deadline")
  func slow() async throws {
    let silent = try await refusal(deadline: .milliseconds(300)) { $0.waitForEnd() }
    #expect(silent.code == .probe)
    let unfinished = try await refusal(deadline: .milliseconds(300)) { connection in
      connection.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{")
      connection.waitForEnd()
    }
    #expect(unfinished.message.contains("no whole answer in time"))
  }

  @Test("an answer that breaks off is none")
  func brokenOff() async throws {
    let error = try await refusal { $0.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{") }
    #expect(error.message == "the probe cannot be asked")
    #expect(!error.cause.isEmpty)
  }

  @Test("what is no HTTP is no answer")
  func nonsense() async throws {
    #expect(try await refusal { $0.send("nonsense\r\n\r\n") }.message == "the probe cannot be asked")
  }

  @Test("a host that refuses the connection is told of at once, with its address")
  func refused() async throws {
    let server = try RawServer { _ in }
    server.stop()
    let error = try #require(try await TestSupport.refusal { _ = try await ask(port: server.port) })
    #expect(error.message == "the probe cannot be asked")
    #expect(error.address.file == "http://127.0.0.1:\(server.port)/probe")
  }
}
