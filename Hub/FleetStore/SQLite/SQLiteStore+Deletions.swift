public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func saveGuardedDeletions(
    _ deletions: [Takeover: [GuardedDeletion]]
  ) async throws(FleetError) {
    guard !deletions.isEmpty else { return }
    try await writes.perform { database in
      for (takeover, objects) in deletions {
        if objects.isEmpty {
          try database.run(
            "DELETE FROM guarded_deletions WHERE cluster = ? AND digest = ? AND commit_id = ?", takeover.cluster,
            takeover.digest, takeover.commit)
        } else {
          try database.run(
            "INSERT OR REPLACE INTO guarded_deletions VALUES (?, ?, ?, ?)", takeover.cluster, takeover.digest,
            takeover.commit, StoredDeletions(objects))
        }
      }
    }
  }

  public func guardedDeletions(of takeovers: [Takeover]) async throws(FleetError) -> [Takeover: [GuardedDeletion]] {
    guard !takeovers.isEmpty else { return [:] }
    return try await read { database in
      var found: [Takeover: [GuardedDeletion]] = [:]
      for takeover in takeovers {
        let stored: StoredDeletions? = try database.value(
          "SELECT objects FROM guarded_deletions WHERE cluster = ? AND digest = ? AND commit_id = ?", takeover.cluster,
          takeover.digest, takeover.commit)
        found[takeover] = stored?.objects
      }
      return found
    }
  }
}

/// Guarded deletions in one column.
private struct StoredDeletions: Cell {
  var objects: [GuardedDeletion]

  init(_ objects: [GuardedDeletion]) { self.objects = objects }

  init?(cell: DatabaseValue) {
    guard let stored = StoredJSON(cell: cell) else { return nil }
    let read = try? stored.field.array { field throws(FleetError) in
      try field.object { fields throws(FleetError) in
        GuardedDeletion(
          object: try fields.required("object").string(), reason: try fields.required("reason").string())
      }
    }
    guard let read else { return nil }
    objects = read
  }

  var cell: DatabaseValue {
    StoredJSON(
      .array(objects.map { ["object": .string($0.object), "reason": .string($0.reason)] })
    ).cell
  }
}
