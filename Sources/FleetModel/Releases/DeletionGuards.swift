public import Manifests

/// An object that leaves a cluster, and that a person has to let go first.
public struct GuardedDeletion: Hashable, Sendable {
  /// As `ObjectID.description` writes it.
  public var object: String
  /// Why it needs a word: one clause.
  public var reason: String

  public init(object: String, reason: String) {
    self.object = object
    self.reason = reason
  }
}

/// Which deletions need a person's word, because what they take along does not come back.
public enum DeletionGuards {
  /// More objects than this, together with the share below, make a mass deletion.
  public static let massCount = 10
  /// Of the app's objects on this cluster.
  public static let massPercent = 20
  /// An app that leaves more than this share of its clusters at once leaves none of them unasked.
  public static let leavingPercent = 20

  private static let guardedKinds: [String: (group: String, why: String)] = [
    "Namespace": ("", "deleting a namespace deletes everything in it"),
    "CustomResourceDefinition": ("apiextensions.k8s.io", "deleting a CRD deletes all objects of its kind"),
    "PersistentVolumeClaim": ("", "deleting a volume claim can delete its data"),
  ]

  /// Why an object of this kind is never deleted unasked; nil for a kind that may be.
  public static func reason(for id: ObjectID) -> String? {
    guard let (group, why) = guardedKinds[id.kind], group == id.group else { return nil }
    return why
  }

  /// Why none of so many objects of an app may go from a cluster unasked; nil where they are not too many.
  public static func massReason(_ count: Int, of total: Int) -> String? {
    guard count > massCount, count * 100 > total * massPercent else { return nil }
    return "\(count) of \(total) objects would be deleted at once"
  }

  /// Why an app may leave none of these clusters unasked; nil where they are few of those that have it.
  public static func leavingReason(_ count: Int, of clusters: Int) -> String? {
    guard count > 0, count * 100 > clusters * leavingPercent else { return nil }
    return "the app leaves \(count) of its \(clusters) clusters at once"
  }

  /// Why nothing of an app may go unasked that a commit leaves without any objects.
  public static let emptyReason = "the app renders to nothing"
}
