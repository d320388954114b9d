import AgentCore
import FleetModel
import Manifests
import Synchronization

/// Judges live objects when they are told of, by the rules of the app they belong to.
///
/// From the object alone: what is beneath it explains a verdict, and is looked up later. Only the binding modes of
/// storage classes are remembered, for without them a claim that rightly waits would hold a gate.
final class HealthJudge: Sendable {
  struct Judgement: Hashable, Sendable {
    var verdict: HealthVerdict
    /// By which rule; see `rule(for:of:)`.
    var rule: Int
  }

  fileprivate struct Rules {
    var given: [AppPolicy.HealthRule]
    var assessment = HealthAssessment()
    /// Why a rule cannot be used, by kind.
    var unusable: [HealthAssessment.Kind: String] = [:]
    var numbers: [HealthAssessment.Kind: Int] = [:]
  }

  fileprivate struct State {
    var apps: [String: Rules] = [:]
    var numbers: [AppPolicy.HealthRule: Int] = [:]
    var classes: [String: Value] = [:]
  }

  private let now: @Sendable () -> Timestamp
  private let state = Mutex(State())

  init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

  /// Takes over the rules of an app; what is judged from now on is judged by them.
  func learn(_ app: DesiredApp) {
    state.withLock { state in
      guard state.apps[app.name]?.given ?? [] != app.policy.health else { return }
      var rules = Rules(given: app.policy.health)
      for rule in app.policy.health {
        let kind = HealthAssessment.Kind(group: rule.group, kind: rule.kind)
        rules.numbers[kind] = state.number(of: rule)
        do throws(FleetError) {
          rules.assessment.ownRules.append(try HealthExpressions(rule))
        } catch {
          rules.unusable[kind] = "its app's rule cannot be used: \(error.message)"
        }
      }
      state.apps[app.name] = rules
    }
  }

  func keep(_ apps: Set<String>) { state.withLock { $0.apps = $0.apps.filter { apps.contains($0.key) } } }

  /// Names the rule that an app's objects of a kind are judged by: 0 for a built-in one. Another rule, another number.
  func rule(for id: ObjectID, of app: String) -> Int {
    state.withLock { $0.apps[app]?.numbers[.init(group: id.group, kind: id.kind)] ?? 0 }
  }

  func judge(_ live: Value, of app: String) -> Judgement {
    let object = LiveObject(value: live)
    let kind = HealthAssessment.Kind(group: object.id.group, kind: object.id.kind)
    let (rules, classes) = state.withLock { ($0.apps[app], $0.classes) }
    let number = rules?.numbers[kind] ?? 0
    if let reason = rules?.unusable[kind] { return Judgement(verdict: .unknown(reason), rule: number) }
    let assessment = rules?.assessment ?? HealthAssessment()
    let context = HealthAssessment.Context(desired: nil, related: Relations(classes: classes), now: now())
    return Judgement(verdict: assessment.state(of: object, in: context), rule: number)
  }

  /// What is wrong beneath an object, as far as it was found.
  func trouble(beneath live: Value, _ related: Relations) -> Trouble? {
    let context = HealthAssessment.Context(desired: nil, related: related, now: now())
    return Trouble.beneath(LiveObject(value: live), in: context)
  }

  func learn(storageClass: Value, named name: String) {
    state.withLock { state in
      if state.classes[name] == nil, state.classes.count >= HealthLimits.storageClasses { state.classes = [:] }
      state.classes[name] = ["volumeBindingMode": storageClass["volumeBindingMode"] ?? .null]
    }
  }
}

extension HealthJudge.State {
  fileprivate mutating func number(of rule: AppPolicy.HealthRule) -> Int {
    let next = numbers.count + 1
    let number = numbers[rule] ?? next
    numbers[rule] = number
    return number
  }
}

/// Related objects that were read beforehand.
struct Relations: RelatedObjects {
  var objects: [Value] = []
  /// Events by the uid of what they are about.
  var events: [String: [Value]] = [:]
  var classes: [String: Value] = [:]

  func children(of uid: String) -> [Value] {
    objects.filter { object in
      (object[path: "metadata", "ownerReferences"]?.array ?? []).contains { $0["uid"]?.string == uid }
    }
  }

  func warnings(about uid: String) -> [Value] { events[uid] ?? [] }

  func storageClass(named name: String) -> Value? { classes[name] }
}
