public import AsyncHTTPClient
public import Manifests
import NIOCore
import NIOHTTP1

/// Asks an HTTP address of the host, with POST.
public struct HTTPProbe: HealthProbe {
  private let url: String
  private let client: HTTPClient
  private let deadline: Duration

  /// A host that refuses the connection is an answer, to be shown at once; the polling asks again by itself. An answer is
  /// what the address itself gives, not what it points to.
  public static var clientConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.redirectConfiguration = .disallow
    return configuration
  }

  /// - Parameter client: one made with `clientConfiguration`: a client that tries again by itself hides a dead host
  ///   until the deadline, and what waits for the answer waits too.
  public init(url: String, client: HTTPClient) {
    self.init(url: url, client: client, deadline: ProbeLimits.deadline)
  }

  init(url: String, client: HTTPClient, deadline: Duration) {
    self.url = url
    self.client = client
    self.deadline = deadline
  }

  public func ask(_ question: [UInt8]) async throws(FleetError) -> [UInt8] {
    do {
      return try await withThrowingTaskGroup(of: [UInt8].self) { group in
        group.addTask { try await exchange(question) }
        // The client's own deadline ends with the head of the answer: a body that never ends would hold up all healing.
        group.addTask {
          try await Task.sleep(for: deadline)
          throw FleetError(.probe, "the probe gave no whole answer in time", at: .init(file: url))
        }
        let answer = try await group.next() ?? []
        group.cancelAll()
        return answer
      }
    } catch let error as FleetError {
      throw error
    } catch is NIOTooManyBytesError {
      throw FleetError(
        .probe, "the probe's answer is larger than \(ProbeLimits.answerBytes) bytes", at: .init(file: url))
    } catch {
      throw FleetError(.probe, "the probe cannot be asked", at: .init(file: url), cause: "\(error)")
    }
  }

  private func exchange(_ question: [UInt8]) async throws -> [UInt8] {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: question))
    let response = try await client.execute(request, timeout: TimeAmount(deadline))
    guard response.status == .ok else {
      throw FleetError(.probe, "the probe answered \(response.status.code)", at: .init(file: url))
    }
    return Array(buffer: try await response.body.collect(upTo: ProbeLimits.answerBytes))
  }
}
