import Foundation

/// A story: a text file of commands, each followed by what they led to.
///
///     # Comments and empty lines stand as they are.
///     command
///     another
///     ----
///     what both led to, up to the next empty line
struct Story: Sendable, CustomStringConvertible {
  struct Scene: Sendable {
    /// Comments and empty lines before the commands.
    var preface: [String]
    var commands: [String]
    var expected: [String]

    /// The rows of Docs/rollouts.md that the scene says it shows: `# shows: C6 S4`.
    var rows: [String] {
      preface.filter { $0.hasPrefix(Self.mark) }.flatMap { $0.dropFirst(Self.mark.count).split(separator: " ") }.map(
        String.init)
    }

    private static let mark = "# shows:"
  }

  let file: URL
  let scenes: [Scene]
  let epilogue: [String]

  var rows: [String] { scenes.flatMap(\.rows) }

  var description: String { file.deletingPathExtension().lastPathComponent }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Stories")

  /// The files of the folder, by name.
  static let files: [URL] = {
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
  }()

  /// Every story of the folder that can be read, by name; a test sees to it that each can.
  static let all: [Story] = files.compactMap { try? Story(file: $0) }

  /// Whether stories are to be written anew from what happens, for a person to read the difference.
  static let rewrites = ProcessInfo.processInfo.environment["FLOTILLA_REWRITE_STORIES"] != nil

  init(file: URL) throws {
    self.file = file
    var scenes: [Scene] = []
    var scene = Scene(preface: [], commands: [], expected: [])
    var isTelling = false
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if isTelling, !line.isEmpty {
        scene.expected.append(String(line))
      } else if line == "----" {
        isTelling = true
      } else if line.isEmpty || line.hasPrefix("#") {
        if isTelling {
          scenes.append(scene)
          scene = Scene(preface: [], commands: [], expected: [])
          isTelling = false
        }
        scene.preface.append(String(line))
      } else {
        scene.commands.append(String(line))
      }
    }
    if isTelling { scenes.append(scene) } else if !scene.commands.isEmpty { throw StoryError("no end: \(scene)") }
    self.scenes = scenes
    epilogue = isTelling ? [] : scene.preface
  }

  /// Writes the story down with these outcomes.
  func rewrite(_ outcomes: [[String]]) throws {
    var lines: [String] = []
    for (scene, outcome) in zip(scenes, outcomes) { lines += scene.preface + scene.commands + ["----"] + outcome }
    let text = (lines + epilogue).joined(separator: "\n")
    try (text.hasSuffix("\n") ? text : text + "\n").write(to: file, atomically: false, encoding: .utf8)
  }
}
