/// What came in since the last pass.
struct PendingWork {
  var desired: DesiredState?
  var everything = false
  var drifted: Set<String> = []
  var healthChanged: Set<String> = []

  mutating func add(_ change: TargetChange) {
    switch change {
    case .drifted(let app): drifted.insert(app)
    case .healthChanged(let app): healthChanged.insert(app)
    case .everything: everything = true
    }
  }

  mutating func take() -> PendingWork {
    defer { self = PendingWork() }
    return self
  }
}
