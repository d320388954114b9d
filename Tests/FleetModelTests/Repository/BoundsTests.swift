import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("Bounds of a fleet repository")
struct BoundsTests {
  private func minimal(_ change: (inout MemoryTree) throws -> Void) throws -> FleetRepository {
    var tree = try Fixture("valid", "minimal").tree()
    try change(&tree)
    return FleetRepository.read(from: tree)
  }

  private func text(_ name: String, environment: String = "dev", more: String = "") -> MemoryTree.Node {
    .file(
      Array(
        """
        apiVersion: flotilla.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(name)}
        spec:
          environment: \(environment)
        \(more)
        """.utf8))
  }

  @Test("a file beyond the limit is refused without being parsed")
  func largeFile() throws {
    let repository = try minimal {
      $0["clusters/dev-1.yaml"] = .file([UInt8](repeating: 0x23, count: FleetLimits.fileBytes + 1))
    }
    #expect(repository.errors.map(\.code) == [.limitExceeded])
    #expect(repository.brokenClusters == ["dev-1"])
  }

  @Test("folders deeper than the limit leave the fleet unknown")
  func deepFolders() throws {
    let folder = (0..<FleetLimits.directoryDepth).map { "d\($0)" }.joined(separator: "/")
    let repository = try minimal { $0["clusters/\(folder)/x.yaml"] = text("x") }
    #expect(repository.fleet == nil)
    #expect(repository.errors.map(\.code) == [.limitExceeded])
    let shallow = folder.split(separator: "/").dropLast().joined(separator: "/")
    #expect(try minimal { $0["clusters/\(shallow)/x.yaml"] = text("x") }.errors == [])
  }

  @Test("the errors of one file and of all files are bounded, and the rest is counted")
  func manyErrors() throws {
    let one = try minimal { $0["clusters/dev-1.yaml"] = text("dev-1", more: (0..<60).map { "  f\($0): 1\n" }.joined()) }
    #expect(one.errors.count == FleetLimits.errorsPerFile + 1)
    #expect(one.errors.last?.message == "10 more errors in this file")
    let all = try minimal { tree in
      for number in 0..<1_100 { tree["clusters/c\(number).yaml"] = text("c\(number)", environment: "nowhere") }
    }
    #expect(all.errors.count == FleetLimits.errors + 1)
    #expect(all.errors.last?.message == "100 more errors in the repository")
    #expect(all.brokenClusters.count == 1_100)
    #expect(all.brokenFiles.count == 1_100)
  }

  @Test("the errors of a file come in the order of their lines")
  func order() throws {
    for fixture in Fixture.all("broken") {
      let byFile = Dictionary(grouping: try fixture.read().errors) { $0.address.file ?? "" }
      for errors in byFile.values {
        let lines = errors.map { $0.address.line ?? 0 }
        #expect(lines == lines.sorted(), "\(fixture.name)")
      }
    }
  }

  @Test("no byte of a repository, changed in any way, makes reading trap or go on for long")
  func damage() throws {
    var random = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: .min ... .max, using: &random)
    var generator = SplitMix(state: seed)
    let original = try Fixture("valid", "everything").tree()
    for round in 0..<400 {
      var tree = original
      let file = try #require(original.files.filter { $0.hasSuffix(".yaml") }.randomElement(using: &generator))
      guard case .file(var bytes)? = tree[file] else { continue }
      for _ in 0...Int.random(in: 0..<3, using: &generator) { Damage.apply(to: &bytes, using: &generator) }
      tree[file] = .file(bytes)
      let repository = FleetRepository.read(from: tree)
      let declared = repository.clusters.count + repository.brokenClusters.count
      #expect(repository.fleet == nil || declared >= 3, "seed \(seed), round \(round), \(file)")
      #expect(repository.errors.count <= FleetLimits.errors + 1)
    }
  }
}

/// A generator of which a seed gives the same numbers again (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

enum Damage {
  private static let interesting: [String] = [
    ":", "- ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "<<: ", "---\n", "...\n", "\t", "\n", "\r", "\u{0}",
    "99999999999999999999",
    "null", "~", "!!binary ", "100%", "-1", "é", "\u{feff}", "..", "/",
  ]

  static func apply(to bytes: inout [UInt8], using generator: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
    case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1..<30, using: &generator)))
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
    default: bytes.insert(contentsOf: (interesting.randomElement(using: &generator) ?? "").utf8, at: place)
    }
  }
}
