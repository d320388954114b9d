import Manifests

/// The rules of what an environment provides for an app: volumes and addresses.
enum ServiceHealth {
  static func volumeClaim(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    switch object.status["phase"]?.string {
    case "Bound": return .healthy
    case "Lost": return .degraded("its volume is lost")
    default:
      let name = object.spec["storageClassName"]?.string ?? ""
      let mode = context.related.storageClass(named: name)?["volumeBindingMode"]?.string
      guard mode == "WaitForFirstConsumer" else { return .progressing("not bound to a volume") }
      // Its Pod may be of a later app, or of no app at all: a gate that waited for it would wait for ever.
      return .progressing("waits for the first Pod that uses it").neverBlocking
    }
  }

  static func service(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    guard object.spec["type"]?.string == "LoadBalancer", !hasAddress(object) else { return .healthy }
    return .progressing("no load balancer has given it an address").neverBlocking
  }

  static func ingress(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    // Many ingress controllers never write one (Argo CD's "Progressing forever").
    hasAddress(object) ? .healthy : .progressing("no ingress controller has given it an address").neverBlocking
  }

  private static func hasAddress(_ object: LiveObject) -> Bool {
    (object.status[path: "loadBalancer", "ingress"]?.array ?? []).contains {
      !($0["ip"]?.string ?? $0["hostname"]?.string ?? "").isEmpty
    }
  }
}
