public import Manifests
import Synchronization

/// Which objects a manifest set has: what the checks of whole clusters need of it.
///
/// Clusters differ in values more than in objects, so that few outlines stand for many sets: see `ObjectOutlines`.
public final class ObjectOutline: Sendable {
  public let objects: [ObjectID]
  private let hash: Int

  init(_ objects: [ObjectID]) {
    self.objects = objects
    hash = objects.hashValue
  }

  /// The object by which its API server knows it: without a namespace where its kind has none, and in `default` where
  /// it needs one and names none.
  static func identity(of id: ObjectID) -> ObjectID {
    var id = id
    switch ObjectScopes.scope(group: id.group, kind: id.kind) {
    case .cluster: id.namespace = ""
    case .namespaced: if id.namespace.isEmpty { id.namespace = "default" }
    case nil: break
    }
    return id
  }
}

extension ObjectOutline: Hashable {
  public static func == (left: ObjectOutline, right: ObjectOutline) -> Bool {
    left === right || (left.hash == right.hash && left.objects == right.objects)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// The outlines of a fleet, each there once.
public final class ObjectOutlines: Sendable {
  private let known = Mutex<Set<ObjectOutline>>([])

  public init() {}

  public func outline(of set: ManifestSet) -> ObjectOutline {
    let outline = ObjectOutline(set.manifests.map(\.id))
    return known.withLock { $0.insert(outline).memberAfterInsert }
  }

  /// Forgets the others.
  func keep(only outlines: Set<ObjectOutline>) { known.withLock { $0.formIntersection(outlines) } }
}
