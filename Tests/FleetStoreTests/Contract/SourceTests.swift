import FleetModel
import FleetStore
import Manifests
import Testing

@Suite("What was seen in Git stays known", .timeLimit(.minutes(1)))
struct SourceTests {
  func commit(_ id: String, at seconds: Int64 = 0) -> ObservedCommit {
    ObservedCommit(
      id: id, committer: "Ana <ana@example.com>", time: at(seconds), summary: "Raise replicas", isRewrite: seconds > 5,
      observedAt: at(seconds + 1))
  }

  func file(_ path: String, _ text: String, commit: String) throws -> DeclarationFile {
    DeclarationFile(path: try #require(TreePath(path)), bytes: bytes(text), commit: commit)
  }

  @Test("the commit observed last is the latest, also when the branch was set back to it", arguments: Backend.all)
  func commits(backend: Backend) async throws {
    try await backend.withStore { store in
      #expect(try await store.latestCommit() == nil)
      for (index, id) in ["a", "b", "c"].enumerated() {
        try await store.recordObservation(SourceObservation(commit: commit(id, at: Int64(index))), trail: .none)
      }
      try await store.recordObservation(SourceObservation(commit: commit("b", at: 9)), trail: .none)
    } afterReopening: { store async throws in
      #expect(try await store.latestCommit() == commit("b", at: 9))
      #expect(try await store.observedCommits(limit: 10).map(\.id) == ["b", "c", "a"])
      #expect(try await store.observedCommits(limit: 2).map(\.id) == ["b", "c"])
      #expect(try await store.observedCommit("a") == commit("a", at: 0))
      #expect(try await store.observedCommit("z") == nil)
    }
  }

  @Test("a file keeps its last good content until it changes or is gone", arguments: Backend.all)
  func declarations(backend: Backend) async throws {
    try await backend.withStore { store in
      let files = [try file("fleet.yaml", "fleet", commit: "a"), try file("clusters/x.yaml", "x", commit: "a")]
      try await store.recordObservation(SourceObservation(commit: commit("a"), changed: files), trail: .none)
      let changed = try file("fleet.yaml", "fleet 2", commit: "b")
      try await store.recordObservation(SourceObservation(commit: commit("b"), changed: [changed]), trail: .none)
      #expect(try await store.declarations() == [files[1], changed])
      let gone = SourceObservation(commit: commit("c"), removed: [files[1].path])
      try await store.recordObservation(gone, trail: .none)
      #expect(try await store.declarations() == [changed])
    }
  }

  @Test("an error stands with all its parts until its scope is well again", arguments: Backend.all)
  func errors(backend: Backend) async throws {
    try await backend.withStore { store in
      let first = FleetError(
        FleetError.Code("render-failed"), "no such file",
        at: .init(
          file: "apps/shop/app.yaml", line: 3, column: 9, field: "spec.overlays[0]", cluster: "fra-1", app: "shop",
          object: "apps/Deployment/shop/web"), cause: "not found", nextStep: "add it")
      let second = FleetError(FleetError.Code("render-failed"), "another")
      let shop = ErrorScope(step: "render", app: "shop")
      let git = ErrorScope(step: "git")
      try await store.setErrors([first], in: shop, at: at(1))
      try await store.setErrors([second], in: git, at: at(2))
      try await store.setErrors([second, first], in: shop, at: at(3))
      #expect(
        try await store.currentErrors() == [
          StandingError(scope: git, error: second, since: at(2)),
          StandingError(scope: shop, error: second, since: at(3)),
          StandingError(scope: shop, error: first, since: at(1)),
        ])
      try await store.setErrors([], in: shop, at: at(4))
      #expect(try await store.currentErrors().map(\.scope) == [git])
    }
  }

  @Test("scopes that differ in one part are different scopes", arguments: Backend.all)
  func scopes(backend: Backend) async throws {
    try await backend.withStore { store in
      let error = FleetError(.storeBusy, "x")
      let scopes = [
        ErrorScope(step: "render"), ErrorScope(step: "render", app: "shop"),
        ErrorScope(step: "render", cluster: "shop"), ErrorScope(step: "render", app: "shop", cluster: "shop"),
      ]
      for scope in scopes { try await store.setErrors([error], in: scope, at: at(0)) }
      try await store.setErrors([], in: scopes[0], at: at(1))
      #expect(Set(try await store.currentErrors().map(\.scope)) == Set(scopes.dropFirst()))
    }
  }
}
