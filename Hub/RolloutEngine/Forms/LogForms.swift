public import FleetModel
public import Manifests

extension RolloutEvent {
  /// The event as it is stored: `flotilla.rollout-event/1`, canonical JSON.
  public var canonicalJSON: [UInt8] { JSON.canonical(form) }

  /// Reads a stored event.
  public init(canonicalJSON bytes: [UInt8]) throws(FleetError) {
    let file = "rollout event"
    try self.init(form: Field(try JSON.parse(bytes, file: file, limits: RolloutLimits.stored), file: file))
  }
}

extension RolloutLogEntry {
  /// The format of stored log entries.
  public static let format = "flotilla.rollout-log/1"

  /// The whole entry as canonical JSON: number, time, event, transitions.
  public var canonicalJSON: [UInt8] { JSON.canonical(form) }

  /// The transitions alone as canonical JSON, for a store that keeps the event beside them.
  public var transitionsJSON: [UInt8] { JSON.canonical(.list(transitions)) }

  /// Reads a stored entry.
  public init(canonicalJSON bytes: [UInt8]) throws(FleetError) {
    let file = "rollout log entry"
    try self.init(form: Field(try JSON.parse(bytes, file: file, limits: RolloutLimits.stored), file: file))
  }

  /// Puts an entry together from what a store keeps apart.
  public init(
    number: Int64, time: Timestamp, eventJSON: [UInt8], transitionsJSON: [UInt8]
  ) throws(FleetError) {
    let file = "rollout log entry \(number)"
    let transitions = Field(try JSON.parse(transitionsJSON, file: file, limits: RolloutLimits.stored), file: file)
    self.init(
      number: number, time: time, event: try RolloutEvent(canonicalJSON: eventJSON),
      transitions: try transitions.list())
  }
}

extension RolloutLogEntry: Formed {
  var form: Value {
    .object([
      "format": .string(Self.format), "n": .integer(number), "time": time.form, "event": event.form,
      "transitions": .list(transitions),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      try fields.expect("format", Self.format)
      return RolloutLogEntry(
        number: try fields.required("n").integer(in: 1...Int64.max), time: try fields.value("time"),
        event: try fields.value("event"), transitions: try fields.list("transitions"))
    }
  }
}

extension Transition: Formed {
  var form: Value {
    var object: Object = ["from": .string(from), "to": .string(to), "reason": .string(reason)]
    object["app"] = .string(subject.app)
    object["rollout"] = .string(subject.rollout)
    switch subject {
    case .rollout: break
    case .stage(let stage, _, _): object["stage"] = .string(stage)
    case .cluster(let cluster, _, _): object["cluster"] = cluster.form
    }
    return .object(object)
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      let app = try fields.text("app")
      let rollout = try fields.text("rollout")
      var subject = Subject.rollout(rollout, app: app)
      if let stage: String = try fields.optionalValue("stage") {
        subject = .stage(stage, rollout: rollout, app: app)
      } else if let cluster: ClusterUID = try fields.optionalValue("cluster") {
        subject = .cluster(cluster, rollout: rollout, app: app)
      }
      return Transition(
        subject: subject, from: try fields.text("from"), to: try fields.text("to"), reason: try fields.text("reason"))
    }
  }
}
