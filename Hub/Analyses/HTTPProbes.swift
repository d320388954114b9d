public import AsyncHTTPClient
public import FleetModel
import Manifests
import NIOCore
import NIOHTTP1
public import ReleasePipeline

/// Asks the checks of stages over HTTP.
public struct HTTPProbes: AnalysisProbing {
  /// An answer to a query is a few numbers; of another check only its status counts.
  private static let answerBytes = 1 << 20

  private let client: HTTPClient

  /// - Parameter client: shut down by whoever made it.
  public init(client: HTTPClient) { self.client = client }

  /// How a client asks: it follows redirects as people's browsers do, a few of them.
  public static var clientConfiguration: HTTPClient.Configuration {
    HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
  }

  public func measure(_ analysis: Analysis) async -> AnalysisMeasurement {
    switch analysis.probe {
    case .http(let url): await measureStatus(url, analysis.timeout)
    case .prometheus(let address, let query): await measureQuery(address, query, analysis)
    }
  }

  private func measureStatus(_ url: String, _ timeout: Duration) async -> AnalysisMeasurement {
    do {
      let status = try await client.execute(request(url), timeout: timeout.amount).status
      let words = "status \(status.code)"
      return (200..<300).contains(status.code) ? .success(words) : .failure(words)
    } catch {
      return .error(error.shortDescription)
    }
  }

  private func measureQuery(_ address: String, _ query: String, _ analysis: Analysis) async -> AnalysisMeasurement {
    let base = address.hasSuffix("/") ? String(address.dropLast()) : address
    do {
      let response = try await client.execute(
        request("\(base)/api/v1/query?query=\(query.percentEncoded)"), timeout: analysis.timeout.amount)
      let body = try await response.body.collect(upTo: HTTPProbes.answerBytes)
      return PrometheusAnswer(status: Int(response.status.code), body: Array(body.readableBytesView)).measure(analysis)
    } catch {
      return .error(error.shortDescription)
    }
  }

  private func request(_ url: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "User-Agent", value: "flotilla-hub")
    return request
  }
}

extension Duration {
  fileprivate var amount: TimeAmount { .milliseconds(inMilliseconds) }
}

extension Error {
  /// One clause: what is nested in errors of clients is of no use to operators.
  fileprivate var shortDescription: String { String("\(self)".prefix(200)) }
}

extension String {
  /// With everything encoded but what RFC 3986, section 2.3 leaves as it is.
  fileprivate var percentEncoded: String {
    var text = ""
    for byte in utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: text.unicodeScalars.append(.init(byte))
      default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}
