import AsyncHTTPClient
import FleetModel
import ReleasePipeline
import Synchronization
import TestSupport
import Testing

@testable import Analyses

@Suite("Checks of stages over HTTP", .timeLimit(.minutes(2)))
struct HTTPProbesTests {
  /// What a check comes to where a server answers so, with the first line of what it was asked.
  private func measure(
    _ answer: String, _ analysis: (_ address: String) -> Analysis
  ) async throws -> (AnalysisMeasurement, String) {
    let asked = Mutex("")
    let server = try RawServer { connection in
      asked.withLock { $0 = connection.request.split(separator: "\r\n").first.map(String.init) ?? "" }
      connection.send(answer)
    }
    defer { server.stop() }
    let measurement = try await measure(analysis("http://127.0.0.1:\(server.port)"))
    return (measurement, asked.withLock { $0 })
  }

  private func measure(_ analysis: Analysis) async throws -> AnalysisMeasurement {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: HTTPProbes.clientConfiguration)
    let measurement = await HTTPProbes(client: client).measure(analysis)
    try await client.shutdown()
    return measurement
  }

  private func answer(_ status: String, _ body: String) -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
  }

  private func vector(_ numbers: String...) -> String {
    let elements = numbers.map { #"{"metric":{"app":"web"},"value":[1700000000.123,"\#($0)"]}"# }
    return answer(
      "200 OK",
      #"{"status":"success","data":{"resultType":"vector","result":[\#(elements.joined(separator: ","))]}}"#)
  }

  private func query(_ success: Analysis.Condition?, _ failure: Analysis.Condition? = nil) -> (String) -> Analysis {
    { address in
      Analysis(
        name: "errors", probe: .prometheus(address: address, query: #"sum(rate(e{app="web"}[5m])) / 2"#),
        success: success, failure: failure)
    }
  }

  @Test("a status of 2xx is a success, another a failure")
  func status() async throws {
    let check = { (address: String) in Analysis(name: "up", probe: .http(url: "\(address)/ready?full=1")) }
    let (good, asked) = try await measure(answer("204 No Content", ""), check)
    #expect(good == .success("status 204"))
    #expect(asked == "GET /ready?full=1 HTTP/1.1")
    #expect(try await measure(answer("503 Service Unavailable", "no"), check).0 == .failure("status 503"))
  }

  @Test("where nobody answers, or not in time, it is an error and no failure")
  func errors() async throws {
    let port = try RawServer { _ in }
    port.stop()
    var check = Analysis(name: "up", probe: .http(url: "http://127.0.0.1:\(port.port)/"))
    guard case .error = try await measure(check) else {
      Issue.record("no error")
      return
    }
    let silent = try RawServer { $0.waitForEnd() }
    defer { silent.stop() }
    check.probe = .http(url: "http://127.0.0.1:\(silent.port)/")
    check.timeout = .milliseconds(300)
    guard case .error = try await measure(check) else {
      Issue.record("no error")
      return
    }
  }

  @Test("a query goes to Prometheus' API as it is written")
  func query() async throws {
    let (measurement, asked) = try await measure(vector("0.01"), query(.init(.less, 0.05)))
    #expect(measurement == .success("0.01 is < 0.05"))
    #expect(asked == "GET /api/v1/query?query=sum%28rate%28e%7Bapp%3D%22web%22%7D%5B5m%5D%29%29%20%2F%202 HTTP/1.1")
  }

  @Test("a number that is not a success is a failure; with two conditions there is something between")
  func conditions() async throws {
    #expect(try await measure(vector("0.2"), query(.init(.less, 0.05))).0 == .failure("0.2 is not < 0.05"))
    let both = query(.init(.less, 0.05), .init(.greaterOrEqual, 0.1))
    #expect(try await measure(vector("0.07"), both).0 == .inconclusive("0.07 is neither"))
    #expect(try await measure(vector("0.1"), both).0 == .failure("0.1 is >= 0.1"))
    #expect(try await measure(vector("7"), query(nil, .init(.greater, 5))).0 == .failure("7.0 is > 5.0"))
    #expect(try await measure(vector("3"), query(nil, .init(.greater, 5))).0 == .success("3.0"))
    #expect(try await measure(vector("3"), query(nil)).0 == .success("3.0"))
  }

  @Test("of several numbers the worst counts; none, and NaN, say nothing")
  func vectors() async throws {
    let check = query(.init(.less, 0.05))
    #expect(try await measure(vector("0.01", "0.9", "0.02"), check).0 == .failure("0.9 is not < 0.05"))
    #expect(try await measure(vector(), check).0 == .inconclusive("the query has no data"))
    #expect(try await measure(vector("NaN"), check).0 == .inconclusive("the query answers NaN"))
    #expect(try await measure(vector("+Inf"), check).0 == .failure("inf is not < 0.05"))
  }

  @Test(
    "what is no answer of Prometheus is an error",
    arguments: [
      (
        "400 Bad Request", #"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
        "status 400: parse error"
      ),
      ("200 OK", #"{"status":"error","errorType":"timeout","error":"took too long"}"#, "took too long"),
      ("502 Bad Gateway", "<html>", "status 502"),
      ("200 OK", "<html>", nil), ("200 OK", #"{"status":"success"}"#, nil),
      ("200 OK", #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, nil),
      ("200 OK", #"{"status":"success","data":{"resultType":"scalar","result":[1,2]}}"#, nil),
    ] as [(String, String, String?)])
  func malformed(status: String, body: String, words: String?) async throws {
    guard case .error(let reason) = try await measure(answer(status, body), query(nil)).0 else {
      Issue.record("no error")
      return
    }
    if let words { #expect(reason == words) }
  }

  @Test("a scalar is a number too")
  func scalar() async throws {
    let body = #"{"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}}"#
    #expect(try await measure(answer("200 OK", body), query(.init(.equal, 1))).0 == .success("1.0 is == 1.0"))
  }
}
