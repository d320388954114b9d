import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing
import Wire

@testable import HubAPI

@Suite("Long lists come in pages", .timeLimit(.minutes(8)))
struct PagingTests {
  private static var sevenClusters: SmallFleet {
    var fleet = SmallFleet()
    fleet.clusters = (1...7).map { ("dev-\($0)", "dev") }
    return fleet
  }

  @Test("the pages of a list together are the list, each as large as was asked for, and the last says so")
  func walk() async throws {
    try await OpenHub.with(PagingTests.sevenClusters) { hub in
      var (names, sizes, token): ([String], [Int], [UInt8]) = ([], [], [])
      repeat {
        let page = try await hub.ask { [token] in
          try await $0.listClusters(.init(page: .init(size: 3, token: token)))
        }
        names += page.clusters.map(\.name)
        sizes.append(page.clusters.count)
        token = page.page?.next ?? []
      } while !token.isEmpty
      #expect(sizes == [3, 3, 1])
      #expect(names == (1...7).map { "dev-\($0)" })
      let whole = try await hub.ask { try await $0.listClusters(.init()) }
      #expect(whole.clusters.map(\.name) == names && whole.page?.next == [])
    }
  }

  @Test("apps and rollouts come in pages too")
  func otherLists() async throws {
    try await OpenHub.with { hub in
      let dev = try TestAgent("dev-1")
      try await hub.hub.drive([dev], until: "both apps have a rollout") {
        try await hub.hub.fleet.apps().allSatisfy { $0.rollout != nil }
      }
      let first = try await hub.ask { try await $0.listApps(.init(page: .init(size: 1))) }
      #expect(first.apps.map(\.name) == ["db"])
      let next = try #require(first.page?.next)
      #expect(
        try await hub.ask { try await $0.listApps(.init(page: .init(size: 1, token: next))) }.apps.map(\.name) == [
          "web"
        ])
      let rollouts = try await hub.ask { try await $0.listRollouts(.init(page: .init(size: 1))) }
      let rest = try #require(rollouts.page?.next)
      let second = try await hub.ask { try await $0.listRollouts(.init(page: .init(size: 1, token: rest))) }
      #expect(Set((rollouts.rollouts + second.rollouts).map(\.app)) == ["db", "web"])
    }
  }

  @Test("a page that begins nowhere is refused with what to do")
  func badToken() async throws {
    try await OpenHub.with { hub in
      for token in [Array("nowhere".utf8), [0xFF, 0xFE], Array(repeating: 0x61, count: 10_000)] {
        let refused = try await refusal {
          _ = try await hub.ask { try await $0.listClusters(.init(page: .init(size: 1, token: token))) }
        }
        #expect(refused?.code == .invalidRequest)
        #expect(refused?.address.field == "page.token")
        #expect(refused?.nextStep == "begin again with the first page")
      }
    }
  }

  @Test("a page of fewer than one element is refused, in every list", arguments: [-1, Int64.min])
  func badSize(_ size: Int64) async throws {
    try await OpenHub.with { hub in
      let page = FlotillaV1.PageRequest(size: size)
      let lists: [@Sendable (FlotillaV1.OperatorClient) async throws -> Void] = [
        { _ = try await $0.listClusters(.init(page: page)) }, { _ = try await $0.listApps(.init(page: page)) },
        { _ = try await $0.listRollouts(.init(page: page)) }, { _ = try await $0.listEvents(.init(page: page)) },
      ]
      for list in lists {
        let refused = try await refusal { try await hub.ask(list) }
        #expect(refused?.code == .invalidRequest)
        #expect(refused?.address.field == "page.size")
      }
    }
  }

  @Test("a page has at most so many elements, and a usual number where none is asked for")
  func bounds() throws {
    let all = Array(0..<(WireLimits.pageSize * 2))
    func page(_ size: Int64) throws -> [Int] { try Page(.init(size: size), of: all) { "\($0)" }.elements }
    #expect(try page(0).count == WireLimits.defaultPageSize)
    #expect(try page(Int64.max).count == WireLimits.pageSize)
    #expect(try page(1) == [0])
    #expect(try Page(nil, of: all) { "\($0)" }.elements.count == WireLimits.defaultPageSize)
    #expect(try Page(.init(size: 2), of: [Int]()) { "\($0)" }.response.next == [])
  }
}
