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
}

extension String {
  /// On one line and at most so many characters, the last of which is an ellipsis when something was cut off.
  func onOneLine(upTo limit: Int) -> String {
    // Cut first: joining the lines of a text of any length would be work without a bound.
    let line = prefix(limit + 1).split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > limit ? line.prefix(limit - 1) + "…" : line
  }
}
