import AgentCore
import FleetModel
public import Manifests

/// Asks whoever runs a host what became of an app's files.
///
/// The question is `{"app":…,"app_digest":…,"objects":[…]}`, the answer `{"app_digest":…,"objects":[{"id":…,"health":…,
/// "reason":…}]}`, both JSON, objects by `ObjectID.description`.
public protocol HealthProbe: Sendable {
  /// The answer's bytes; throws when there is none within the probe's deadline.
  func ask(_ question: [UInt8]) async throws(FleetError) -> [UInt8]
}

/// Bounds on a probe.
public enum ProbeLimits {
  /// An answer of some hundred bytes an object, for more objects than a host runs.
  public static let answerBytes = 4 << 20
  /// Longer than any host needs to read its own state.
  public static let deadline: Duration = .seconds(5)
  /// A reason is read by a person, in a table.
  static let reasonCharacters = 500
}

/// What a probe's answer says of an app, under the rule that only evidence for the asked digest counts.
enum ProbeAnswer {
  static func question(about app: DesiredApp) -> [UInt8] {
    JSON.canonical([
      "app": .string(app.name), "app_digest": .string(app.digest.description),
      "objects": .array(app.manifests.manifests.map { .string($0.id.description) }),
    ])
  }

  static func observation(of app: DesiredApp, from answer: [UInt8]) throws(FleetError) -> AppObservation {
    let value = try JSON.parse(answer, file: "the probe's answer")
    guard let digest = value["app_digest"]?.string, let listed = value["objects"]?.array else {
      throw FleetError(.probe, "the probe's answer has no app_digest or no objects", at: .init(app: app.name))
    }
    guard digest == app.digest.description else {
      return AppObservation(
        objects: [],
        overall: .init(health: .progressing, isBlocking: true, reason: "the host has not acted on this version yet"))
    }
    var verdicts: [String: (Health, String)] = [:]
    for object in listed {
      guard let id = object["id"]?.string, let name = object["health"]?.string, let health = Health(rawValue: name)
      else {
        throw FleetError(.probe, "the probe's answer has an object without id or health", at: .init(app: app.name))
      }
      verdicts[id] = (health, object["reason"]?.string ?? "")
    }
    return AppObservation(
      objects: app.manifests.manifests.map { manifest in
        let (health, reason) = verdicts[manifest.id.description] ?? (.unknown, "the probe says nothing of it")
        return .init(
          id: manifest.id, health: health, isBlocking: blocks(health, manifest),
          reason: String(reason.prefix(ProbeLimits.reasonCharacters)))
      })
  }

  /// Suspended holds nothing back when the manifest itself asks for it.
  private static func blocks(_ health: Health, _ manifest: Manifest) -> Bool {
    if health == .healthy { return false }
    let spec = manifest.object["spec"]
    let asked = spec?["paused"]?.bool == true || spec?["suspend"]?.bool == true
    return !(health == .suspended && asked)
  }
}
