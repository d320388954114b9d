/// One number that a program exports.
public struct MetricDescription: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case counter
    case gauge
    /// Durations in seconds, counted up to each of these bounds.
    case histogram([Double])
  }

  public var name: String
  public var kind: Kind
  /// One sentence.
  public var help: String
  public var labels: [String]

  public init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
    self.labels = labels
  }
}

extension MetricDescription.Kind {
  var name: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}
