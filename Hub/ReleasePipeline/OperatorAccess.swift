import FleetModel
public import FleetStore
public import Manifests

/// What a call needs of the operator who makes it.
public struct OperatorRule: Hashable, Sendable {
  /// What of the fleet it acts on.
  public enum Reach: Hashable, Sendable {
    /// Nothing that environments bound: it reads, or is about the caller alone.
    case nothing
    /// What the request names: the operator needs the environments of that.
    case subject
    /// The fleet as such: the operator needs all environments.
    case fleet
  }

  public var role: OperatorRole
  public var reach: Reach
  /// What the audit log calls it when it is done; nil for a call that does nothing, or one of several things.
  public var action: String?

  public init(_ role: OperatorRole, _ reach: Reach, as action: String? = nil) {
    self.role = role
    self.reach = reach
    self.action = action
  }

  /// Every operator may.
  public static let reading = OperatorRule(.viewer, .nothing)
}

/// What an operator acts on, as the request names it.
public enum OperatorSubject: Hashable, Sendable {
  case cluster(String)
  case environment(String)
  /// All clusters that an app is on or is rolled out to.
  case app(String)
  case rollout(String)
  case stage(String, rollout: String)

  /// As the audit log has it.
  var text: String {
    switch self {
    case .cluster(let name), .environment(let name), .app(let name), .rollout(let name): name
    case .stage(let stage, let rollout): "\(rollout)/\(stage)"
    }
  }

  /// As a refusal names it.
  fileprivate var description: String {
    switch self {
    case .cluster(let name): "cluster \(name)"
    case .environment(let name): "environment \(name)"
    case .app(let name): "app \(name)"
    case .rollout(let id): "rollout \(id)"
    case .stage(let stage, let rollout): "stage \(stage) of rollout \(rollout)"
    }
  }
}

/// Who may do what: an operator's role and environments, as the store has them now and not as a certificate once said.
public struct OperatorAccess: Sendable {
  let store: any HubStore
  let scopes: OperatorScopes
  let refusals: RefusalRecorder
  let now: @Sendable () -> Timestamp

  /// The operator as an actor, if they may do what the rule is of; a refusal is in the audit log.
  ///
  /// - Parameter subject: what is acted on; wanted for a rule whose reach is `subject`.
  public func require(
    _ rule: OperatorRule, of name: String, on subject: OperatorSubject? = nil, for action: String
  ) async throws(FleetError) -> Actor {
    let actor = Actor(operator: name)
    do {
      try await check(rule, name, subject, action)
    } catch {
      if error.code == .operatorRefused { try await refuse(actor, action, error.message, on: subject) }
      throw error
    }
    return actor
  }

  private func check(
    _ rule: OperatorRule, _ name: String, _ subject: OperatorSubject?, _ action: String
  ) async throws(FleetError) {
    guard let record = try await store.operatorRecord(named: name) else {
      throw FleetError(
        .operatorRefused, "operator \(name) is not known to this hub",
        nextStep: "ask an admin to add you: flotilla operator add")
    }
    guard record.role >= rule.role else {
      throw FleetError(
        .operatorRefused, "\(action) needs the role \(rule.role.rawValue); \(name) is \(record.role.rawValue)",
        nextStep: "ask an admin")
    }
    guard !record.environments.isEmpty else { return }
    switch rule.reach {
    case .nothing: return
    case .fleet:
      throw FleetError(
        .operatorRefused, "\(action) needs all environments; \(name) is bound to \(record.scope)",
        nextStep: "ask somebody who is bound to none")
    case .subject: try await check(record, subject, action)
    }
  }

  /// What is in no environment, because it is not there or because it is empty, needs all of them.
  private func check(
    _ record: OperatorRecord, _ subject: OperatorSubject?, _ action: String
  ) async throws(FleetError) {
    var concerned: Set<String> = []
    if let subject { concerned = try await scopes.environments(of: subject) }
    let missing = concerned.subtracting(record.environments).sorted()
    guard concerned.isEmpty || !missing.isEmpty else { return }
    let needed = missing.isEmpty ? "all environments" : missing.joined(separator: ", ")
    let what = subject.map { " on \($0.description)" } ?? ""
    throw FleetError(
      .operatorRefused, "\(action)\(what) needs \(needed); \(record.name) is bound to \(record.scope)",
      nextStep: "ask somebody who may act there: flotilla operator list")
  }

  /// Puts into the audit log that somebody called what is not for them.
  public func refuse(
    _ actor: Actor, _ action: String, _ reason: String, on subject: OperatorSubject? = nil
  ) async throws(FleetError) {
    let entry = AuditRecord.Content(
      time: now(), actor: actor.name, action: action, subject: subject?.text ?? "", outcome: "refused",
      reason: reason)
    try await refusals.record(entry)
  }
}

extension OperatorRecord {
  /// The environments, for people.
  var scope: String { environments.isEmpty ? "all environments" : environments.joined(separator: ", ") }
}

extension OperatorRole: Comparable {
  public static func < (left: OperatorRole, right: OperatorRole) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .deployer: 1
    case .admin: 2
    }
  }
}

extension FleetError.Code {
  /// An operator who is not known, or whose role or environments do not allow the act.
  public static let operatorRefused = FleetError.Code("operator-refused")
}
