import Foundation
import LocalFleet
import Testing

@Suite("A repository of 10,000 files")
struct LargeRepositoryTests {
  @Test("is read, rendered and rolled out, and a commit in it arrives like any other", .timeLimit(.minutes(5)))
  func tenThousandFiles() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      for folder in 0..<100 {
        for file in 0..<100 {
          try stage.repository.write("note: \(folder)-\(file)\n", to: "apps/web/notes/\(folder)/\(file).yaml")
        }
      }
      let commit = try stage.release("2.0")
      let count = try stage.repository.git("ls-tree", "-r", "--name-only", "HEAD").split(separator: "\n").count
      #expect(count > 10_000)
      try await stage.succeeded(commit)
      #expect(stage.tag(on: "dev-1") == "2.0")
      try await stage.succeeded(try stage.release("3.0"))
      #expect(stage.tag(on: "dev-1") == "3.0")
    }
  }
}
