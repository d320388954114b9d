internal import Digests
public import Manifests

/// What differs between two states of a fleet: the same change of an app on several clusters is told once.
public struct FleetDifference: Sendable {
  /// A cluster, as far as differences are told by it.
  public struct Place: Hashable, Sendable {
    public var cluster: String
    public var environment: String

    public init(cluster: String, environment: String) {
      self.cluster = cluster
      self.environment = environment
    }
  }

  /// One change of an app, and everywhere it happens.
  public struct Group: Sendable {
    public let app: String
    /// As they are on the first of the places; on the others the same fields change in the same way.
    public let changes: [ObjectChange]
    /// In the order of their clusters' names.
    public let places: [Place]

    /// How many objects are created, changed and deleted on each of the places.
    public func count(_ kind: ObjectChange.Kind) -> Int { changes.count { $0.kind == kind } }
  }

  /// By app, and within an app the one that the most clusters share first.
  public let groups: [Group]
  /// How many clusters there are on either side, changed or not.
  public let clusters: Int

  /// The clusters on which anything changes.
  public var changedClusters: Int { Set(groups.flatMap { $0.places.map(\.cluster) }).count }
}

extension FleetDifference {
  /// Takes in the renders of both sides, one app on one cluster at a time, in any order.
  public struct Builder {
    private struct Pair: Hashable {
      var before: Digest?
      var after: Digest?
    }

    /// What makes two changes the same: their fields, not what stands around them.
    private struct Signature: Hashable {
      var app: String
      var changes: [Part]

      struct Part: Hashable {
        var id: ObjectID
        var fields: [FieldChange]
      }
    }

    private var known: [Pair: [ObjectChange]] = [:]
    private struct Members {
      var places: [Place]
      /// The one of them whose name comes first, and the changes there.
      var first: Place
      var changes: [ObjectChange]

      mutating func add(_ place: Place, _ changes: [ObjectChange]) {
        places.append(place)
        if place.cluster.precedesInBytes(first.cluster) { (first, self.changes) = (place, changes) }
      }
    }

    private var groups: [Signature: Members] = [:]
    private var clusters: Set<String> = []

    public init() {}

    /// Counts a cluster, whether anything changes there or not.
    public mutating func note(_ place: Place) { clusters.insert(place.cluster) }

    /// - Parameters:
    ///   - before: nil where the app was not on the cluster.
    ///   - after: nil where it is not any more.
    public mutating func add(app: String, on place: Place, before: ManifestSet?, after: ManifestSet?) {
      note(place)
      let pair = Pair(before: before?.digest, after: after?.digest)
      guard pair.before != pair.after else { return }
      let changes = known[pair] ?? ObjectChange.between(before, after)
      known[pair] = changes
      guard !changes.isEmpty else { return }
      let signature = Signature(
        app: app, changes: changes.map { Signature.Part(id: $0.id, fields: $0.fields) })
      if groups[signature]?.add(place, changes) == nil {
        groups[signature] = Members(places: [place], first: place, changes: changes)
      }
    }

    public func difference() -> FleetDifference {
      let groups = groups.map { signature, members in
        let sorted = members.places.sorted { $0.cluster.precedesInBytes($1.cluster) }
        return Group(app: signature.app, changes: members.changes, places: sorted)
      }
      return FleetDifference(groups: groups.sorted(by: Group.isBefore), clusters: clusters.count)
    }
  }

  /// What several differences tell of, of different apps, on so many clusters.
  public static func joined(_ differences: [FleetDifference], clusters: Int) -> FleetDifference {
    FleetDifference(groups: differences.flatMap(\.groups).sorted(by: Group.isBefore), clusters: clusters)
  }

  /// The part of it on some of the clusters.
  public func limited(to isMeant: (Place) -> Bool) -> FleetDifference {
    let groups = groups.compactMap { group -> Group? in
      let places = group.places.filter(isMeant)
      return places.isEmpty ? nil : Group(app: group.app, changes: group.changes, places: places)
    }
    return FleetDifference(groups: groups.sorted(by: Group.isBefore), clusters: clusters)
  }
}

extension FleetDifference.Group {

  /// By app, and within an app the one that the most clusters share first.
  fileprivate static func isBefore(_ left: FleetDifference.Group, _ right: FleetDifference.Group) -> Bool {
    if left.app != right.app { return left.app.precedesInBytes(right.app) }
    if left.places.count != right.places.count { return left.places.count > right.places.count }
    return (left.places.first?.cluster ?? "").precedesInBytes(right.places.first?.cluster ?? "")
  }
}
