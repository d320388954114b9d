import Manifests

/// Objects of an app that can be applied at once: what the next stage needs is in an earlier one.
struct ApplyStage {
  /// Objects under way at once: twice the client's requests, so that it never waits for work.
  static let objectsAtOnce = 32

  var payloads: [ApplyPayload] = []
  /// Whether what is applied here must serve before the next stage.
  var definesKinds = false

  /// Namespaces, then definitions, then everything else, then admission webhooks, which could refuse the rest.
  static func stages(of payloads: [ApplyPayload]) -> [ApplyStage] {
    var stages = (0...3).map { ApplyStage(definesKinds: $0 == 1) }
    for payload in payloads { stages[rank(of: payload.id)].payloads.append(payload) }
    return stages.filter { !$0.payloads.isEmpty }
  }

  /// Which of the stages an object belongs to, from 0 to 3.
  static func rank(of id: ObjectID) -> Int {
    switch id.kind {
    case "Namespace" where id.group.isEmpty: 0
    case "CustomResourceDefinition": 1
    case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration": 3
    default: 2
    }
  }
}

/// Whether a server has stopped answering: then what is left to do fails at once, and does not keep an app, and with it
/// the next bundle, waiting for a deadline an object.
struct Silence {
  /// Requests without an answer, one after the other, that count as silence: as many as are under way at once.
  static let limit = 16

  private var unanswered = 0
  /// Why the rest need not be tried; nil while the server answers.
  private(set) var failure: APIFailure?

  mutating func heard<Answer>(_ result: Result<Answer, APIFailure>) {
    guard case .failure(let failure) = result, failure.isSilence else {
      unanswered = 0
      return
    }
    unanswered += 1
    if unanswered >= Self.limit { self.failure = failure }
  }
}

extension APIFailure {
  /// Whether nothing came back.
  fileprivate var isSilence: Bool {
    switch kind {
    case .unreachable, .deadline: true
    default: false
    }
  }
}
