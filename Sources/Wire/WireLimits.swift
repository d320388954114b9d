/// Bounds on what a peer can make this process hold or wait for. Every limit of the wire is here.
public enum WireLimits {
  /// One message of any kind: gRPC's own customary bound.
  public static let messageBytes = 4 << 20
  /// A request of a peer that has not shown who it is: a CSR and a few keys are under 2 KiB.
  public static let anonymousRequestBytes = 64 << 10
  /// The data of one chunk of a blob: a few flow-control windows, so that many agents share the hub's memory.
  public static let blobChunkBytes = 256 << 10
  /// Blobs asked for in one call.
  public static let blobsPerCall = 1024
  /// Blobs in the view of a cluster, in bytes: a change of a few apps comes in one call, which is not compressed; more comes
  /// in chunks, which are.
  public static let viewBlobBytes = 64 << 10
  /// Metadata in the view of a cluster, in bytes: with its blobs well within a message.
  public static let viewMetadataBytes = 1 << 20
  /// Entries of a page, and of one whose request does not say.
  public static let pageSize = 1000
  public static let defaultPageSize = 200

  /// The memory that unpacking a message may take: protobuf-c needs at most some 10 bytes for one on the wire in honest
  /// messages, and up to 150 in hostile ones.
  static func decodeBudget(forBytes count: Int) -> Int { (64 << 10) + 32 * count }

  /// From the connection's acceptance to the end of its TLS handshake.
  public static let handshakeTimeout: Duration = .seconds(10)
  /// From a client's start to connect to the end of its TLS handshake.
  public static let connectTimeout: Duration = .seconds(20)
  /// A unary call whose caller gives no other: the hub answers from its store.
  public static let callTimeout: Duration = .seconds(30)
  /// A connection without a client certificate: time for an enrolment or a renewal, not for holding a place.
  public static let anonymousConnectionAge: Duration = .seconds(60)
  /// A connection without a call under way.
  public static let idleConnectionAge: Duration = .seconds(300)
  /// How often live connections are compared with expiry and revocation; well within the 5 s that revocation has.
  public static let recheckInterval: Duration = .seconds(1)
  /// What calls under way get to end when the server stops.
  public static let stopGrace: Duration = .seconds(10)

  /// How long connections are cut, after the grace of a stop, before calls that do not end are abandoned: on a machine that
  /// hardly gets to run, taking up what was accepted before takes long.
  public static let stopCut: Duration = .seconds(5)
  /// Between two looks for connections to cut.
  public static let stopCutInterval: Duration = .milliseconds(20)

  /// How long a silent connection lives before the server asks whether it is alive, and what the answer may take.
  /// Agents send heartbeats more often, so this finds only what is dead.
  public static let serverKeepalive: Duration = .seconds(120)
  public static let serverKeepaliveTimeout: Duration = .seconds(20)
  /// The same on the client's side: it must find out about a dead hub before the hub calls it offline.
  public static let clientKeepalive: Duration = .seconds(20)
  public static let clientKeepaliveTimeout: Duration = .seconds(10)
  /// The server takes pings more often than this for abuse; half of `clientKeepalive`.
  public static let minimumPingInterval: Duration = .seconds(10)

  /// Calls at once on one connection: an agent needs its session and a few pulls.
  public static let streamsPerConnection = 64
  /// Connections at once, with or without a certificate: some 150 KB each.
  public static let connections = 20_000
  /// Connections of one identity: an operator's tools, an agent that reconnects before its old connection is known dead.
  public static let connectionsPerIdentity = 64
  /// Waiting to be accepted; the kernel caps it at its own limit.
  public static let listenBacklog: Int32 = 4096

  /// HTTP/2's flow-control window of a stream and of the server's connections: HTTP/2's own default. With 10,000
  /// agents a larger one would be memory that any of them can claim.
  public static let serverWindowBytes = (1 << 16) - 1
  /// The client's window: it pulls blobs over long links and has one connection.
  public static let clientWindowBytes = 1 << 20
  /// HTTP/2's smallest permitted frame limit.
  public static let frameBytes = 1 << 14
}
