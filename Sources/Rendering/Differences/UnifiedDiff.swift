/// The lines of two texts that differ, in the unified format of `diff -u`, without its two header lines.
public struct UnifiedDiff: Hashable, Sendable {
  public let lines: [String]

  private enum Line {
    case same(String)
    case removed(String)
    case added(String)

    var isSame: Bool { if case .same = self { true } else { false } }
    var isRemoved: Bool { if case .removed = self { true } else { false } }
    var isAdded: Bool { if case .added = self { true } else { false } }

    var text: String {
      switch self {
      case .same(let text): " " + text
      case .removed(let text): "-" + text
      case .added(let text): "+" + text
      }
    }
  }

  /// - Parameter context: lines shown around each change.
  public init(_ before: [String], _ after: [String], context: Int) {
    let script = UnifiedDiff.script(before, after)
    var lines: [String] = []
    for hunk in UnifiedDiff.hunks(script, context: max(0, context)) {
      lines.append(UnifiedDiff.header(script, hunk))
      lines += script[hunk].map(\.text)
    }
    self.lines = lines
  }

  private static func script(_ before: [String], _ after: [String]) -> [Line] {
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in after.difference(from: before, by: { $0.utf8.elementsEqual($1.utf8) }) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var script: [Line] = []
    var (old, new) = (0, 0)
    while old < before.count || new < after.count {
      if removed.contains(old) {
        script.append(.removed(before[old]))
        old += 1
      } else if added.contains(new) {
        script.append(.added(after[new]))
        new += 1
      } else {
        script.append(.same(before[old]))
        old += 1
        new += 1
      }
    }
    return script
  }

  /// The parts of a script around its changes; those that touch are one.
  private static func hunks(_ script: [Line], context: Int) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for index in script.indices where !script[index].isSame {
      let part = max(0, index - context)..<min(script.count, index + context + 1)
      if let last = hunks.last, last.upperBound >= part.lowerBound {
        hunks[hunks.count - 1] = last.lowerBound..<part.upperBound
      } else {
        hunks.append(part)
      }
    }
    return hunks
  }

  private static func header(_ script: [Line], _ hunk: Range<Int>) -> String {
    let earlier = script[..<hunk.lowerBound]
    func span(_ isMissing: (Line) -> Bool) -> String {
      let count = script[hunk].count { !isMissing($0) }
      let start = earlier.count { !isMissing($0) } + (count == 0 ? 0 : 1)
      return count == 1 ? "\(start)" : "\(start),\(count)"
    }
    return "@@ -\(span(\.isAdded)) +\(span(\.isRemoved)) @@"
  }
}
