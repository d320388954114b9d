/// Bounds of what is read and said about an object's health.
enum HealthLimits {
  /// A reason is one line on an operator's screen and travels in every report.
  static let reasonCharacters = 400
  /// A message of the API server, the kubelet or a controller inside a reason.
  static let messageCharacters = 240
  /// Conditions read of one object; controllers write a handful.
  static let conditions = 100
  /// Containers read of one Pod.
  static let containers = 100
  /// Children read of one owner while looking for what is wrong: a Deployment of thousands fails for the same reason.
  static let children = 200
  /// Events read about one object.
  static let warnings = 100
  /// Pods of one owner whose events are read: the others fail for the same reason.
  static let explainedPods = 3
  /// Objects that are looked at more closely again and again, until they are well; others take their turn after them.
  static let inquiries = 1_000
  /// Closer looks a second in the long run, of up to eight small requests each.
  static let looksPerSecond = 5.0
  /// Closer looks that may come at once after a quiet time.
  static let looksAtOnce = 20
  /// How long what a lost watch last said still counts: a server's restart takes less, and a cluster whose agent has
  /// fallen silent counts as online no longer than three times that.
  static let blindTime = Duration.seconds(30)
  /// Storage classes remembered; clusters have a handful.
  static let storageClasses = 100
}

extension String {
  /// On one line and at most so many characters, the last of which is an ellipsis when something was cut off.
  func onOneLine(upTo limit: Int) -> String {
    // Cut first: joining the lines of a text of any length would be work without a bound.
    let line = prefix(limit + 1).split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > limit ? line.prefix(limit - 1) + "…" : line
  }
}
