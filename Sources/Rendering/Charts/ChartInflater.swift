public import Digests
public import Manifests

/// Makes objects of charts: the seam to a program that this module does not run.
///
/// It is asked from several tasks at once, and twice for each request: a chart has to come to the same both times.
public protocol ChartInflater: Sendable {
  /// The program and its version, as `helm v3.17.0`: what is rendered by another one is rendered anew.
  var identity: String { get }

  /// The objects that a chart comes to, as a stream of YAML.
  ///
  /// What a chart must not depend on (the time zone, folders of the host) should differ between the passes.
  func inflate(_ request: ChartRequest, _ pass: ChartPass) throws(FleetError) -> [UInt8]
}

/// Which of the two times a chart is rendered.
public enum ChartPass: Sendable, CaseIterable {
  case first
  case check
}

/// Everything that the objects of a chart depend on beside the program.
public struct ChartRequest: Sendable {
  /// A file of the chart.
  public struct File: Sendable {
    /// Below the chart's directory.
    public var path: TreePath
    public var bytes: [UInt8]

    public init(path: TreePath, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// Where the chart lies in its repository, for errors: nothing else depends on it.
  public var directory: TreePath
  /// By the bytes of their paths; links are what they lead to.
  public var files: [File]
  /// Files of values over the chart's own, later ones over earlier ones.
  public var values: [[UInt8]] = []
  /// Empty to let the program choose one.
  public var releaseName = ""
  public var nameTemplate = ""
  /// Empty for the program's default.
  public var namespace = ""
  /// Empty for the program's default.
  public var kubernetesVersion = ""
  /// What the API server knows beside Kubernetes' own.
  public var apiVersions: [String] = []
  public var includesCRDs = false
  public var skipsTests = false
  public var skipsHooks = false

  public init(directory: TreePath, files: [File]) {
    self.directory = directory
    self.files = files
  }

  /// Names the request: equal digests mean the same chart, values and options.
  public var digest: Digest {
    var builder = DigestBuilder()
    builder.update(JSON.canonical(options))
    for file in files {
      builder.update(JSON.canonical([.string(file.path.description), .integer(Int64(file.bytes.count))]))
      builder.update(file.bytes)
    }
    return builder.finish()
  }

  private var options: Value {
    [
      "apiVersions": .array(apiVersions.map(Value.string)), "includesCRDs": .bool(includesCRDs),
      "kubernetesVersion": .string(kubernetesVersion), "nameTemplate": .string(nameTemplate),
      "namespace": .string(namespace), "releaseName": .string(releaseName), "skipsHooks": .bool(skipsHooks),
      "skipsTests": .bool(skipsTests), "values": .array(values.map { .string(Digest(of: $0).hex) }),
    ]
  }
}

/// Bounds on charts.
public enum ChartLimits {
  /// Files of one chart with those it depends on; the largest public charts have some hundred.
  public static let files = 5_000
  /// Their bytes: twenty times what the largest public charts have.
  public static let bytes = 64 << 20
  /// Directories within directories, which also ends links that lead round in circles.
  public static let depth = 32
  /// What a chart comes to: more than the bounds on a manifest set allow to be used.
  public static let outputBytes = 64 << 20
}

extension FleetError.Code {
  /// A chart, where no program for charts is set up.
  public static let chartsDisabled = FleetError.Code("charts-disabled")
  /// A chart that cannot be rendered.
  public static let chartFailed = FleetError.Code("chart-failed")
  /// A chart that comes to something else each time.
  public static let chartUnstable = FleetError.Code("chart-unstable")
}
