import FleetModel
import Manifests
import ReleasePipeline

/// What Prometheus' HTTP API answers to an instant query
/// (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries).
struct PrometheusAnswer {
  let status: Int
  let body: [UInt8]

  /// A metric's labels and numbers are small; nobody compares more than this.
  private static let limits = ParseLimits(bytes: 1 << 20, depth: 16, nodes: 200_000)

  func measure(_ analysis: Analysis) -> AnalysisMeasurement {
    do throws(FleetError) {
      let numbers = try numbers()
      guard !numbers.isEmpty else { return .inconclusive("the query has no data") }
      return numbers.map(analysis.judge).max { $0.rank < $1.rank } ?? .inconclusive("the query has no data")
    } catch {
      let problem = complaint ?? (status == 200 ? error.message : "")
      return .error([status == 200 ? "" : "status \(status)", problem].filter { !$0.isEmpty }.joined(separator: ": "))
    }
  }

  /// What Prometheus says is wrong with the query.
  private var complaint: String? {
    let answer = try? JSON.parse(body, file: "the answer of Prometheus", limits: PrometheusAnswer.limits)
    guard let words = answer?["error"]?.string, !words.isEmpty else { return nil }
    return String(words.prefix(PrometheusAnswer.complaintCharacters))
  }

  /// A sentence of somebody else's in one of ours.
  private static let complaintCharacters = 200

  /// The numbers of a scalar or of every element of a vector.
  private func numbers() throws(FleetError) -> [Double] {
    let file = "the answer of Prometheus"
    let answer = Field(try JSON.parse(body, file: file, limits: PrometheusAnswer.limits), file: file)
    let fields = try answer.member("data")
    let result = try fields.member("result")
    switch try fields.member("resultType").string() {
    case "scalar": return [try result.sample()]
    case "vector": return try result.array { element throws(FleetError) in try element.member("value").sample() }
    case let type: throw fields.error("the query answers a \(type) where a number or a vector should stand")
    }
  }
}

extension Field {
  /// A value of a map that may have more.
  fileprivate func member(_ name: String) throws(FleetError) -> Field {
    for entry in try entries() where entry.key == name { return entry.field }
    throw error("has no \(name)")
  }

  /// The number of a pair of an instant and a number, which stands in a text.
  fileprivate func sample() throws(FleetError) -> Double {
    let pair = try array()
    guard pair.count == 2, let number = Double(try pair[1].string()) else { throw error("not an instant and a number") }
    return number
  }
}

extension Analysis {
  /// What a number says.
  fileprivate func judge(_ number: Double) -> AnalysisMeasurement {
    if number.isNaN { return .inconclusive("the query answers NaN") }
    if let failure, failure.isMet(by: number) { return .failure("\(number) is \(failure.words)") }
    guard let success else { return .success("\(number)") }
    if success.isMet(by: number) { return .success("\(number) is \(success.words)") }
    return failure == nil ? .failure("\(number) is not \(success.words)") : .inconclusive("\(number) is neither")
  }
}

extension Analysis.Condition {
  fileprivate var words: String { "\(comparison.rawValue) \(number)" }
}

extension AnalysisMeasurement {
  /// Of several, the worst counts.
  fileprivate var rank: Int {
    switch self {
    case .success: 0
    case .inconclusive: 1
    case .failure: 2
    case .error: 3
    }
  }
}
