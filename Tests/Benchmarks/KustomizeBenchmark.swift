import Foundation
import Manifests
import Programs
import Rendering

/// `flotilla build` beside the oracle, on every directory that both render.
///
/// The oracle is the kubectl on the `PATH`, or the one that FLOTILLA_ORACLE names. The directories are those of Examples
/// and, where FLOTILLA_CONFORMANCE names a folder of cases, theirs.
enum KustomizeBenchmark: Benchmark {
  static let name = "kustomize"
  static let summary = "flotilla build beside kubectl kustomize, a process for each directory; then many in one process"
  private static let rounds = 5

  /// A directory with a kustomization, and the folder that it may reach into.
  struct Directory {
    var root: String
    var path: TreePath
    var full: String { path.isRoot ? root : "\(root)/\(path)" }
  }

  private struct Pair {
    var ours: Usage
    var oracle: Usage
  }

  static func run() async throws {
    guard let oracle = oraclePath else { return Row.print("no oracle", "put kubectl on the PATH, or name it") }
    let program = "\(Place.programs)/flotilla"
    let all = examples() + conformanceCases()
    var directories: [Directory] = []
    var pairs: [Pair] = []
    for directory in all {
      guard let pair = try pair(directory, program, oracle) else { continue }
      directories.append(directory)
      pairs.append(pair)
    }
    Row.print("directories that both render", "\(pairs.count) of \(all.count)")
    showCold(pairs)
    try await showMany(directories, pairs)
  }

  /// The oracle's figures are the medians of its runs, and ours too; the two take turns. nil where one of them refuses.
  private static func pair(_ directory: Directory, _ program: String, _ oracle: String) throws -> Pair? {
    var ours: [Usage] = []
    var theirs: [Usage] = []
    for _ in 0..<rounds {
      let first = try Usage.run(program, ["build", directory.full])
      let second = try Usage.run(oracle, ["kustomize", directory.full])
      guard first.status == 0, second.status == 0 else { return nil }
      ours.append(first.usage)
      theirs.append(second.usage)
    }
    return Pair(ours: ours.median, oracle: theirs.median)
  }

  private static func showCold(_ pairs: [Pair]) {
    Row.print("flotilla build, wall time at the median", Row.milliseconds(pairs.map(\.ours.wall).median))
    Row.print("kubectl kustomize", Row.milliseconds(pairs.map(\.oracle.wall).median))
    Row.print(
      "  wall time, ours to the oracle's: median", Row.ratio(pairs.map { $0.ours.wall / $0.oracle.wall }.median))
    Row.print("  the worst directory", Row.ratio(pairs.map { $0.ours.wall / $0.oracle.wall }.max() ?? 0))
    Row.print(
      "  processor time, ours to the oracle's", Row.ratio(pairs.map { $0.ours.processor / $0.oracle.processor }.median))
    Row.print("flotilla build, highest memory: median", Row.megabytes(Int(pairs.map { Double($0.ours.memory) }.median)))
    Row.print("kubectl kustomize", Row.megabytes(Int(pairs.map { Double($0.oracle.memory) }.median)))
    Row.print(
      "  memory, ours to the oracle's: median",
      Row.ratio(pairs.map { Double($0.ours.memory) / Double($0.oracle.memory) }.median))
  }

  /// All directories in this process, against what the oracle took for each.
  private static func showMany(_ directories: [Directory], _ pairs: [Pair]) async throws {
    var times: [Usage] = []
    for _ in 0..<rounds {
      let (bytes, usage) = try await Usage.measure {
        var bytes = 0
        for directory in directories {
          let values = try Renderer(tree: FolderTree(directory.root)).build(directory: directory.path)
          bytes += YAML.emitDocuments(values).count
        }
        return bytes
      }
      guard bytes > 0 else { return }
      times.append(usage)
    }
    let oracle = pairs.reduce(0) { $0 + $1.oracle.processor }
    let ours = times.median.processor
    Row.print("all of them in one process, processor time", Row.milliseconds(ours))
    Row.print("kubectl kustomize on each", Row.milliseconds(oracle))
    Row.print("  the oracle's to ours", Row.ratio(oracle / max(ours, 0.001)))
  }

  private static var oraclePath: String? {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["FLOTILLA_ORACLE"] { return named }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/kubectl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func examples() -> [Directory] {
    let root = "\(Place.project)/Examples"
    let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix("/kustomization.yaml") }.sorted().compactMap { file in
      TreePath(file)?.parent.map { Directory(root: root, path: $0) }
    }
  }

  private static func conformanceCases() -> [Directory] {
    guard let folder = ProcessInfo.processInfo.environment["FLOTILLA_CONFORMANCE"] else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap { name in
      guard FileManager.default.fileExists(atPath: "\(folder)/\(name)/expected.yaml"),
        let text = try? String(contentsOfFile: "\(folder)/\(name)/path.txt", encoding: .utf8),
        let path = TreePath(text.trimmingCharacters(in: .whitespacesAndNewlines))
      else { return nil }
      return Directory(root: "\(folder)/\(name)/input", path: path)
    }
  }
}

extension Array where Element == Usage {
  /// Each figure by itself.
  var median: Usage {
    Usage(
      wall: map(\.wall).median, processor: map(\.processor).median,
      memory: Int(map { Double($0.memory) }.median))
  }
}
