import FleetModel
import Manifests
import Wire

// Answers as documents, with the field names of the wire.

extension FlotillaV1.Cluster {
  var form: Value {
    [
      "name": .string(name), "uid": .string(String(decoding: uid, as: UTF8.self)),
      "environment": .string(environment),
      "labels": .object(Object(labels.sorted { $0.key < $1.key }.map { ($0.key, Value.string($0.value)) })),
      "connectivity": .string("\(connectivity)"), "membership": .string("\(membership)"), "link": .string("\(link)"),
      "lastSeen": instant(lastSeenUnixMs),
      "apps": .integer(apps), "appsSynced": .integer(appsSynced), "appsHealthy": .integer(appsHealthy),
      "sync": .string("\(sync)"), "health": .string("\(health)"), "bundleSeq": .integer(bundleSeq),
      "suspension": suspension?.form ?? .null,
    ]
  }
}

extension FlotillaV1.ClusterAgent {
  var form: Value {
    [
      "version": .string(version), "target": .string(target), "server": .string(server),
      "certificateNotAfter": instant(certificateNotAfterUnixMs), "reportSeq": .integer(reportSeq),
      "reported": instant(reportUnixMs), "droppedEvents": .integer(droppedEvents),
    ]
  }
}

extension FlotillaV1.PendingCluster {
  var form: Value { ["key": hex(keySHA256), "since": instant(sinceUnixMs)] }
}

extension FlotillaV1.AppPlacement {
  var form: Value {
    [
      "cluster": .string(cluster), "environment": .string(environment), "link": .string("\(link)"),
      "lastSeen": instant(lastSeenUnixMs), "app": app?.form ?? .null,
    ]
  }
}

extension FlotillaV1.AppOnCluster {
  var form: Value {
    let objects = objects ?? .init()
    return [
      "app": .string(app), "appDigest": hex(appDigest), "reportedAppDigest": hex(reportedAppDigest),
      "absent": .bool(absent), "commit": .string(commit), "rollout": .string(rollout), "sync": .string("\(sync)"),
      "health": .string("\(health)"), "blocking": .bool(blocking), "unverified": .bool(unverified),
      "reason": .string(reason), "awaits": .string(awaits),
      "objects": [
        "total": .integer(objects.total), "synced": .integer(objects.synced), "healthy": .integer(objects.healthy),
      ],
      "notHealthy": .array(
        notHealthy.map {
          ["id": .string($0.id), "health": .string("\($0.health)"), "reason": .string($0.reason)]
        }),
      "driftHealed": .integer(driftHealed), "observed": instant(observedUnixMs),
    ]
  }
}

extension FlotillaV1.App {
  var form: Value {
    [
      "name": .string(name), "namespace": .string(namespace), "pipeline": .string(pipeline),
      "clusters": .integer(clusters), "clustersSynced": .integer(clustersSynced),
      "clustersHealthy": .integer(clustersHealthy), "sync": .string("\(sync)"), "health": .string("\(health)"),
      "release": hex(release), "commit": .string(commit), "rollout": rollout?.form ?? .null,
      "error": error.map { .string(FleetError($0).description) } ?? .null,
      "holds": .array(holds.map(\.form)), "suspension": suspension?.form ?? .null,
      "queued": queued.map { ["commit": .string($0.commit), "reason": .string($0.reason)] } ?? .null,
    ]
  }
}

extension FlotillaV1.Commit {
  var form: Value {
    ["id": .string(id), "subject": .string(subject), "committer": .string(committer), "time": instant(committedUnixMs)]
  }
}

extension FlotillaV1.OperatorAccount {
  var form: Value {
    [
      "name": .string(name), "role": .string("\(role)"), "environments": .array(environments.map { .string($0) }),
      "created": instant(createdUnixMs), "certificate": .string(certificateSerial),
      "certificateNotAfter": instant(certificateNotAfterUnixMs),
    ]
  }
}

extension FlotillaV1.AuditRecord {
  var form: Value {
    [
      "n": .integer(n), "time": instant(timeUnixMs), "actor": .string(actor), "action": .string(action),
      "subject": .string(subject), "commit": .string(commit), "digest": hex(digest), "outcome": .string(outcome),
      "reason": .string(reason), "hash": hex(hash),
    ]
  }
}

extension FlotillaV1.Event {
  var form: Value {
    [
      "n": .integer(n), "time": instant(timeUnixMs), "kind": .string(action), "actor": .string(actor),
      "subject": .string(subject), "reason": .string(reason),
    ]
  }
}

func instant(_ unixMilliseconds: Int64) -> Value {
  unixMilliseconds == 0 ? .null : .string(Timestamp(milliseconds: unixMilliseconds).description)
}

func hex(_ bytes: [UInt8]) -> Value { .string(hex(bytes)) }

/// Bytes as people compare them.
func hex(_ bytes: [UInt8]) -> String {
  bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
