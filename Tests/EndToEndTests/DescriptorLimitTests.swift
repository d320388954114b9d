import Foundation
import LocalFleet
import Testing

@Suite("The hub may open as many files as its host lets it")
struct DescriptorLimitTests {
  @Test("a limit that is low only until somebody asks for more is no limit to the hub")
  func softLimit() async throws {
    // One less than it may have at most: what this process inherits is often the highest already.
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #expect(getrlimit(resource, &limit) == 0)
    var lowered = limit
    lowered.rlim_cur = limit.rlim_max - 1
    #expect(setrlimit(resource, &lowered) == 0)
    defer { _ = setrlimit(resource, &limit) }
    try await Stage.with { stage in
      let hub = try stage.fleet.hub
      let limits = try String(contentsOfFile: "/proc/\(hub.identifier)/limits", encoding: .utf8)
      let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      #expect(numbers == [Int(limit.rlim_max), Int(limit.rlim_max)])
    }
  }
}
