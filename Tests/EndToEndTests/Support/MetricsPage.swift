import Foundation
import Testing

/// What Docs/reference/metrics.md lists of one program's numbers.
struct MetricsPage {
  private struct Description: Hashable {
    var name: String
    var type: String
    var help: String
  }

  private var rows: Set<Description> = []
  private var labels: [String: Set<String>] = [:]

  /// - Parameter program: as the page's headline calls it: `hub`, `agent`.
  init(of program: String) throws {
    let page = try String(contentsOfFile: "\(Stage.project)/Docs/reference/metrics.md", encoding: .utf8)
    let start = try #require(page.range(of: "\n## The \(program)\n")).upperBound
    let section = page[start...].prefix(upTo: page[start...].range(of: "\n## ")?.lowerBound ?? page.endIndex)
    for line in section.split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[0].hasPrefix("`flotilla_") else { continue }
      let name = cells[0].trimmingCharacters(in: ["`"])
      labels[name] = Set(cells[2].matches(of: /`(\w+)`/).map { String($0.1) })
      rows.insert(Description(name: name, type: cells[1], help: cells[3]))
    }
  }

  /// Expects that a program's answer has these numbers and no others, each line in Prometheus' text format.
  func expect(_ text: String) throws {
    #expect(rows.count >= 10)
    #expect(described(by: text) == rows)
    #expect(text.hasSuffix("\n"))
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let sample = try #require(
        line.wholeMatch(of: /(\w+)(\{(\w+="[^"\\]*"(,\w+="[^"\\]*")*)\})? ([-+.eE0-9]+|\+Inf|NaN)/), "\(line)")
      let histogram = String(sample.1).replacing(/_(bucket|sum|count)$/, with: "")
      let name = labels[String(sample.1)] == nil ? histogram : String(sample.1)
      let known = try #require(labels[name], "\(line)")
      let used = Set(String(sample.2 ?? "").matches(of: /(\w+)="/).map { String($0.1) })
      #expect(used == (sample.1.hasSuffix("_bucket") ? known.union(["le"]) : known), "\(line)")
    }
  }

  private func described(by metrics: String) -> Set<Description> {
    let lines = metrics.split(separator: "\n")
    func comments(_ kind: String) -> [String: String] {
      Dictionary(
        lines.filter { $0.hasPrefix("# \(kind) ") }.compactMap { line in
          let words = line.split(separator: " ", maxSplits: 3)
          return words.count == 4 ? (String(words[2]), String(words[3])) : nil
        }, uniquingKeysWith: { $1 })
    }
    let types = comments("TYPE")
    return Set(comments("HELP").map { Description(name: $0.key, type: types[$0.key] ?? "", help: $0.value) })
  }
}
