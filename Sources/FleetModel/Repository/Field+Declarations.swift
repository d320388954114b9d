import Manifests

extension Field {
  /// One of the texts that an enumeration's cases stand for.
  func chosen<Choice: RawRepresentable & CaseIterable>() throws(FleetError) -> Choice where Choice.RawValue == String {
    try choice()
  }

  /// A text that is neither empty nor too long.
  func words() throws(FleetError) -> String { try nonEmptyString(upTo: FleetLimits.textBytes) }

  /// A text, which may be empty.
  func expression() throws(FleetError) -> String { try string(upTo: FormatLimits.expressionBytes) }

  /// A directory of the repository, other than its root.
  func directory() throws(FleetError) -> TreePath {
    let path = try text("a directory below the root of the repository", upTo: FleetLimits.textBytes) { TreePath($0) }
    guard !path.isRoot else { throw error("the root of the repository where a directory below it should stand") }
    return path
  }

  /// Whether an operator has to agree: `required`, or `none`.
  func approval() throws(FleetError) -> Bool {
    if case .bool = value { throw error("true or false where required or none should stand") }
    return try choice(Approval.self) == .required
  }

  /// A span of time.
  func span() throws(FleetError) -> Duration {
    if case .integer? = Optional(value) {
      throw error("an integer where a span of time should stand", nextStep: "write a unit: 30s, 10m, 1h30m")
    }
    let span = try text("a span of time such as 30s, 10m or 1h30m") { Duration(text: $0) }
    guard span <= FleetLimits.longestSpan else {
      throw error("longer than \(FleetLimits.longestSpan.text)", code: .limitExceeded)
    }
    return span
  }

  /// A span of time that is not empty.
  func deadline() throws(FleetError) -> Duration {
    let span = try span()
    guard span > .zero else { throw error("no time at all") }
    return span
  }
}

private enum Approval: String, CaseIterable { case required, none }

extension Field {
  /// How many of something: at least one, or a share of more than nothing.
  func width() throws(FleetError) -> Width { try width(atLeast: 1) }

  /// How many of something, none included.
  func widthOrNone() throws(FleetError) -> Width { try width(atLeast: 0) }

  private func width(atLeast least: Int) throws(FleetError) -> Width {
    switch value {
    case .integer, .unsigned: return .count(try int(in: least...FleetLimits.width))
    case .string(let text):
      guard let percent = Width.percent(in: text) else { throw noWidth(text) }
      guard (least...100).contains(percent) else { throw error("not in the range \(least)% to 100%") }
      return .percent(percent)
    default: throw error("\(kindName) where a number of clusters such as 1 or a share such as 25% should stand")
    }
  }

  private func noWidth(_ text: String) -> FleetError {
    error(
      "not a number of clusters such as 1 or a share such as 25%",
      nextStep: Int64(digits: text.utf8) == nil ? "" : "write the number without quotes")
  }
}

extension Width {
  /// The number before `%`; nil for a text of another form.
  fileprivate static func percent(in text: String) -> Int? {
    guard text.utf8.last == UInt8(ascii: "%") else { return nil }
    return Int64(digits: text.utf8.dropLast()).map { Int($0) }
  }
}

extension Field {
  /// Labels of a cluster, or what a selector asks of them.
  func labels(_ log: ErrorLog) -> [String: String]? {
    guard let entries = entries(log, upTo: FleetLimits.labels) else { return nil }
    var labels: [String: String] = [:]
    for entry in entries {
      guard entry.checkLabelKey(log), let value = entry.field.read(log, Field.labelValue) else { continue }
      labels[entry.key] = value
    }
    return labels
  }

  /// Which labels a cluster must have.
  func labelSelector(_ log: ErrorLog) -> LabelSelector? {
    map(log) { fields in
      let matchLabels = fields.optional("matchLabels")?.labels(log) ?? [:]
      let expressions = fields.optional("matchExpressions")
      return LabelSelector(
        matchLabels: matchLabels,
        matchExpressions: expressions?.list(log, upTo: FleetLimits.labels) { $0.requirement(log) } ?? [])
    }
  }

  private func requirement(_ log: ErrorLog) -> LabelSelector.Requirement? {
    map(log) { fields in
      let key = fields.required("key", Field.labelKey)
      let operation: LabelSelector.Operator? = fields.required("operator", Field.chosen)
      let valuesField = fields.optional("values")
      let values = valuesField?.list(log, upTo: FleetLimits.selectorValues) { $0.read(log, Field.labelValue) } ?? []
      guard let key, let operation else { return nil }
      let needsValues = operation == .in || operation == .notIn
      if needsValues == values.isEmpty {
        log.add(
          (valuesField ?? fields.field).error("\(operation.rawValue) \(needsValues ? "needs values" : "has no values")")
        )
      }
      return LabelSelector.Requirement(key: key, operator: operation, values: values)
    }
  }

  func labelKey() throws(FleetError) -> String {
    try text("a key of labels: [prefix/]name") { Names.isKey($0) ? $0 : nil }
  }

  func labelValue() throws(FleetError) -> String {
    try text("a label's value: letters, digits, '-', '_' and '.', at most 63") { Names.isLabelValue($0) ? $0 : nil }
  }
}

extension Field.Entry {
  fileprivate func checkLabelKey(_ log: ErrorLog) -> Bool {
    if Names.isKey(key) { return true }
    log.add(FleetError(.invalidField, "not a key of labels: [prefix/]name", at: keyAddress))
    return false
  }
}
