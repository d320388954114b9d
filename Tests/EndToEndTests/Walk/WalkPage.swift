import Foundation

/// A page of prose with a walk through a terminal: blocks marked `console`, in which a line that begins with `$ ` is a
/// command and what follows is its output. `<!-- until: COMMAND -->` waits until that command succeeds.
struct WalkPage {
  enum Part: Equatable {
    case prose(String)
    case until(String)
    case command(String, output: [String])
  }

  var parts: [Part] = []

  init(_ text: String) {
    var isConsole = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if isConsole, line == "```" {
        isConsole = false
        parts.append(.prose(line))
      } else if isConsole {
        take(line)
      } else {
        isConsole = line == "```console"
        let wait = line.wholeMatch(of: /<!-- until: (.+) -->/)
        if let wait { parts.append(.until(String(wait.1))) } else { parts.append(.prose(line)) }
      }
    }
  }

  private mutating func take(_ line: String) {
    if line.hasPrefix("$ ") { return parts.append(.command(String(line.dropFirst(2)), output: [])) }
    guard case .command(let command, var output)? = parts.last else { return parts.append(.prose(line)) }
    output.append(line)
    parts[parts.count - 1] = .command(command, output: output)
  }

  var text: String {
    parts.map { part in
      switch part {
      case .prose(let line): line
      case .until(let command): "<!-- until: \(command) -->"
      case .command(let command, let output): (["$ \(command)"] + output).joined(separator: "\n")
      }
    }.joined(separator: "\n")
  }

  /// The commands with their outputs, in their order.
  var commands: [(command: String, output: [String])] {
    parts.compactMap { if case .command(let command, let output) = $0 { (command, output) } else { nil } }
  }

  /// The page with other outputs.
  func with(_ outputs: [[String]]) -> WalkPage {
    var page = self
    var rest = outputs[...]
    for (index, part) in parts.enumerated() {
      guard case .command(let command, _) = part, let output = rest.popFirst() else { continue }
      page.parts[index] = .command(command, output: output)
    }
    return page
  }
}

// MARK: Walking

extension WalkPage {
  /// How long one wait may last, in fifths of a second: two minutes.
  private static let looks = 600

  /// What a shell makes of the page, in one session: each command's output in a file of its own, by its number.
  func script(outputs: String) -> String {
    var lines = [
      "trap 'kill $(jobs -p) 2>/dev/null' EXIT",
      "until_so() { for _ in $(seq \(WalkPage.looks)); do if eval \"$1\" >/dev/null 2>&1; then return; fi; sleep 0.2; done; "
        + "echo \"this did not come to be: $1\" >&2; exit 9; }",
    ]
    var number = 0
    for part in parts {
      switch part {
      case .prose: break
      case .until(let command): lines.append("until_so '\(command)'")
      case .command(let command, _):
        lines.append("{ \(command)\n} > \(outputs)/\(number).txt 2>&1 < /dev/null")
        number += 1
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What of an output is the same in every run.
enum WalkText {
  /// States that a cluster or a stage goes through too fast for every one of them to be seen.
  private static var passing: Regex<(Substring, Substring)> {
    /\b(rolling|offered|pulled|applying|progressing|healthy|soaking)\b/
  }

  /// States that a watch sees or not, as it connects earlier or later than the others act.
  private static var waiting: Regex<Substring> { #/ is (?:running|pending|awaitingBefore|awaitingAfter)\b/# }

  static func normalised(_ output: [String], of command: String) -> [String] {
    let isWatch = command.contains("watch.txt") || command.contains("rollout watch")
    var lines = output.map(normalised)
    if isWatch {
      lines = Set(lines.filter { $0.firstMatch(of: passing) == nil && $0.firstMatch(of: waiting) == nil }).sorted()
    }
    // What is on its way looks different every time; that it is on its way does not.
    return lines.map { line in
      if command.contains("get clusters") { return line.replacing(#/ \d+$/#, with: " <n>") }
      guard command.contains("rollout status") || command.contains("rollout approve"),
        let name = line.firstMatch(of: #/^ (\S+-\d) /#)?.1, line.firstMatch(of: passing) != nil
      else { return line }
      return " \(name) <on its way>"
    }
  }

  private static func normalised(_ line: String) -> String {
    line.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/, with: "<time>")
      .replacing(/\b[0-9a-f]{7,64}\b/, with: "<id>")
      .replacing(/\b\d+(ms|s|m|h)\b( \d+(ms|s|m|h)\b)*/, with: "<span>")
      .replacing(/\b\d+ records/, with: "<n> records")
      .replacing(/\b\d+:<id>/, with: "<n>:<id>")
      .replacing(/^\d+ +<time>/, with: "<n> <time>")
      .replacing(#/ {2,}/#, with: " ").replacing(#/ +$/#, with: "")
  }
}
