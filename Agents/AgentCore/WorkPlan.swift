/// Which apps wait to be applied or observed, which are being worked on, and what may begin next. Pure.
///
/// A whole pass goes through the apps by their order: those of one order at once, the next order when all of them are
/// done. An app that was applied before and has drifted waits for nobody. No app is applied twice at once.
struct WorkPlan {
  /// Apps applied at once. Targets bound what they do at once for all of them together; more only wait there, and one
  /// app that is stuck takes an eighth.
  static let appliesAtOnce = 8
  /// Apps observed at once: it costs a target no more than looking up what it knows, or one question to a probe.
  static let observationsAtOnce = 8

  enum Job: Equatable {
    case apply(String)
    case observe(String)
    /// Delete what left: one at a time, and only when every app was applied.
    case delete

    var description: String {
      switch self {
      case .apply(let app): "the apply of \(app)"
      case .observe(let app): "the look at \(app)"
      case .delete: "the deletion of what left"
      }
    }
  }

  /// The order of every app that the pass under way has not finished.
  private var pass: [String: Int] = [:]
  private var toApply: Set<String> = []
  /// Of those to be applied the ones that do not wait for the pass to come to them.
  private var urgent: Set<String> = []
  private var toObserve: Set<String> = []
  private var wantsDeletion = false
  private var applying: Set<String> = []
  private var observing: Set<String> = []
  private var isDeleting = false

  /// Whether nothing is being worked on.
  var isIdle: Bool { applying.isEmpty && observing.isEmpty && !isDeleting }

  /// Has all apps applied in their order, and what left deleted after them; what waited before is part of it.
  mutating func beginPass(_ orders: [String: Int]) {
    pass = orders
    toApply = Set(orders.keys)
    urgent = []
    toObserve = []
    wantsDeletion = true
  }

  /// - Parameter isUrgent: whether it does not wait for apps that come before it.
  mutating func apply(_ app: String, isUrgent: Bool) {
    toApply.insert(app)
    if isUrgent { urgent.insert(app) }
  }

  mutating func observe(_ app: String) { toObserve.insert(app) }

  mutating func delete() { wantsDeletion = true }

  /// Takes what can begin now, which then is under way until it is finished.
  mutating func next() -> [Job] {
    var jobs = nextToApply().map(Job.apply)
    for app in toObserve.sorted() where observing.count < Self.observationsAtOnce {
      guard observing.insert(app).inserted else { continue }
      toObserve.remove(app)
      jobs.append(.observe(app))
    }
    if wantsDeletion, pass.isEmpty, !isDeleting {
      wantsDeletion = false
      isDeleting = true
      jobs.append(.delete)
    }
    return jobs
  }

  /// What drifted first, then what the pass has come to, by name.
  private mutating func nextToApply() -> [String] {
    guard applying.count < Self.appliesAtOnce else { return [] }
    let current = pass.values.min()
    let later = toApply.filter { !urgent.contains($0) && (pass[$0] == nil || pass[$0] == current) }
    var begun: [String] = []
    for app in urgent.sorted() + later.sorted() where applying.count < Self.appliesAtOnce {
      guard applying.insert(app).inserted else { continue }
      toApply.remove(app)
      urgent.remove(app)
      begun.append(app)
    }
    return begun
  }

  mutating func finished(_ job: Job) {
    switch job {
    case .apply(let app):
      applying.remove(app)
      // What came in meanwhile is done again, but the pass has been here.
      pass[app] = nil
      toObserve.insert(app)
      wantsDeletion = true
    case .observe(let app): observing.remove(app)
    case .delete: isDeleting = false
    }
  }
}
