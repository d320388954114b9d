import FleetModel
import Manifests

/// A mistake in a story.
struct StoryError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension Stage {
  /// `dev(waves=1,50%,100% soak=10s approval failures=1)`: an environment's stage, with soak 0 unless it says more.
  init(story text: Substring) throws {
    let name = text.prefix { $0 != "(" }
    self.init(name: String(name), members: .environment(String(name)), soak: .zero)
    for option in text.dropFirst(name.count).dropFirst().dropLast().split(separator: " ") {
      let parts = option.split(separator: "=", maxSplits: 1)
      try set(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  private mutating func set(_ option: String, _ value: String) throws {
    switch option {
    case "approval": approvalBefore = true
    case "approval-after": approvalAfter = true
    case "waves": waves = try value.split(separator: ",").map(Width.init(story:))
    case "concurrent": maxConcurrent = try Width(story: value)
    case "failures": maxFailures = try Width(story: value)
    case "available": minAvailable = try Width(story: value)
    case "pull": pullDeadline = try Duration(story: value)
    case "progress": progressDeadline = try Duration(story: value)
    case "soak": soak = try Duration(story: value)
    case "wait": offlinePolicy = .wait
    case "analysis": analysis = [Analysis(name: value, probe: .http(url: "http://\(value)"))]
    case "label":
      let pair = value.split(separator: ":")
      members = .selector(LabelSelector(matchLabels: [String(pair[0]): String(pair[1])]))
    default: throw StoryError("no option \(option) of a stage")
    }
  }
}

extension Width {
  init(story text: some StringProtocol) throws {
    let isShare = text.hasSuffix("%")
    guard let number = Int(isShare ? text.dropLast() : text[...]) else { throw StoryError("no width: \(text)") }
    self = isShare ? .percent(number) : .count(number)
  }
}

extension Duration {
  /// `90s`, `5m`, `1h`, `250ms`.
  init(story text: some StringProtocol) throws {
    for (unit, size) in [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)] where text.hasSuffix(unit) {
      if let number = Int(text.dropLast(unit.count)) {
        self = .milliseconds(number * size)
        return
      }
    }
    throw StoryError("no span: \(text)")
  }
}
