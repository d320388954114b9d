public import FleetModel
public import Manifests
import Synchronization

/// What is wrong with clusters as wholes, though each of their apps renders: two apps that claim one object, and objects
/// in namespaces that nobody makes.
///
/// Clusters on which every app has the same objects are checked once, and once for as long as nothing of them changes.
public final class ClusterChecks: Sendable {
  /// The same mistake on one or more clusters.
  public struct Finding: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// An app that comes later in the list claims what this one has already.
      case claimedTwice(by: String)
      /// In a namespace that nothing says the cluster has.
      case undeclaredNamespace
    }

    public var kind: Kind
    public var app: String
    public var object: ObjectID
    /// In the order of the list of clusters; one at least.
    public var clusters: [String]

    public init(kind: Kind, app: String, object: ObjectID, clusters: [String]) {
      self.kind = kind
      self.app = app
      self.object = object
      self.clusters = clusters
    }

    /// The apps concerned.
    public var apps: [String] {
      switch kind {
      case .claimedTwice(let other): [app, other]
      case .undeclaredNamespace: [app]
      }
    }

    /// Whether a fleet with these namespaces lets it pass.
    public func isWarning(under namespaces: FleetDeclaration.Namespaces) -> Bool {
      kind == .undeclaredNamespace && namespaces.undeclared == .warn
    }
  }

  /// An app on a cluster, as far as the checks go. Equal where it is the same outline, not merely an equal one.
  private struct Part: Hashable {
    var app: Int
    /// nil where it does not render.
    var outline: ObjectOutline?

    static func == (left: Part, right: Part) -> Bool { left.app == right.app && left.outline === right.outline }

    func hash(into hasher: inout Hasher) {
      hasher.combine(app)
      if let outline { hasher.combine(ObjectIdentifier(outline)) }
    }
  }

  /// A mistake, wherever it is made.
  private struct Mistake: Hashable {
    var kind: Finding.Kind
    var app: Int
    var object: ObjectID
  }

  private struct State {
    var apps: [String] = []
    var namespaces = FleetDeclaration.Namespaces()
    var known: [[Part]: [Mistake]] = [:]
  }

  /// Those that Kubernetes makes on every cluster.
  private static let standing: Set<String> = ["default", "kube-node-lease", "kube-public", "kube-system"]

  private let outlines: ObjectOutlines
  private let state = Mutex(State())

  /// - Parameter outlines: where the outlines come from, which forgets those that no cluster has any longer.
  public init(_ outlines: ObjectOutlines) { self.outlines = outlines }

  /// Checks all clusters of a fleet; what was found at the commit before is not looked for again.
  ///
  /// Nothing is said of namespaces on a cluster for which an app does not render: it may be the one that has them.
  /// - Parameters:
  ///   - apps: all apps of the fleet, rendered for the same list of clusters.
  ///   - outline: of a summary, as `outlines` gave it.
  public func findings<Summary>(
    in apps: [AppRenders<Summary>], namespaces: FleetDeclaration.Namespaces, outline: (Summary) -> ObjectOutline
  ) -> [Finding] {
    guard let clusters = apps.first?.clusters.clusters else { return [] }
    var parts = [[Part]](repeating: [], count: clusters.count)
    var used: Set<ObjectOutline> = []
    for (index, app) in apps.enumerated() {
      let summaries = app.summaries.map(outline)
      used.formUnion(summaries)
      for place in app.places {
        parts[place.cluster].append(Part(app: index, outline: place.summary.map { summaries[$0] }))
      }
    }
    outlines.keep(only: used)
    let mistakes = mistakes(parts, apps.map(\.app.name), namespaces)
    var findings: [Finding] = []
    var indices: [Mistake: Int] = [:]
    for (cluster, mistakes) in zip(clusters, mistakes) {
      for mistake in mistakes {
        if let index = indices[mistake] {
          findings[index].clusters.append(cluster.name)
        } else {
          indices[mistake] = findings.count
          findings.append(
            Finding(
              kind: mistake.kind, app: apps[mistake.app].app.name, object: mistake.object, clusters: [cluster.name]))
        }
      }
    }
    return findings
  }

  /// Of each cluster.
  private func mistakes(
    _ clusters: [[Part]], _ apps: [String], _ namespaces: FleetDeclaration.Namespaces
  ) -> [[Mistake]] {
    state.withLock { state in
      let earlier = state.apps == apps && state.namespaces == namespaces ? state.known : [:]
      var known: [[Part]: [Mistake]] = [:]
      let mistakes = clusters.map { parts in
        if let mistakes = known[parts] { return mistakes }
        let mistakes = earlier[parts] ?? ClusterChecks.mistakes(of: parts, apps, namespaces)
        known[parts] = mistakes
        return mistakes
      }
      state = State(apps: apps, namespaces: namespaces, known: known)
      return mistakes
    }
  }

  private static func mistakes(
    of parts: [Part], _ apps: [String], _ namespaces: FleetDeclaration.Namespaces
  ) -> [Mistake] {
    var owners: [ObjectID: (app: Int, object: ObjectID)] = [:]
    var mistakes: [Mistake] = []
    for part in parts {
      for object in part.outline?.objects ?? [] {
        let identity = ObjectOutline.identity(of: object)
        guard let owner = owners[identity] else {
          owners[identity] = (part.app, object)
          continue
        }
        mistakes.append(Mistake(kind: .claimedTwice(by: apps[part.app]), app: owner.app, object: owner.object))
      }
    }
    if namespaces.undeclared != .ignore, parts.allSatisfy({ $0.outline != nil }) {
      mistakes += undeclared(parts, namespaces.existing)
    }
    return mistakes
  }

  /// One mistake for each app and namespace: its first object there.
  private static func undeclared(_ parts: [Part], _ existing: Set<String>) -> [Mistake] {
    var there = existing.union(standing)
    for part in parts {
      for object in part.outline?.objects ?? [] where object.kind == "Namespace" && object.group.isEmpty {
        there.insert(object.name)
      }
    }
    var mistakes: [Mistake] = []
    for part in parts {
      var told: Set<String> = []
      for object in part.outline?.objects ?? [] {
        let namespace = ObjectOutline.identity(of: object).namespace
        guard !namespace.isEmpty, !there.contains(namespace), told.insert(namespace).inserted else { continue }
        mistakes.append(Mistake(kind: .undeclaredNamespace, app: part.app, object: object))
      }
    }
    return mistakes
  }
}
