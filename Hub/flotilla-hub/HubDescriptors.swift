import Logging
import Programs
import Wire

/// Sees to it that the hub may have as many connections open as it takes in.
enum HubDescriptors {
  /// Files beside connections: the store and its readers, the repository, the log.
  private static let besideConnections = 1024

  /// Asks for all that the process may have, and says so where that is fewer than the hub takes in.
  static func provide(_ logger: Logger) {
    let limit = Host.raiseDescriptorLimit()
    guard limit < WireLimits.connections + besideConnections else { return }
    logger.info(
      "fewer agents can connect than the hub would take in: a process here may not open more files",
      metadata: [
        "files": "\(limit)", "connections": "\(WireLimits.connections)", "raise-with": "LimitNOFILE, ulimit -n",
      ])
  }
}
