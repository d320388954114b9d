internal import FleetModel
internal import Manifests

/// What rollouts stand on: who the members are and whether they can be heard, what is assigned to them, and what was
/// observed of them.
struct Ground {
  enum Link: String, Hashable, CaseIterable {
    case online
    case offline
    /// The hub started and has not heard from the cluster since.
    case unheard
  }

  struct Member: Hashable {
    var facts: FleetMember
    var link: Link
  }

  var members: [ClusterUID: Member] = [:]
  private(set) var apps: [String: AppGround] = [:]
  /// The apps in the order of their names.
  private(set) var appNames: [String] = []
  var silence = Silence()
  /// What was told of the windows of freezes.
  var windows: [Freeze: FreezeWindow] = [:]
  var suspensions: [SuspensionScope: Suspension] = [:]
  /// Which apps wait for an app, by the app they wait for.
  private var dependents: [String: Set<String>] = [:]
}

/// What is assigned and observed of one app.
struct AppGround: Hashable {
  var assigned: [ClusterUID: Assignment] = [:]
  /// The last observation of each cluster; none once it is stale.
  var observed: [ClusterUID: AppObservation] = [:]
  /// By the plan in force.
  var gate = AppDeclaration.Gate.healthy
  var dependsOn: [String] = []
  /// Follows from the app's name.
  let absences: Set<AppDigest>

  init(app: String) { absences = Set(Absence.allCases.map { AppContent.absent(app: app, $0).digest }) }
}

extension AppGround {
  /// What the plan in force says of the app.
  struct Terms: Hashable {
    var gate: AppDeclaration.Gate
    var dependsOn: [String]
  }
}

extension Ground {
  func terms(of app: String) -> AppGround.Terms? {
    apps[app].map { AppGround.Terms(gate: $0.gate, dependsOn: $0.dependsOn) }
  }

  func isOnline(_ cluster: ClusterUID) -> Bool { members[cluster]?.link == .online }

  /// Whether a member may be offered something: it can be heard, and nobody suspended it.
  func isReachable(_ cluster: ClusterUID) -> Bool { isOnline(cluster) && suspension(of: cluster) == nil }

  /// What people call the cluster.
  func name(of cluster: ClusterUID) -> String { members[cluster]?.facts.name ?? cluster.rawValue }

  func name(of scope: SuspensionScope) -> String {
    if case .cluster(let cluster) = scope { "cluster \(name(of: cluster))" } else { "\(scope)" }
  }

  func assignment(of app: String, on cluster: ClusterUID) -> Assignment? { apps[app]?.assigned[cluster] }

  /// What was observed last; nil once that is stale.
  func observation(of app: String, on cluster: ClusterUID) -> AppObservation? { apps[app]?.observed[cluster] }

  func knows(_ app: String) -> Bool { apps[app] != nil }

  /// Makes a place for an app that is new.
  mutating func add(_ ground: AppGround, of app: String) {
    apps[app] = ground
    appNames.insert(app, at: appNames.firstIndex { app.precedesInBytes($0) } ?? appNames.endIndex)
  }
}

// MARK: Assignments

extension Ground {
  mutating func assign(_ assignment: Assignment, _ step: inout Step) {
    apps[assignment.app]?.assigned[assignment.cluster] = assignment
    step.act(.assign(assignment))
  }

  mutating func withdraw(_ app: String, from cluster: ClusterUID, _ step: inout Step) {
    apps[app]?.assigned[cluster] = nil
    step.act(.withdraw(cluster: cluster, app: app))
  }
}

// MARK: Evidence

extension Ground {
  func verdict(
    of app: String, on cluster: ClusterUID, digest: AppDigest, gate: AppDeclaration.Gate
  ) -> Verdict {
    guard let ground = apps[app] else { return .none }
    return Verdict(
      ground.observed[cluster], of: digest, isAbsence: ground.absences.contains(digest), gate: gate)
  }

  /// Keeps an observation; answers whether it says something new.
  /// - Parameter wordForWord: whether another wording is something new.
  mutating func observe(_ observation: AppObservation, on cluster: ClusterUID, wordForWord: Bool) -> Bool {
    guard apps[observation.app] != nil else { return false }
    if let old = apps[observation.app]?.observed[cluster] {
      if old == observation || (!wordForWord && old.means(observation)) { return false }
    }
    apps[observation.app]?.observed[cluster] = observation
    return true
  }

  mutating func forgetEvidence(of cluster: ClusterUID) {
    for app in apps.keys { apps[app]?.observed[cluster] = nil }
  }

  /// What air-gapped clusters said stays: nobody expects to hear of them all the time.
  mutating func forgetAllEvidence() {
    let outside = Set(members.keys.filter(isOutside))
    for (app, ground) in apps {
      apps[app]?.observed = outside.isEmpty ? [:] : ground.observed.filter { outside.contains($0.key) }
    }
  }
}

// MARK: Dependencies

extension Ground {
  /// Takes over what a plan says about gate and dependencies.
  mutating func setPlan(_ gate: AppDeclaration.Gate, _ dependsOn: [String], of app: String) {
    if !knows(app) { add(AppGround(app: app), of: app) }
    let old = apps[app]?.dependsOn ?? []
    apps[app]?.gate = gate
    apps[app]?.dependsOn = dependsOn
    for name in old { dependents[name]?.remove(app) }
    for name in dependsOn { dependents[name, default: []].insert(app) }
  }

  /// The apps that wait for this one, in the order of their names.
  func dependents(of app: String) -> [String] {
    guard let names = dependents[app], !names.isEmpty else { return [] }
    return names.sorted { $0.precedesInBytes($1) }
  }

  /// Why the app cannot be applied to the cluster for the first time; nil when nothing holds it back.
  func missingDependency(of app: String, on cluster: ClusterUID) -> String? {
    guard let own = apps[app], own.assigned[cluster] == nil else { return nil }
    for name in own.dependsOn {
      guard let other = apps[name], let assignment = other.assigned[cluster] else {
        return "waits for \(name), which is not assigned there yet"
      }
      guard verdict(of: name, on: cluster, digest: assignment.digest, gate: other.gate) == .passes else {
        return "waits for \(name) to meet its gate there"
      }
    }
    return nil
  }

  /// Apps that would wait for each other if this app waited for those: the circle, or nil.
  func dependencyCircle(of app: String, dependingOn names: [String]) -> [String]? {
    var path = [app]
    var seen: Set<String> = []
    func reaches(_ name: String) -> Bool {
      if name.hasSameBytes(as: app) { return true }
      guard seen.insert(name).inserted else { return false }
      path.append(name)
      if (apps[name]?.dependsOn ?? []).contains(where: reaches) { return true }
      path.removeLast()
      return false
    }
    return names.contains(where: reaches) ? path + [app] : nil
  }
}
