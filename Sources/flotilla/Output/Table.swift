/// A table for the terminal: columns as wide as they need to be, two spaces apart.
struct Table {
  private var rows: [[String]]

  init(_ header: String...) { rows = [header] }
  init(_ header: [String]) { rows = [header] }

  mutating func add(_ cells: String...) { add(cells) }
  mutating func add(_ cells: [String]) { rows.append(cells.map(Terminal.harmless)) }

  var text: String { lines.map { $0 + "\n" }.joined() }

  var lines: [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }.joined(separator: "  ")
    }
  }
}
