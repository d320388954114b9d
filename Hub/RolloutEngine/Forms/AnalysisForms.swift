internal import FleetModel
internal import Manifests

extension Analysis: Formed {
  var form: Value {
    .object([
      "name": .string(name), "probe": probe.form, "success": .optional(success), "failure": .optional(failure),
      "interval": interval.form, "count": .count(count), "failure_limit": .count(failureLimit),
      "inconclusive_limit": .count(inconclusiveLimit), "error_limit": .count(errorLimit), "timeout": timeout.form,
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Analysis(
        name: try fields.text("name"), probe: try fields.value("probe"), success: try fields.optionalValue("success"),
        failure: try fields.optionalValue("failure"), interval: try fields.value("interval"),
        count: try fields.number("count"), failureLimit: try fields.number("failure_limit"),
        inconclusiveLimit: try fields.number("inconclusive_limit"), errorLimit: try fields.number("error_limit"),
        timeout: try fields.value("timeout"))
    }
  }
}

extension Analysis.Probe: Formed {
  var form: Value {
    switch self {
    case .http(let url): .object(["http": .string(url)])
    case .prometheus(let address, let query): .object(["prometheus": .string(address), "query": .string(query)])
    }
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      if let url: String = try fields.optionalValue("http") { return .http(url: url) }
      return .prometheus(address: try fields.text("prometheus"), query: try fields.text("query"))
    }
  }
}

extension Analysis.Condition: Formed {
  // A text: canonical JSON has no fractions.
  var form: Value { .string("\(comparison.rawValue) \(number)") }

  init(form: Field) throws(FleetError) {
    self = try form.text("a comparison with a number") { text in
      let parts = text.split(separator: " ")
      guard parts.count == 2, let comparison = Analysis.Comparison(rawValue: String(parts[0])),
        let number = Double(parts[1])
      else { return nil }
      return Analysis.Condition(comparison, number)
    }
  }
}

extension Freeze: Formed {
  var form: Value {
    .object([
      "kind": .choice(kind), "environments": .list(environments), "schedule": .string(schedule),
      "duration": duration.form, "time_zone": .string(timeZone), "reason": .string(reason),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Freeze(
        kind: try fields.required("kind").choice(), environments: try fields.list("environments"),
        schedule: try fields.text("schedule"), duration: try fields.value("duration"),
        timeZone: try fields.text("time_zone"), reason: try fields.text("reason"))
    }
  }
}
