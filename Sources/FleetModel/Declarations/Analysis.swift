/// A check that decides about a stage after its soak: measured again and again until its limits or its count decide.
public struct Analysis: Hashable, Sendable {
  /// What is asked.
  public enum Probe: Hashable, Sendable {
    /// Answers of 2xx are successes, others failures.
    case http(url: String)
    /// An instant query to Prometheus' HTTP API at this address, such as `http://prometheus:9090`.
    case prometheus(address: String, query: String)
  }

  public enum Comparison: String, Hashable, Sendable, CaseIterable {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
  }

  /// A bound on the number that a query answers.
  public struct Condition: Hashable, Sendable {
    public var comparison: Comparison
    public var number: Double

    public init(_ comparison: Comparison, _ number: Double) {
      self.comparison = comparison
      self.number = number
    }
  }

  /// Unique in its stage.
  public var name: String
  public var probe: Probe
  /// What makes a measured number a success. With neither condition every number is one.
  public var success: Condition?
  /// What makes it a failure. A number that is neither is inconclusive; where only one condition is given, what it does
  /// not say is the other.
  public var failure: Condition?
  /// Between two measurements.
  public var interval: Duration
  /// How many measurements, errors aside, it takes to pass.
  public var count: Int
  /// How many failures it survives.
  public var failureLimit: Int
  /// How many inconclusive measurements it survives.
  public var inconclusiveLimit: Int
  /// How many errors in a row it survives: no answer, or one that cannot be understood.
  public var errorLimit: Int
  /// How long one measurement may take.
  public var timeout: Duration

  public init(
    name: String, probe: Probe, success: Condition? = nil, failure: Condition? = nil,
    interval: Duration = AnalysisDefaults.interval, count: Int = AnalysisDefaults.count,
    failureLimit: Int = AnalysisDefaults.failureLimit, inconclusiveLimit: Int = AnalysisDefaults.inconclusiveLimit,
    errorLimit: Int = AnalysisDefaults.errorLimit, timeout: Duration = AnalysisDefaults.timeout
  ) {
    self.name = name
    self.probe = probe
    self.success = success
    self.failure = failure
    self.interval = interval
    self.count = count
    self.failureLimit = failureLimit
    self.inconclusiveLimit = inconclusiveLimit
    self.errorLimit = errorLimit
    self.timeout = timeout
  }
}

/// What an analysis gets that says nothing else: the limits of Argo Rollouts.
public enum AnalysisDefaults {
  /// Prometheus scrapes every 15 s at best: asking oftener measures the same.
  public static let interval: Duration = .seconds(15)
  /// One look decides.
  public static let count = 1
  /// The first failure decides.
  public static let failureLimit = 0
  /// The first measurement that says neither decides that nobody knows.
  public static let inconclusiveLimit = 0
  /// A probe that cannot be asked five times in a row is not there.
  public static let errorLimit = 4
  /// A probe that takes longer has a problem of its own.
  public static let timeout: Duration = .seconds(10)
}
