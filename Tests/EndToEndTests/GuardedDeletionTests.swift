import LocalFleet
import Manifests
import Testing
import Wire

@Suite("What does not come back is deleted from an API server only when somebody said so", .serialized)
struct GuardedDeletionTests {
  private static let claim = "apps/web/base/claim.yaml"
  private static let path = "/api/v1/namespaces/web/persistentvolumeclaims/data"

  private func hasClaim(_ server: APIServer) async throws -> Bool {
    try await server.send("GET", Self.path)?["kind"] == "PersistentVolumeClaim"
  }

  @Test("a volume claim that a commit drops stays until the stage is confirmed, everything else goes on")
  func claim() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1"]) { stage in
      let server = stage.server(of: "dev-1")
      try stage.repository.write(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

        """, to: Self.claim)
      try stage.repository.replace(
        "settings.yaml]", with: "settings.yaml, claim.yaml]", in: "apps/web/base/kustomization.yaml")
      try stage.repository.commit("a claim")
      try await eventually("the claim is there") { try await hasClaim(server) }

      try stage.repository.replace(
        "settings.yaml, claim.yaml]", with: "settings.yaml]", in: "apps/web/base/kustomization.yaml")
      let commit = try stage.repository.commit("no claim")
      var asked: [String]?
      try await eventually("the stage asks") {
        // Before the word nothing of the commit is on the cluster.
        #expect(try await hasClaim(server))
        asked = try await stage.confirm("web", "dev")
        return asked != nil
      }
      #expect(asked == ["/PersistentVolumeClaim/web/data"])
      try await eventually("the claim is gone") { try await !hasClaim(server) }
      try await stage.succeeded(commit)
      #expect(try await server.image() == "registry.test/web:1.0")
    }
  }
}
