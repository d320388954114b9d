/// Numbers in Prometheus' text format, version 0.0.4.
public struct PrometheusText {
  /// The media type.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private var lines: [String] = []

  public init() {}

  public var text: String { lines.map { $0 + "\n" }.joined() }

  /// Writes what is known of a counter or a gauge: its values, each with those of its labels in their order.
  public mutating func add(_ description: MetricDescription, _ samples: [(labels: [String], value: Double)]) {
    let named = samples.map { sample in
      (Self.labels(Array(zip(description.labels, sample.labels))), sample.value)
    }
    add(description, Dictionary(named, uniquingKeysWith: +))
  }

  /// Writes what is known of a counter or a gauge without labels.
  public mutating func add(_ description: MetricDescription, _ value: Double) {
    add(description, [(labels: [], value: value)])
  }

  mutating func add(_ description: MetricDescription, _ values: [String: Double]) {
    begin(description)
    lines += values.sorted { $0.key < $1.key }.map { "\(description.name)\($0.key) \(Self.number($0.value))" }
  }

  /// - Parameter counts: of values up to each bound, each value counted once; the last is of those above all.
  mutating func add(_ description: MetricDescription, _ bounds: [Double], _ counts: [UInt64], sum: Double) {
    begin(description)
    let name = description.name
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      lines.append("\(name)_bucket{le=\"\(Self.number(bound))\"} \(total)")
    }
    lines += ["\(name)_sum \(Self.number(sum))", "\(name)_count \(total)"]
  }

  private mutating func begin(_ description: MetricDescription) {
    lines.append("# HELP \(description.name) \(Self.escape(description.help))")
    lines.append("# TYPE \(description.name) \(description.kind.name)")
  }

  /// As Prometheus reads numbers: whole ones without a fraction.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func escape(_ text: String, quotes: Bool = false) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// Labels as they are written behind a name.
  static func labels(_ dimensions: [(String, String)]) -> String {
    guard !dimensions.isEmpty else { return "" }
    return "{" + dimensions.map { "\($0.0)=\"\(escape($0.1, quotes: true))\"" }.joined(separator: ",") + "}"
  }
}
