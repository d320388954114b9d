public import Manifests
import Trust

/// Reads the file that kubectl is configured with.
///
/// Unknown fields pass, as kubectl lets them. What would run a program or weaken TLS is refused: an agent that holds a
/// cluster's keys runs nothing that a file names.
public enum Kubeconfig {
  /// The access that a context stands for.
  /// - Parameters:
  ///   - file: the file's absolute path; relative paths inside are relative to its folder.
  ///   - context: its name; nil for the current one.
  public static func access(
    _ bytes: [UInt8], file: String, context: String? = nil
  ) throws(FleetError) -> ClusterAccess {
    let documents = try YAML.parseNodes(bytes, file: file, dialect: .settings)
    guard let document = documents.first, documents.count == 1 else {
      throw FleetError(.clusterAccess, "not one kubeconfig but \(documents.count) documents", at: .init(file: file))
    }
    let reader = KubeconfigReader(file: file)
    return try Field(document.root, file: file).object { fields throws(FleetError) in
      fields.ignoreRest()
      let contexts = try reader.named("contexts", "context", &fields)
      let clusters = try reader.named("clusters", "cluster", &fields)
      let users = try reader.named("users", "user", &fields)
      let current = try fields.optional("current-context")?.string() ?? ""
      let name = context ?? current
      guard let chosen = contexts[name] else { throw reader.unknown("context", name, Array(contexts.keys)) }
      let (cluster, user) = try reader.context(chosen)
      guard let place = clusters[cluster] else { throw reader.unknown("cluster", cluster, Array(clusters.keys)) }
      var access = try reader.cluster(place)
      if !user.isEmpty {
        guard let person = users[user] else { throw reader.unknown("user", user, Array(users.keys)) }
        access.credentials = try reader.user(person)
      }
      return access
    }
  }
}

/// Reads the parts of one kubeconfig.
private struct KubeconfigReader {
  let file: String

  /// A list of `{name: …, <content>: …}` by name; the first of equal names counts, as for kubectl.
  func named(_ list: String, _ content: String, _ fields: inout Fields) throws(FleetError) -> [String: Field] {
    var found: [String: Field] = [:]
    for entry in try fields.optional(list)?.array() ?? [] {
      try entry.object { entry throws(FleetError) in
        entry.ignoreRest()
        let name = try entry.required("name").string()
        if let value = try entry.optional(content), found[name] == nil { found[name] = value }
      }
    }
    return found
  }

  func unknown(_ what: String, _ name: String, _ known: [String]) -> FleetError {
    FleetError(
      .clusterAccess, name.isEmpty ? "names no \(what)" : "has no \(what) \(name)", at: .init(file: file),
      cause: "it has \(known.sorted().joined(separator: ", "))", nextStep: "name another \(what) or add it")
  }

  func context(_ field: Field) throws(FleetError) -> (cluster: String, user: String) {
    try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return (try fields.required("cluster").string(), try fields.optional("user")?.string() ?? "")
    }
  }

  func cluster(_ field: Field) throws(FleetError) -> ClusterAccess {
    try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let server = try serverAddress(try fields.required("server"))
      if let insecure = try fields.optional("insecure-skip-tls-verify"), try insecure.bool() {
        throw insecure.error(
          "is refused: whoever is on the way could take the agent's credentials",
          nextStep: "give certificate-authority-data instead")
      }
      if let proxy = try fields.optional("proxy-url") {
        throw proxy.error("not supported yet", code: .notSupportedYet, nextStep: "remove the field")
      }
      let name = try fields.optional("tls-server-name")?.nonEmptyString()
      let authorities = try material("certificate-authority", &fields)
      return ClusterAccess(
        server: server, serverName: name, authorities: authorities, credentials: .anonymous, origin: file)
    }
  }

  private func serverAddress(_ field: Field) throws(FleetError) -> String {
    var address = try field.nonEmptyString()
    while address.hasSuffix("/") { address.removeLast() }
    let scheme = address.hasPrefix("https://") ? "https://" : "http://"
    guard address.hasPrefix(scheme), address.utf8.count > scheme.utf8.count else {
      throw field.error("not an http or https address")
    }
    guard !address.contains("?"), !address.contains("#"), !address.contains("@") else {
      throw field.error("has parts that an API server's address cannot have")
    }
    return address
  }

  func user(_ field: Field) throws(FleetError) -> ClusterAccess.Credentials {
    try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      for plugin in ["exec", "auth-provider"] {
        guard let found = try fields.optional(plugin) else { continue }
        throw found.error(
          "is refused: it runs a program that the file names",
          nextStep: "use a client certificate, a token or a tokenFile")
      }
      for other in ["username", "password", "as", "as-uid", "as-groups", "as-user-extra"] {
        guard let found = try fields.optional(other) else { continue }
        throw found.error("not supported yet", code: .notSupportedYet, nextStep: "use a certificate or a token")
      }
      let chain = try material("client-certificate", &fields)
      let key = try material("client-key", &fields)
      // As for client-go a file of a token wins over a token.
      let tokenFile = try fields.optional("tokenFile")?.nonEmptyString()
      let token = try fields.optional("token")?.nonEmptyString()
      if let tokenFile { return .token(.file(absolute(tokenFile))) }
      if let token { return .token(.bytes(Array(token.utf8))) }
      switch (chain, key) {
      case (let chain?, let key?): return .certificate(chain: chain, key: key)
      case (nil, nil): return .anonymous
      default: throw field.error("has a client certificate without its key, or a key without its certificate")
      }
    }
  }

  /// `<name>-data` in base64, or else the file `<name>`.
  private func material(_ name: String, _ fields: inout Fields) throws(FleetError) -> ClusterAccess.Material? {
    let path = try fields.optional(name)?.nonEmptyString()
    guard let data = try fields.optional("\(name)-data") else { return path.map { .file(absolute($0)) } }
    guard let bytes = Base64.decode(Array(try data.string().utf8.filter { !$0.isSpace })) else {
      throw data.error("not base64")
    }
    return .bytes(bytes)
  }

  private func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return "\(file[...slash])\(path)"
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 32 || (9...13).contains(self) }
}
