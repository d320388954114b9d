import Manifests

/// Reads the checks of a stage.
struct AnalysisReader {
  let log: ErrorLog

  func list(_ field: Field) -> [Analysis] {
    var names: Set<String> = []
    return field.list(log, upTo: FleetLimits.analyses) { element -> Analysis? in
      guard let analysis = read(element) else { return nil }
      guard names.insert(analysis.name).inserted else {
        log.add(
          element.error(
            "a second check of the name \(analysis.name)", code: .duplicateName, nextStep: "give one of them a name"))
        return nil
      }
      return analysis
    } ?? []
  }

  private func read(_ field: Field) -> Analysis? {
    field.map(log) { fields in
      let name = fields.optional("name", Field.words)
      let probe = probe(&fields)
      // What else is wrong shows also where nothing can be asked.
      var analysis = Analysis(
        name: name ?? probe?.defaultName ?? "", probe: probe ?? .prometheus(address: "", query: ""))
      conditions(&fields, &analysis)
      limits(&fields, &analysis)
      return probe == nil ? nil : analysis
    }
  }

  private func probe(_ fields: inout MapReader) -> Analysis.Probe? {
    let http = fields.optional("http")
    let prometheus = fields.optional("prometheus")
    switch (http, prometheus) {
    case (let http?, nil):
      return http.map(log) { $0.required("url", Field.url) }.map(Analysis.Probe.http)
    case (nil, let prometheus?):
      return prometheus.map(log) { fields in
        let address = fields.required("address", Field.url)
        let query = fields.required("query", Field.words)
        guard let address, let query else { return nil }
        return .prometheus(address: address, query: query)
      }
    case (nil, nil): log.add(fields.field.error("neither http nor prometheus", code: .missingField))
    case (_?, let prometheus?): log.add(prometheus.error("both http and prometheus", nextStep: "remove one of them"))
    }
    return nil
  }

  private func conditions(_ fields: inout MapReader, _ analysis: inout Analysis) {
    for (name, path) in [("success", \Analysis.success), ("failure", \Analysis.failure)] {
      guard let field = fields.optional(name) else { continue }
      if case .http = analysis.probe {
        log.add(field.error("a condition on an http check, which asks for a status of 2xx", nextStep: "remove it"))
      } else {
        analysis[keyPath: path] = field.read(log, Field.condition)
      }
    }
  }

  private func limits(_ fields: inout MapReader, _ analysis: inout Analysis) {
    analysis.interval = fields.optional("interval", Field.deadline) ?? AnalysisDefaults.interval
    analysis.count = fields.optional("count", Field.positive) ?? AnalysisDefaults.count
    analysis.failureLimit = fields.optional("failureLimit", Field.limit) ?? AnalysisDefaults.failureLimit
    analysis.inconclusiveLimit = fields.optional("inconclusiveLimit", Field.limit) ?? AnalysisDefaults.inconclusiveLimit
    analysis.errorLimit = fields.optional("errorLimit", Field.limit) ?? AnalysisDefaults.errorLimit
    analysis.timeout = fields.optional("timeout", Field.deadline) ?? AnalysisDefaults.timeout
  }
}

extension Analysis.Probe {
  fileprivate var defaultName: String {
    switch self {
    case .http(let url): url
    case .prometheus(_, let query): query
    }
  }
}

extension Analysis.Condition {
  /// A comparison and a number: `< 0.05`.
  init?(_ text: String) {
    let trimmed = text.split(separator: " ")
    guard trimmed.count == 2, let comparison = Analysis.Comparison(rawValue: String(trimmed[0])),
      let number = Double(trimmed[1]), number.isFinite
    else { return nil }
    self.init(comparison, number)
  }

  /// Whether a number meets it. One that is no number never does.
  public func isMet(by value: Double) -> Bool {
    switch comparison {
    case .less: value < number
    case .lessOrEqual: value <= number
    case .greater: value > number
    case .greaterOrEqual: value >= number
    case .equal: value == number
    case .notEqual: value != number && !value.isNaN
    }
  }
}

extension Field {
  fileprivate func url() throws(FleetError) -> String {
    try text("a URL of http or https", upTo: FleetLimits.textBytes) {
      $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil
    }
  }

  fileprivate func condition() throws(FleetError) -> Analysis.Condition {
    try text("a comparison with a number such as < 0.05", upTo: FleetLimits.textBytes) { Analysis.Condition($0) }
  }

  fileprivate func positive() throws(FleetError) -> Int { try int(in: 1...FleetLimits.measurements) }
  fileprivate func limit() throws(FleetError) -> Int { try int(in: 0...FleetLimits.measurements) }
}
