import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("A fleet repository read after another commit")
struct FleetReadingTests {
  private static let files = [
    "fleet.yaml": fleet(["dev", "prod"]), "clusters/dev-1.yaml": cluster("dev-1", "dev"),
    "clusters/eu/prod-1.yaml": cluster("prod-1", "prod"), "apps/web/app.yaml": app("web"),
    "apps/web/base/a.yaml": "text: 1", "apps/db/app.yaml": app("db"), "apps/notes/README.md": "No app.",
  ]

  private static func fleet(_ environments: [String], apps: String = "apps") -> String {
    document("Fleet", "acme", "{environments: [\(environments.joined(separator: ", "))], layout: {apps: \(apps)}}")
  }

  private static func cluster(_ name: String, _ environment: String) -> String {
    document("Cluster", name, "{environment: \(environment)}")
  }

  private static func app(_ name: String, needs other: String? = nil) -> String {
    document("App", name, "{overlays: [base]\(other.map { ", dependsOn: [\($0)]" } ?? "")}")
  }

  private static func document(_ kind: String, _ name: String, _ spec: String) -> String {
    "{apiVersion: flotilla.dev/v1alpha1, kind: \(kind), metadata: {name: \(name)}, spec: \(spec)}\n"
  }

  /// A file, and what it may say; nil for a file that is not there.
  private static let changes: [(file: String, texts: [String?])] = [
    ("fleet.yaml", [fleet(["dev", "prod"]), fleet(["dev"]), fleet(["dev", "prod"], apps: "other"), "kind: ["]),
    ("clusters/dev-1.yaml", [cluster("dev-1", "dev"), cluster("dev-1", "prod"), "kind: [", nil]),
    ("clusters/eu/prod-1.yaml", [cluster("prod-1", "prod"), cluster("prod-1", "nowhere"), nil]),
    ("clusters/asia/prod-1.yaml", [nil, nil, cluster("prod-1", "prod")]),
    ("apps/web/app.yaml", [app("web"), app("web", needs: "db"), app("other"), nil]),
    ("apps/db/app.yaml", [app("db"), app("db", needs: "web"), nil]),
    ("apps/db/app.yml", [nil, nil, app("db")]), ("apps/.hidden/app.yaml", [nil, app("hidden")]),
    ("apps/web/base/a.yaml", ["text: 1", "text: 2", "text: 3"]), ("apps/notes/README.md", ["No app.", "None."]),
    ("other/web/app.yaml", [nil, app("web")]), ("README.md", ["A fleet.", "The fleet."]),
  ]

  @Test("says what reading it from scratch says, whatever has changed", arguments: 0..<10)
  func sameAsFromScratch(run: Int) throws {
    var random = Randomness("readings, run \(run)")
    var tree = SourceTree(Self.files)
    var reading = FleetReading(of: ContentNamedTree(tree))
    for _ in 0..<60 {
      let change = try #require(Self.changes.randomElement(using: &random))
      tree[change.file] = change.texts.randomElement(using: &random) ?? nil
      reading = FleetReading(of: ContentNamedTree(tree), after: reading)
      let (found, expected) = (reading.repository, FleetRepository.read(from: tree))
      #expect(found.fleet == expected.fleet)
      #expect(found.clusters == expected.clusters)
      #expect(found.apps == expected.apps)
      #expect(found.errors == expected.errors)
      #expect(found.brokenClusters == expected.brokenClusters && found.brokenApps == expected.brokenApps)
    }
  }

  @Test("reads no file where none of those that declare something has changed")
  func readsNothing() {
    var tree = SourceTree(Self.files)
    let reading = FleetReading(of: ContentNamedTree(tree))
    tree["apps/web/base/a.yaml"] = "text: 2"
    tree["README.md"] = "The fleet."
    let untouchable = UnreadableTree(base: ContentNamedTree(tree))
    #expect(FleetReading(of: untouchable, after: reading).repository.errors.isEmpty)
    #expect(!FleetReading(of: untouchable).repository.errors.isEmpty)
  }

  private struct UnreadableTree: ManifestTree {
    var base: ContentNamedTree
    var label: String { base.label }
    var namesDirectoryContent: Bool { true }

    func entry(at path: TreePath) throws(FleetError) -> TreeEntry? { try base.entry(at: path) }
    func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] { try base.list(directory) }
    func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
      throw FleetError(.invalidField, "not to be read", at: .init(file: file.description))
    }
  }
}
