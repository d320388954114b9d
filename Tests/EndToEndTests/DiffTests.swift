import LocalFleet
import TestSupport
import Testing

@Suite("flotilla diff", .timeLimit(.minutes(2)))
struct DiffTests {
  private func diff(_ folder: String, _ arguments: [String]) throws -> ProgramResult {
    try runProgram("\(Stage.programs)/flotilla", ["diff", "--repo", folder] + arguments)
  }

  private func withRepository(_ body: (WorkingRepository, String) async throws -> Void) async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev"), ("prod-1", "prod"), ("prod-2", "prod")]
    let files = sample.files
    try await withTemporaryDirectory { folder in
      try await body(try WorkingRepository(files: files, in: folder), folder)
    }
  }

  @Test("shows a change of many clusters once, and ends with 1; with 0 where nothing differs")
  func shown() async throws {
    try await withRepository { repository, folder in
      let same = try diff(folder, ["--rev", "HEAD..HEAD"])
      #expect(same.status == 0 && same.text.isEmpty, "\(same.text)")
      for (path, text) in SampleFleet(tag: "2.0").files where path.hasPrefix("apps/") {
        try repository.write(text, to: path)
      }
      // Not committed yet: the folder counts.
      let folderDiff = try diff(folder, [])
      try repository.commit("2.0")
      let commits = try diff(folder, ["--rev", "HEAD~1..HEAD"])
      #expect(folderDiff.text == commits.text)
      #expect(commits.status == 1)
      #expect(commits.text.contains("the same change on 3 clusters (dev 1, prod 2): dev-1, prod-1, prod-2"))
      #expect(commits.text.contains("1 app changes on 3 of 3 clusters"), "\(commits.text)")
      let lines = commits.text.split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("-") && $0.contains("1.0") })
      #expect(lines.contains { $0.hasPrefix("+") && $0.contains("2.0") })

      let stat = try diff(folder, ["--rev", "HEAD~1..HEAD", "--environment", "prod", "--stat"])
      #expect(stat.status == 1)
      #expect(stat.text.contains("1 app changes on 2 of 2 clusters"), "\(stat.text)")
      let other = try diff(folder, ["--rev", "HEAD~1..HEAD", "--app", "none"])
      #expect(other.status == 0)
    }
  }

  @Test("trouble ends with 2: a revision that is not there, what does not render, a wrong use")
  func trouble() async throws {
    try await withRepository { repository, folder in
      let unknown = try diff(folder, ["--rev", "nowhere..HEAD"])
      #expect(unknown.status == 2 && unknown.text.contains("nowhere"), "\(unknown.text)")
      #expect(try diff(folder, ["--rev", "HEAD"]).status == 2)
      #expect(try diff(folder, ["--rev", "HEAD...HEAD"]).status == 2)
      try repository.write("resources: [missing.yaml]\n", to: "apps/web/base/kustomization.yaml")
      let broken = try diff(folder, [])
      #expect(broken.status == 2 && broken.text.contains("missing.yaml"), "\(broken.text)")
    }
  }
}
