import FleetModel
import Manifests

@testable import KubernetesTarget

/// What a cluster holds beside the object in question, for tests of health.
struct Neighbours: RelatedObjects {
  var objects: [Value] = []
  var events: [Value] = []
  var classes: [String: Value] = [:]

  func children(of uid: String) -> [Value] {
    objects.filter { object in
      (object[path: "metadata", "ownerReferences"]?.array ?? []).contains { $0["uid"]?.string == uid }
    }
  }

  func warnings(about uid: String) -> [Value] {
    events.filter { $0[path: "involvedObject", "uid"]?.string == uid }
  }

  func storageClass(named name: String) -> Value? { classes[name] }
}

/// A noon on which nothing depends.
let noon = Timestamp(seconds: 1_767_268_800)

func json(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8), file: "object.json") }

/// The verdict on an object given as JSON.
func judged(
  _ text: String, manifest: String? = nil, beside neighbours: Neighbours = Neighbours(), at now: Timestamp = noon,
  rules: [AppPolicy.HealthRule] = []
) throws -> HealthVerdict {
  let assessment = HealthAssessment(ownRules: try rules.map { try HealthExpressions($0) })
  let desired = try manifest.map { try Manifest(try json($0)) }
  let context = HealthAssessment.Context(desired: desired, related: neighbours, now: now)
  return assessment.verdict(of: try json(text), in: context)
}

/// State, gate and words in one line: `Progressing! 1 of 3 available`; the mark stands for blocking.
func verdict(
  _ text: String, manifest: String? = nil, beside neighbours: Neighbours = Neighbours(), at now: Timestamp = noon,
  rules: [AppPolicy.HealthRule] = []
) throws -> String {
  let verdict = try judged(text, manifest: manifest, beside: neighbours, at: now, rules: rules)
  let state = "\(verdict.health.rawValue)\(verdict.isBlocking ? "!" : "")"
  return verdict.reason.isEmpty ? state : "\(state) \(verdict.reason)"
}
