/// Bounds on what the project's formats hold.
public enum FormatLimits {
  /// Apps of one cluster: far beyond the hundreds that the largest fleets have.
  public static let apps = 10_000
  /// A bundle: some 600 bytes an app, and room for confirmations.
  public static let bundleBytes = 8 << 20
  /// A report: what one message of the wire holds, less its envelope.
  public static let reportBytes = 2 << 20
  /// A release: some 120 bytes a cluster, for 100,000 of them.
  public static let releaseBytes = 16 << 20
}
