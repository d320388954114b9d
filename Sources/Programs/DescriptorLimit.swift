import Glibc

extension Host {
  /// Lets this process open as many files as it may at most, and returns how many that are.
  ///
  /// A connection is a file. What a process may open unless it asks for more is 1024 on most hosts, for the sake of
  /// programs that use `select`; ours do not, and ten thousand agents are ten thousand connections.
  @discardableResult
  public static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
