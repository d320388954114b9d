import Foundation

/// The table of modules in Docs/architecture.md: which module may use which.
struct ModuleTable {
  var rows: [String: Set<String>]

  static func load() throws -> ModuleTable {
    let page = PackageDescription.root.appending(path: "Docs/architecture.md")
    var rows: [String: Set<String>] = [:]
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 5, cells[1].hasPrefix("`"), cells[1].hasSuffix("`") else { continue }
      let allowed = cells[3].matches(of: /`([A-Za-z0-9_-]+)`/).map { String($0.1) }
      rows[cells[1].trimmingCharacters(in: ["`"])] = Set(allowed)
    }
    return ModuleTable(rows: rows)
  }
}
