import AgentCore
import FleetModel
import Manifests
import Synchronization

/// A target in memory, whose objects a test can edit and whose operations it can make fail.
actor MemoryTarget: ApplyTarget {
  enum Call: Hashable {
    case apply(String, ApplyMode)
    case delete([String])
    case disown([String])
    case observe(String)
    case keep(Set<String>)
  }

  nonisolated let kind = "memory"

  /// What was asked of it, in order.
  private(set) var calls: [Call] = []
  /// What lies in it, as its manifest set has it; an edited object has another content.
  private(set) var objects: [ObjectID: Value] = [:]
  private(set) var ownership: [OwnedObject] = []
  private var faults: [ObjectID: FleetError] = [:]
  private var lasting: Set<ObjectID> = []
  private var inventoryFault: FleetError?
  private var health: [String: Health] = [:]
  private let listener = Mutex<(@Sendable (TargetChange) -> Void)?>(nil)

  // MARK: What a test does to it

  func edit(_ name: String) { objects[Fixtures.id(name)] = "edited" }
  func remove(_ name: String) { objects[Fixtures.id(name)] = nil }
  func own(_ app: String, _ names: [String]) {
    ownership += Fixtures.owned(app, names)
    for name in names { objects[Fixtures.id(name)] = "there" }
  }

  /// Makes everything about this object fail, in a way that is worth trying again or not.
  func fail(_ name: String, isTransient: Bool) {
    faults[Fixtures.id(name)] = FleetError(.fileSystem, "the disk is full", at: .init(object: name))
    if !isTransient { lasting.insert(Fixtures.id(name)) }
  }

  func mend() {
    faults = [:]
    lasting = []
    inventoryFault = nil
  }

  func failInventory() { inventoryFault = FleetError(.agentState, "the inventory is damaged") }
  func set(_ app: String, _ health: Health) { self.health[app] = health }
  func forgetCalls() { calls = [] }

  /// Says that something happened to it.
  nonisolated func tell(_ change: TargetChange) { listener.withLock { $0 }?(change) }

  var names: Set<String> { Set(objects.keys.map(\.name)) }
  func isAsDesired(_ name: String) -> Bool { objects[Fixtures.id(name)].map { $0 != "edited" } ?? false }
  func count(_ call: Call) -> Int { calls.count { $0 == call } }

  // MARK: ApplyTarget

  func serverVersion() async -> String { "1" }

  nonisolated func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError) {
    listener.withLock { $0 = changed }
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(1000)) }
  }

  func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome] {
    calls.append(.apply(app.name, mode))
    return app.manifests.manifests.map { manifest in
      ObjectOutcome(id: manifest.id, result: put(manifest, of: app.name, mode))
    }
  }

  private func put(_ manifest: Manifest, of app: String, _ mode: ApplyMode) -> ObjectOutcome.Result {
    if let fault = fault(manifest.id) { return fault }
    let content = Value.object(manifest.object)
    let before = objects[manifest.id]
    if mode == .compare { return before == content ? .unchanged : .differs }
    objects[manifest.id] = content
    let owner = OwnedObject(app: app, id: manifest.id)
    if !ownership.contains(owner) {
      ownership.removeAll { $0.id == manifest.id }
      ownership.append(owner)
    }
    return before == content ? .unchanged : before == nil ? .created : .changed
  }

  private func fault(_ id: ObjectID) -> ObjectOutcome.Result? {
    faults[id].map { .failed($0, isTransient: !lasting.contains(id)) }
  }

  func owned() async throws(FleetError) -> [OwnedObject] {
    if let inventoryFault { throw inventoryFault }
    return ownership
  }

  func delete(_ leaving: [OwnedObject]) async -> [ObjectOutcome] {
    calls.append(.delete(leaving.map(\.id.name)))
    return leaving.map { object in
      if let fault = fault(object.id) { return ObjectOutcome(id: object.id, result: fault) }
      objects[object.id] = nil
      ownership.removeAll { $0 == object }
      return ObjectOutcome(id: object.id, result: .deleted)
    }
  }

  func disown(_ leaving: [OwnedObject]) async -> [ObjectOutcome] {
    calls.append(.disown(leaving.map(\.id.name)))
    return leaving.map { object in
      if let fault = fault(object.id) { return ObjectOutcome(id: object.id, result: fault) }
      ownership.removeAll { $0 == object }
      return ObjectOutcome(id: object.id, result: .unchanged)
    }
  }

  func observe(_ app: DesiredApp) async -> AppObservation {
    calls.append(.observe(app.name))
    let health = health[app.name] ?? .healthy
    return AppObservation(
      objects: app.manifests.manifests.map {
        .init(id: $0.id, health: health, isBlocking: health != .healthy, reason: "")
      })
  }

  func keep(_ apps: Set<String>) async { calls.append(.keep(apps)) }
}
