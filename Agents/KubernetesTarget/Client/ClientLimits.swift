/// What bounds every exchange with an API server. Outside input never decides how long or how much.
public enum ClientLimits {
  /// One request and its answer. A stalled etcd answers writes with 500 after 10 s and reads never.
  public static let requestDeadline = Duration.seconds(30)
  /// One page of a list.
  public static let listDeadline = Duration.seconds(60)
  /// Objects of one page: what kubectl asks for.
  public static let pageObjects = 500
  /// Pages of one list: 500,000 objects of one kind are more than an agent manages.
  public static let pages = 1_000
  /// The answer to a request for one object; etcd takes 1.5 MiB, API servers 3 MiB.
  public static let answerBytes = 8 << 20
  /// A page of a list, or discovery.
  public static let listBytes = 64 << 20
  /// What is read of an answer that is an error.
  public static let errorBytes = 256 << 10
  /// One event of a watch.
  public static let eventBytes = 8 << 20
  /// What of a server's text gets into an error message.
  public static let messageCharacters = 2_000
  /// A kubeconfig, a certificate bundle or a token file.
  public static let materialBytes = 4 << 20
  /// How often files of tokens and certificates are read again: the kubelet rotates a token minutes before it ends.
  public static let materialLifetime = Duration.seconds(30)
  /// How long a server may say that it wants to be left alone.
  public static let longestRetryAfter = Duration.seconds(120)
  /// How long a watch is asked to last: as client-go, five to ten minutes, so that watches do not end together.
  public static let watchSeconds = 300...600
  /// Without a word for this long a watch counts as lost. Servers send a bookmark about once a minute.
  public static let watchIdle = Duration.seconds(90)
}
