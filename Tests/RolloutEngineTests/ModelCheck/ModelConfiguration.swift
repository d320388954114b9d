import Digests
import FleetModel
import Manifests
import RolloutEngine

/// A small case whose every course is followed: one app on `d1` in dev, `p1` and `p2` in prod, a first commit that works,
/// and a second that fails on `p1`.
struct ModelConfiguration: CustomStringConvertible, Sendable {
  /// How often something that is nobody's duty may happen in one course.
  struct Allowance: Hashable, Sendable {
    var commits = 1
    var disconnections = 0
    var restarts = 0
    var retries = 0
    var rollbacks = 0
    var windows = 0
    var suspensions = 0
    var pauses = 0
  }

  var name: String
  var plan: AppPlan
  /// Whether the first commit runs everywhere, and is verified, before the courses part.
  var isSettled = true
  var allowance: Allowance

  var description: String { name }

  static let all: [ModelConfiguration] = [
    ModelConfiguration(
      name: "halt, with an approval before prod", plan: plan(.halt, prod: { $0.approvalBefore = true }),
      isSettled: false, allowance: Allowance(disconnections: 1, retries: 1)),
    ModelConfiguration(
      name: "rollback-all, with a soak", plan: plan(.rollbackAll, prod: { $0.soak = .seconds(10) }),
      allowance: Allowance(disconnections: 1, rollbacks: 1)),
    ModelConfiguration(
      name: "rollback-stage, with checks, a suspension and a pause",
      plan: plan(.rollbackStage, prod: { $0.analysis = [check] }), allowance: Allowance(suspensions: 1, pauses: 1)),
    ModelConfiguration(
      name: "a freeze of prod, queued releases, and a hub that starts anew",
      plan: plan(.halt, queue: true, freezes: [freeze], prod: { _ in }),
      allowance: Allowance(restarts: 1, windows: 2)),
  ]

  private static let check = Analysis(name: "errors", probe: .http(url: "http://127.0.0.1/errors"))
  static let freeze = Freeze(
    environments: ["prod"], schedule: "0 18 * * FRI", duration: .seconds(3600), timeZone: "UTC", reason: "weekend")

  private static func plan(
    _ onFailure: Pipeline.OnFailure, queue: Bool = false, freezes: [Freeze] = [], prod change: (inout Stage) -> Void
  ) -> AppPlan {
    var stages = ["dev", "prod"].map { name in
      Stage(
        name: name, members: .environment(name), waves: [.count(1), .percent(100)], pullDeadline: .seconds(60),
        progressDeadline: .seconds(120), soak: .zero)
    }
    change(&stages[1])
    return AppPlan(
      pipeline: Pipeline(
        name: "default", stages: stages, onFailure: onFailure, onNewRelease: queue ? .queue : .supersede),
      freezes: freezes)
  }
}

/// Something that can happen next.
enum ModelMove: Hashable, CustomStringConvertible {
  /// An agent takes what is assigned to it, or says what came of it.
  case agent(ClusterUID)
  case disconnect(ClusterUID)
  case connect(ClusterUID)
  /// Time passes until the engine has to be woken.
  case time
  case commit
  case restart
  case approve
  case retry
  case rollBack
  case windows(isFrozen: Bool)
  case analysis(AnalysisResult.Outcome)
  case suspend(ClusterUID)
  case unsuspend(ClusterUID)
  case pause
  case resume

  var description: String {
    switch self {
    case .agent(let cluster): "agent \(cluster)"
    case .disconnect(let cluster): "disconnect \(cluster)"
    case .connect(let cluster): "connect \(cluster)"
    case .time: "time passes"
    case .commit: "commit"
    case .restart: "hub restarts"
    case .approve: "approve"
    case .retry: "retry"
    case .rollBack: "roll back"
    case .windows(let isFrozen): isFrozen ? "freeze" : "thaw"
    case .analysis(let outcome): "checks: \(outcome.rawValue)"
    case .suspend(let cluster): "suspend \(cluster)"
    case .unsuspend(let cluster): "unsuspend \(cluster)"
    case .pause: "pause"
    case .resume: "resume"
    }
  }

  /// Whether somebody will do it sooner or later, or it is how things go.
  var isDuty: Bool {
    switch self {
    case .agent, .connect, .time, .approve, .unsuspend, .resume, .windows(isFrozen: false), .analysis(.passed): true
    default: false
    }
  }
}
