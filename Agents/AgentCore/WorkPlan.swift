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

  /// Whether nothing is being worked on, and nothing waits.
  var isDone: Bool { isIdle && toApply.isEmpty && toObserve.isEmpty && !wantsDeletion }

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
    let free = Self.observationsAtOnce - observing.count
    for app in Self.first(free, of: toObserve.lazy.filter { [observing] in !observing.contains($0) }) {
      observing.insert(app)
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
    let free = Self.appliesAtOnce - applying.count
    guard free > 0, !toApply.isEmpty else { return [] }
    var begun = Self.first(free, of: urgent.lazy.filter { [applying] in !applying.contains($0) })
    if begun.count < free {
      let current = pass.values.min()
      let later = toApply.lazy.filter { [applying, urgent, pass] in
        !applying.contains($0) && !urgent.contains($0) && (pass[$0] == nil || pass[$0] == current)
      }
      begun += Self.first(free - begun.count, of: later)
    }
    applying.formUnion(begun)
    toApply.subtract(begun)
    urgent.subtract(begun)
    return begun
  }

  /// The first so many by name. Asked whenever one of a thousand apps is finished, so it does not sort them all.
  private static func first(_ count: Int, of names: some Sequence<String>) -> [String] {
    guard count > 0 else { return [] }
    var first: [String] = []
    for name in names {
      if first.count == count, let last = first.last, last < name { continue }
      first.insert(name, at: first.firstIndex { name < $0 } ?? first.endIndex)
      if first.count > count { first.removeLast() }
    }
    return first
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
