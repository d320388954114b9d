/// How a double behaves: what it is, what it offers, and how long things take.
public struct DoubleSettings: Sendable {
  /// What `/version` says.
  public var version = "v1.36.2"
  /// Which versions of the aggregated form discovery has beside the older one; none: only that.
  public var aggregatedDiscovery = ["v2", "v2beta1"]
  /// Whether a watch can begin with everything there is.
  public var offersWatchList = true
  /// The port to listen on; 0: any that is free.
  public var port = 0
  /// Serves https instead of http when it is given; its client certificate is an administrator's.
  public var tls: DoubleTLS?
  /// Who may come, by bearer token. Nobody named: everybody is an administrator.
  public var users: [String: DoubleUser] = [:]
  /// What an administrator's kubeconfig has: one of `users`; nil where nobody is asked.
  public var administratorToken: String?
  /// Whether roles and bindings decide what users may do.
  public var enforcesRBAC = false
  /// Whether namespaces empty themselves, garbage is collected and quotas count.
  public var runsControllers = true
  /// Whether workloads lead to Pods, and Pods run.
  public var runsWorkloads = false
  /// Seconds from a Pod's creation until it runs, or is found not to.
  public var podStartDelay = 0.02
  /// Seconds from a definition's creation until its objects can be written; a real server takes about 0.02.
  public var definitionServeDelay = 0.02
  /// Seconds until it says so; a real server takes about 0.05.
  public var definitionEstablishDelay = 0.05
  /// Seconds until OpenAPI shows a new definition; a real server takes about 0.5.
  public var openAPIDelay = 0.5
  /// Seconds after a change of a definition for which watches of its objects get 429.
  public var definitionReinitialization = 0.1
  /// Seconds between bookmarks; a real server sends one a minute.
  public var bookmarkInterval = 60.0
  /// Seconds for which open watches stay silent after a graceful stop; a real server takes about 61.
  public var stopSilence = 61.0
  /// Whether faults and records of requests can be had over the connection, as `RemoteControl` says.
  public var hasRemoteControl = false

  public init() {}

  /// A server of this minor version of Kubernetes 1: what it offers that clients have to find out.
  public init(minor: Int) {
    version = "v1.\(minor).0"
    // Beta and on by default since 1.27, with a version of its own since 1.30.
    aggregatedDiscovery = minor >= 30 ? ["v2", "v2beta1"] : minor >= 27 ? ["v2beta1"] : []
    // On by default in 1.32, off in 1.33, and on again since.
    offersWatchList = minor == 32 || minor >= 34
  }
}

/// Somebody who may come.
public struct DoubleUser: Hashable, Sendable {
  public var name: String
  public var groups: [String]

  public init(name: String, groups: [String] = []) {
    self.name = name
    self.groups = groups + ["system:authenticated"]
  }

  /// May do anything.
  public static let administrator = DoubleUser(name: "kubernetes-admin", groups: ["system:masters"])
}
