import Foundation
import Manifests

/// A watch that a client holds open.
struct Watch: Sendable {
  var kind: ResourceKind
  var selection: Selection
  var wantsBookmarks: Bool
  /// When it ends by itself.
  var end: Date
}

/// Bytes for a watch, or its end.
enum WatchDelivery: Sendable {
  case event(watch: Int, [UInt8])
  case end(watch: Int)
}

extension ClusterState {
  /// Begins a watch; its first events go out with it.
  mutating func beginWatch(
    _ kind: ResourceKind, _ selection: Selection, _ request: APIRequest
  ) throws(StatusError) -> APIResponse {
    if let until = reinitializing[kind.resource], until > now {
      throw StatusError(429, "TooManyRequests", "storage is (re)initializing", retryAfterSeconds: 1)
    }
    let seconds = request.integer("timeoutSeconds") ?? Int.random(in: 1800...3600)
    let id = lastWatch + 1
    let watch = Watch(
      kind: kind, selection: selection, wantsBookmarks: request.flag("allowWatchBookmarks"),
      end: now.addingTimeInterval(Double(seconds)))
    let first = try firstEvents(watch, request)
    lastWatch = id
    outbox += first.map { .event(watch: id, $0) }
    watches[id] = watch
    timers.add(.endWatch(id), at: watch.end)
    if watch.wantsBookmarks { timers.add(.bookmark(id), at: now.addingTimeInterval(settings.bookmarkInterval)) }
    // The events stand in the outbox; those of a relist that failed end the stream.
    if case .some(let only) = first.first, first.count == 1, only.starts(with: Array(#"{"type":"ERROR""#.utf8)) {
      endWatch(id)
    }
    return APIResponse(status: 200, headers: [("Content-Type", "application/json")], body: .watch(id))
  }

  mutating func endWatch(_ id: Int) {
    if watches.removeValue(forKey: id) != nil { outbox.append(.end(watch: id)) }
  }

  /// Sends a bookmark and asks for the next.
  mutating func sendBookmark(_ id: Int) {
    guard let watch = watches[id] else { return }
    outbox.append(.event(watch: id, bookmark(watch.kind, endsInitialEvents: false)))
    timers.add(.bookmark(id), at: now.addingTimeInterval(settings.bookmarkInterval))
  }

  mutating func deliver(_ event: ChangeEvent) {
    for (id, watch) in watches where watch.kind.resource == event.resource {
      if let line = Self.line(event, watch) { outbox.append(.event(watch: id, line)) }
    }
  }

  private func firstEvents(_ watch: Watch, _ request: APIRequest) throws(StatusError) -> [[UInt8]] {
    let version = request.query["resourceVersion"] ?? ""
    if request.flag("sendInitialEvents") {
      guard settings.offersWatchList else { throw Self.noWatchList }
      guard request.query["resourceVersionMatch"] == "NotOlderThan", watch.wantsBookmarks else {
        throw StatusError(
          422, "Invalid",
          "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
            + "resourceVersionMatch to NotOlderThan")
      }
      return present(watch) + [bookmark(watch.kind, endsInitialEvents: true)]
    }
    if version.isEmpty || version == "0" { return present(watch) }
    guard let revision = Int(version) else {
      throw .badRequest("Invalid value: \"\(version)\": strconv.ParseUint: parsing \"\(version)\": invalid syntax")
    }
    guard let events = log.events(after: revision, of: watch.kind.resource) else { return [tooOld(revision)] }
    return events.compactMap { Self.line($0, watch) }
  }

  private static let noWatchList = StatusError(
    422, "Invalid",
    "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch "
      + "unless the WatchList feature gate is enabled")

  /// A bookmark's annotation that tells that all that is there was sent.
  static let initialEventsEnd = "k8s.io/initial-events-end"

  private func present(_ watch: Watch) -> [[UInt8]] {
    all(watch.kind.resource).filter(watch.selection.includes).map { Self.line("ADDED", $0.bytes(as: watch.kind)) }
  }

  private func bookmark(_ kind: ResourceKind, endsInitialEvents: Bool) -> [UInt8] {
    var metadata: Object = ["resourceVersion": .string(String(revision)), "creationTimestamp": nil]
    if endsInitialEvents { metadata["annotations"] = [Self.initialEventsEnd: "true"] }
    let object: Value = [
      "kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion), "metadata": .object(metadata),
    ]
    return Self.line("BOOKMARK", JSON.compact(object))
  }

  private func tooOld(_ revision: Int) -> [UInt8] {
    let error = StatusError.gone("too old resource version: \(revision) (\(log.forgottenRevision + 1))")
    return Self.line("ERROR", JSON.compact(error.status))
  }

  /// What a watch sees of an event: an object that no longer matches its selector is gone for it.
  private static func line(_ event: ChangeEvent, _ watch: Watch) -> [UInt8]? {
    let isSeen = watch.selection.includes(event.object)
    let wasSeen = event.previous.map(watch.selection.includes) ?? false
    let kind: ChangeEvent.Kind
    switch (event.kind, wasSeen, isSeen) {
    case (.deleted, true, _), (.modified, true, false): kind = .deleted
    case (.added, _, true), (.modified, false, true): kind = .added
    case (.modified, true, true): kind = .modified
    default: return nil
    }
    return line(kind.rawValue, event.object.bytes(as: watch.kind))
  }

  private static func line(_ type: String, _ object: [UInt8]) -> [UInt8] {
    Array(#"{"type":""#.utf8) + Array(type.utf8) + Array(#"","object":"#.utf8) + object + Array("}\n".utf8)
  }
}
