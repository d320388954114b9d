import Foundation
import TestSupport
import Testing

@Suite("Settings that say what an agent may do are refused when they are not understood")
struct AgentRightsSettingsTests {
  private func refusal(_ argument: String) async throws -> ProgramResult {
    try await withTemporaryDirectory { folder in
      try runProgram(
        "\(Stage.programs)/flotilla-agent",
        ["run", "--state-directory", "\(folder)/state", "--target", "kubernetes", argument])
    }
  }

  @Test(
    "an account that is none is no reason to act as the agent itself",
    arguments: ["apps", "apps/{name}", "apps/web/more", "Apps/{app}"])
  func account(_ text: String) async throws {
    let result = try await refusal("--impersonate=\(text)")
    #expect(result.status == 2)
    #expect(result.text.contains("`\(text)` is no service account"), "\(result.text)")
    #expect(result.text.contains("flotilla-apps/{app}"))
  }

  @Test("a namespace that cannot be one is no reason to manage all", arguments: ["*", "team_a", "team-a, team-b"])
  func namespace(_ text: String) async throws {
    let result = try await refusal("--namespaces=\(text)")
    #expect(result.status == 2)
    #expect(result.text.contains("is no name of a namespace"), "\(result.text)")
  }
}
