internal import CLibGit2
internal import Glibc

/// Threads for work that blocks: libgit2's network and disk work must not occupy the tasks' own few.
enum BlockingThread {
  private final class Work {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `work` on a thread of its own that nobody waits for; false when the system has no thread left.
  static func start(_ work: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // The thread takes over the one reference; if it does not start, it is released here.
    let pointer = Unmanaged.passRetained(Work(work)).toOpaque()
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        flotilla_name_thread("git-fetch")
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, pointer)
    if code != 0 { Unmanaged<Work>.fromOpaque(pointer).release() }
    return code == 0
  }
}
