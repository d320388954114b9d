import CMalloc
import NIOPosix
import ServiceLifecycle

/// Gives back what bursts have left behind: when ten thousand agents reconnect, each call and handshake leaves a hole of its
/// own in the heap, a third of what the hub then holds, and glibc by itself gives only the heap's end back.
struct MemoryKeeper: Service {
  /// Long enough that what is free between two rounds of reports is used again instead.
  private static let interval: Duration = .seconds(30)

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: MemoryKeeper.interval)
        // It looks at the whole heap, which takes some tens of milliseconds for each gigabyte.
        _ = try await NIOThreadPool.singleton.runIfActive { malloc_trim(0) }
      }
    }
  }
}
