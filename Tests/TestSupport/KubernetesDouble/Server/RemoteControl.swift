import Manifests
import Synchronization

/// What a test does to a double that runs as another process: it sees the requests, and lets things go wrong.
///
/// `GET /double/requests` and `DELETE` of it; `POST /double/faults` with `{"effect": "hang", "after": 3, "path": "/api"}`
/// and `DELETE` of it. Of a fault only the effect has to be given.
struct RemoteControl: Sendable {
  static let prefix = "/double/"

  let core: DoubleCore

  func answer(_ method: String, _ path: String, _ body: [UInt8]) -> APIResponse {
    switch (method, path.dropFirst(Self.prefix.count)) {
    case ("GET", "requests"): return .json(.array(core.requests.map(\.value)))
    case ("DELETE", "requests"): core.forgetRequests()
    case ("POST", "faults"):
      guard let fault = (try? JSON.parse(body, file: "fault")).flatMap(Fault.init(remote:)) else {
        return .text("no such fault\n", status: 400)
      }
      return .json(["fault": .integer(Int64(core.add(fault)))])
    case ("DELETE", "faults"): core.removeFault(nil)
    default: return .text("no such thing\n", status: 404)
    }
    return .json([:])
  }
}

extension ReceivedRequest {
  fileprivate var value: Value {
    [
      "method": .string(method), "path": .string(path), "userAgent": .string(userAgent),
      "status": .integer(Int64(status)), "isWatch": .bool(isWatch), "isWrite": .bool(isWrite),
      "isApply": .bool(isApply), "isOfOne": .bool(isOfOne),
    ]
  }

  /// Whether it asks for one object rather than for a collection, by the number of its path's segments.
  private var isOfOne: Bool {
    var segments = path.split(separator: "/").dropFirst(path.hasPrefix("/apis/") ? 3 : 2)
    if segments.first == "namespaces", segments.count > 2 { segments = segments.dropFirst(2) }
    return segments.count > 1
  }
}

extension Fault {
  /// nil when it is none that can be asked for from afar.
  fileprivate init?(remote value: Value) {
    let effect: Effect
    switch value["effect"]?.string {
    case "hang": effect = .hang
    case "mute": effect = .mute
    case "drop": effect = .drop
    default: return nil
    }
    let part = value["path"]?.string ?? ""
    let other = value["notPath"]?.string
    let agent = value["userAgent"]?.string ?? ""
    let onlyWrites = value["writes"]?.bool ?? false
    let passing = Passing(Int(value["after"]?.integer ?? 0))
    self.init(effect) { request in
      guard request.path.contains(part), other.map({ !request.path.contains($0) }) ?? true,
        request.userAgent.contains(agent), request.isWrite || !onlyWrites
      else { return false }
      return !passing.passes()
    }
  }
}

/// Lets so many pass, and then nobody.
private final class Passing: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  func passes() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }
}
