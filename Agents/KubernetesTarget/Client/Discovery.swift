import Manifests

/// What kinds an API server offers, asked as seldom as may be.
///
/// Two requests with entity tags where the server has the aggregated form (since 1.27), so that asking again costs next
/// to nothing; the older form, one request a group version, where it has not.
public actor Discovery {
  private static let aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

  /// One of the two roots of discovery as it last was.
  private struct Root {
    var tag: String
    var part: ResourceCatalog
  }

  private let client: APIClient
  private var roots: [String: Root] = [:]
  private var known: ResourceCatalog?
  private var readAt: ContinuousClock.Instant?

  public init(client: APIClient) { self.client = client }

  /// What is offered, as it was last read; read now when it never was.
  public func catalog() async throws(APIFailure) -> ResourceCatalog {
    if let known { return known }
    return try await refresh()
  }

  /// Asks again: after a definition was applied, or when a kind is not served.
  @discardableResult
  public func refresh() async throws(APIFailure) -> ResourceCatalog {
    var catalog = ResourceCatalog()
    for path in ["/api", "/apis"] { try await read(path, into: &catalog) }
    known = catalog
    readAt = .now
    return catalog
  }

  /// The kind of an object. A kind that is not known is looked for once more when the last look is older than `age`.
  public func resource(
    group: String, version: String, kind: String, lookAgainAfter age: Duration = .milliseconds(200)
  ) async throws(APIFailure) -> APIResource {
    if let found = try await catalog().resource(group: group, version: version, kind: kind) { return found }
    if let readAt, ContinuousClock.now - readAt < age { throw notServed(group, version, kind) }
    if let found = try await refresh().resource(group: group, version: version, kind: kind) { return found }
    throw notServed(group, version, kind)
  }

  private func notServed(_ group: String, _ version: String, _ kind: String) -> APIFailure {
    let apiVersion = group.isEmpty ? version : "\(group)/\(version)"
    if known?.isStale(group: group) == true {
      return client.failure(.serverFailure, "the server of \(apiVersion) does not answer, so \(kind) is not known", nil)
    }
    return APIFailure(
      .notServed,
      FleetError(
        APIFailure.Kind.notServed.code, "the API server has no kind \(kind) in \(apiVersion)",
        at: .init(file: client.access.server), nextStep: "apply its CustomResourceDefinition, or correct apiVersion"))
  }

  private func read(_ path: String, into catalog: inout ResourceCatalog) async throws(APIFailure) {
    var request = APIRequest(.discover, kind: "", path: path)
    request.accept = Self.aggregated
    request.answerBytes = ClientLimits.listBytes
    request.knownTag = roots[path]?.tag
    let answer = try await client.send(request)
    if answer.isNotModified, let root = roots[path] { return catalog.merge(root.part) }
    let value = try client.value(answer, of: request)
    guard value["kind"]?.string == "APIGroupDiscoveryList" else { return try await readOlder(value, into: &catalog) }
    var part = ResourceCatalog()
    part.add(aggregated: value)
    roots[path] = answer.tag.map { Root(tag: $0, part: part) }
    catalog.merge(part)
  }

  /// The older form: the roots name group versions, each of which is asked for.
  private func readOlder(_ root: Value, into catalog: inout ResourceCatalog) async throws(APIFailure) {
    if let versions = root["versions"]?.array {
      for version in versions.compactMap(\.string) { try await readList("/api/", "", version, into: &catalog) }
      return
    }
    for (group, version) in ResourceCatalog.groupVersions(root) {
      try await readList("/apis/\(APIRequest.encoded(group))/", group, version, into: &catalog)
    }
  }

  private func readList(
    _ prefix: String, _ group: String, _ version: String, into catalog: inout ResourceCatalog
  ) async throws(APIFailure) {
    let request = APIRequest(.discover, kind: "", path: prefix + APIRequest.encoded(version))
    do {
      catalog.add(list: try client.value(try await client.send(request), of: request), group: group, version: version)
    } catch {
      guard error.kind == .serverFailure || error.kind == .notServed else { throw error }
      // An aggregated API whose server is down: the other groups are none the worse.
      catalog.addStale(group: group, version: version)
    }
  }
}
