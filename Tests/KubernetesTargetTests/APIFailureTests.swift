import Manifests
import Testing

@testable import KubernetesTarget

@Suite("A refusal is told apart by what real servers answer, not by its number alone")
struct APIFailureTests {
  private func failure(_ status: Int, _ body: String, retryAfter: String? = nil) -> APIFailure {
    APIFailure(status: status, body: Array(body.utf8), retryAfter: retryAfter, what: "apply of Deployment shop/web")
  }

  private func status(_ code: Int, reason: String? = nil, details: String = "{}", message: String = "no") -> String {
    let reason = reason.map { #""reason":"\#($0)","# } ?? ""
    return #"{"kind":"Status","apiVersion":"v1","status":"Failure",\#(reason)"message":"\#(message)","#
      + #""details":\#(details),"code":\#(code)}"#
  }

  @Test("a bare 500 is permanent: the object does not fit its schema")
  func bareFiveHundred() {
    let failure = failure(500, status(500, message: "failed to create typed patch object (shop/web; apps/v1)"))
    #expect(failure.kind == .rejected)
    #expect(!failure.isTransient)
    #expect(failure.error.cause == "failed to create typed patch object (shop/web; apps/v1)")
  }

  @Test("a 500 with InternalError is transient: a webhook is down")
  func internalError() {
    let failure = failure(500, status(500, reason: "InternalError"))
    #expect(failure.kind == .serverFailure)
    #expect(failure.isTransient)
  }

  @Test("a 500 that is no Status comes from a proxy, and is transient")
  func proxyFiveHundred() {
    #expect(failure(500, "upstream connect error").isTransient)
    #expect(failure(503, "service unavailable\n").isTransient)
  }

  @Test("a version from before a restored backup is too old, though the server calls it too large")
  func tooLargeVersion() {
    let details = #"{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}"#
    #expect(failure(504, status(504, reason: "Timeout", details: details)).kind == .expired)
    #expect(failure(504, status(504, reason: "Timeout")).kind == .serverFailure)
  }

  @Test("a bare text 404 means the kind is not served, a Status that the object is not there")
  func notFound() {
    #expect(failure(404, "404 page not found\n").kind == .notServed)
    #expect(failure(404, status(404, reason: "NotFound")).kind == .notFound)
  }

  @Test("a namespace that is terminating is transient, any other 403 says what to do")
  func forbidden() {
    let terminating = #"{"causes":[{"reason":"NamespaceTerminating","message":"namespace shop is being terminated"}]}"#
    #expect(failure(403, status(403, reason: "Forbidden", details: terminating)).kind == .namespaceTerminating)
    let other = failure(403, status(403, reason: "Forbidden", message: "cannot patch resource deployments"))
    #expect(other.kind == .forbidden)
    #expect(other.error.nextStep == "give the agent's role the verb and resource named")
  }

  @Test("an ownership conflict names its owners, a stale resourceVersion has none")
  func conflicts() {
    let causes =
      #"{"causes":[{"reason":"FieldManagerConflict","field":".spec.replicas","#
      + #""message":"conflict with \"kubectl\" using apps/v1"}]}"#
    let owned = failure(409, status(409, reason: "Conflict", details: causes))
    #expect(
      owned.kind
        == .ownership([FieldOwner(field: ".spec.replicas", conflict: #"conflict with "kubectl" using apps/v1"#)]))
    #expect(!owned.isTransient)
    #expect(failure(409, status(409, reason: "Conflict")).kind == .stale)
    #expect(failure(409, status(409, reason: "AlreadyExists")).kind == .alreadyExists)
  }

  @Test("422 and 413 are permanent", arguments: [422, 413])
  func permanent(code: Int) { #expect(!failure(code, status(code, reason: "Invalid")).isTransient) }

  @Test("Retry-After comes from the header, or from the Status, and is bounded")
  func retryAfter() {
    #expect(failure(429, "", retryAfter: "3").retryAfter == .seconds(3))
    #expect(failure(429, status(429, details: #"{"retryAfterSeconds":2}"#)).retryAfter == .seconds(2))
    #expect(failure(429, "", retryAfter: "99999999").retryAfter == ClientLimits.longestRetryAfter)
    #expect(failure(429, "", retryAfter: "-5").retryAfter == .zero)
    #expect(failure(429, "", retryAfter: "soon").retryAfter == nil)
  }

  @Test("an ERROR event of a watch is read by its own code")
  func errorEvent() throws {
    let value = try JSON.parse(Array(status(410, reason: "Expired").utf8), file: "event")
    #expect(APIFailure(event: value, what: "watch of Pod").kind == .expired)
  }

  @Test("a server's text gets into an error on one line and within bounds")
  func hostileText() {
    let failure = failure(400, "a\u{1b}[31m\nb" + String(repeating: "x", count: 100_000))
    #expect(failure.error.cause.hasPrefix("a [31m b"))
    #expect(failure.error.cause.count <= ClientLimits.messageCharacters)
  }
}
