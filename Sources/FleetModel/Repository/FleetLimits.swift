/// Bounds on what a fleet repository declares; what is beyond them is refused, never cut.
public enum FleetLimits {
  /// One file that declares something: values for a cluster are pages, not books.
  public static let fileBytes = 1 << 20
  /// Ten times the largest fleet that one hub is built for.
  public static let clusters = 100_000
  public static let apps = FormatLimits.apps
  /// Folders within folders below `clusters/`: regions and sites need three or four.
  public static let directoryDepth = 16
  /// Fleets have three to ten.
  public static let environments = 100
  /// One for each team of a large company.
  public static let pipelines = 1_000
  /// Three times what KubeFleet allows.
  public static let stages = 100
  public static let waves = 100
  /// Clusters in an absolute width; more is a mistake.
  public static let width = 1_000_000
  /// Longer spans than a year are mistakes.
  public static let longestSpan: Duration = .seconds(366 * 86_400)
  /// API versions of one cluster: five times what a cluster with all the popular operators has.
  public static let apiVersions = 1_000
  public static let overlays = 32
  public static let overlayBytes = 1_024
  /// Labels of one cluster, and what one selector asks for.
  public static let labels = 256
  public static let selectorValues = 1_000
  public static let freezes = 1_000
  /// That stand on every cluster without an app's doing.
  public static let namespaces = 10_000
  public static let analyses = 32
  /// Of one check: a day and a half at one a minute.
  public static let measurements = 2_000
  /// Any other text of a declaration, such as a reason or a URL.
  public static let textBytes = 4_096
  /// Errors kept of one file: whoever has more mends these first.
  public static let errorsPerFile = 50
  /// Errors kept in all.
  public static let errors = 1_000
  /// Names that one error lists.
  public static let namesListed = 10
}
