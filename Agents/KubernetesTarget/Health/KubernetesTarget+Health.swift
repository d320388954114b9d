public import AgentCore
import Digests
import FleetModel
import Logging
import Manifests
import Synchronization

/// What is known of an app's health, from what watches told.
extension KubernetesTarget {
  public func observe(_ app: DesiredApp) async -> AppObservation {
    judge.learn(app)
    if let refusal = knownRefusal { return unknown(refusal.error.message) }
    let catalog: ResourceCatalog
    do throws(APIFailure) {
      catalog = try await discovery.catalog()
    } catch {
      return unknown("the API server does not say what it offers: \(error.error.message)")
    }
    let objects = expectations.of(app).map { ($0, $0.resource(in: catalog)) }
    await judgeAnew(objects, of: app.name)
    return AppObservation(
      objects: objects.map { object, resource in
        verdict(on: object, resource, of: app.name).observation(of: object.id)
      })
  }

  private func unknown(_ reason: String) -> AppObservation {
    AppObservation(objects: [], overall: .init(health: .unknown, isBlocking: true, reason: reason))
  }

  /// The verdict on one object for exactly what is desired of it; only what was seen counts.
  private func verdict(on object: Expectation, _ resource: APIResource?, of app: String) -> HealthVerdict {
    guard let resource else { return .missing("the API server has no kind \(object.id.kind)") }
    switch watches.sight(of: resource) {
    case .none(let why): return .unknown(why)
    case .lost(let since, let why) where now().since(since) > HealthLimits.blindTime: return .unknown(why)
    case .clear, .lost: break
    }
    let id = object.id.filed(under: resource)
    guard let entry = live[id] else { return .missing }
    guard entry.app == app else { return .progressing("belongs to another app") }
    guard entry.applied == object.digest else { return .progressing("is not yet as it is desired now") }
    guard entry.health.rule == judge.rule(for: id, of: app) else {
      return .progressing("its app's health rule has changed, and it was not judged by it yet")
    }
    let verdict = entry.explained
    if verdict.health == .suspended && object.asksForSuspension { return verdict.neverBlocking }
    // What holds no gate may stay as it is for ever, and says itself what it waits for.
    if verdict.isBlocking {
      inquiries.ask(about: Inquiries.Subject(id: id, resource: resource, verdict: verdict))
    }
    return verdict
  }

  /// Reads objects whose verdicts rest on a rule that their app no longer has.
  private func judgeAnew(_ objects: [(Expectation, APIResource?)], of app: String) async {
    await withDiscardingTaskGroup { group in
      for case (let object, let resource?) in objects {
        let id = object.id.filed(under: resource)
        guard let entry = live[id], entry.app == app, entry.health.rule != judge.rule(for: id, of: app) else {
          continue
        }
        group.addTask {
          guard let found = try? await self.client.get(resource, id) else { return }
          _ = self.live.take(id, found, trouble: nil)
        }
      }
    }
  }

  /// Looks at an object and beneath it; what is known of it now, nil when it holds no gate any longer or is gone.
  func lookCloser(
    at subject: Inquiries.Subject, _ changed: @Sendable (TargetChange) -> Void
  ) async -> HealthVerdict? {
    guard let before = live[subject.id], before.health.verdict.isBlocking else { return nil }
    do throws(APIFailure) {
      let findings = try await CloserLook(client: client).at(subject.id, subject.resource)
      for (name, found) in findings.related.classes { judge.learn(storageClass: found, named: name) }
      let trouble = judge.trouble(beneath: findings.object, findings.related)
      if let app = live.take(subject.id, findings.object, trouble: trouble) { changed(.healthChanged(app: app)) }
    } catch {
      client.logger.debug(
        "an unwell object cannot be looked at", metadata: ["object": "\(subject.id)", "error": "\(error)"])
    }
    return live[subject.id].map(\.explained).flatMap { $0.isBlocking ? $0 : nil }
  }

  public func keep(_ apps: Set<String>) async {
    judge.keep(apps)
    expectations.keep(apps)
    watches.keep(apps)
  }
}

/// What an object must be for a verdict on it to count.
struct Expectation: Sendable {
  var id: ObjectID
  var version: String
  /// Of what is applied; the live object's annotation names it.
  var digest: Digest
  /// Whether the manifest itself says that it is suspended or paused.
  var asksForSuspension: Bool

  init(_ manifest: Manifest, app: String) {
    let payload = ApplyPayload(manifest, app: app)
    let spec = manifest.object["spec"]
    id = payload.id
    digest = payload.digest
    version = String(manifest.object["apiVersion"]?.string?.split(separator: "/").last ?? "")
    asksForSuspension = ["paused", "suspend"].contains { spec?[$0]?.bool == true }
  }

  func resource(in catalog: ResourceCatalog) -> APIResource? {
    catalog.resource(group: id.group, version: version, kind: id.kind)
  }
}

/// The expectations of every app, worked out once for each digest.
final class Expectations: Sendable {
  private let apps = Mutex<[String: (digest: AppDigest, objects: [Expectation])]>([:])

  func of(_ app: DesiredApp) -> [Expectation] {
    if let known = apps.withLock({ $0[app.name] }), known.digest == app.digest { return known.objects }
    let objects = app.manifests.manifests.map { Expectation($0, app: app.name) }
    apps.withLock { $0[app.name] = (app.digest, objects) }
    return objects
  }

  func keep(_ names: Set<String>) { apps.withLock { $0 = $0.filter { names.contains($0.key) } } }
}
