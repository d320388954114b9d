import ArgumentParser
import Manifests
import Programs

/// How an answer is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  /// A table with more columns, where there are more.
  case wide
  case json
  case yaml
  case name

  /// Writes a list of answers: in one document for programs, as a table for people.
  func write(_ items: [Value], names: [String], table: () -> Table) {
    switch self {
    case .table, .wide: StandardStreams.print(table().text)
    case .json: OutputFormat.printJSON(["items": .array(items)])
    case .yaml: StandardStreams.print(YAML.emit(["items": .array(items)]))
    case .name: for name in names { StandardStreams.print(name) }
    }
  }

  /// A text of whole lines, as every text of the command line.
  static func printJSON(_ value: Value) { StandardStreams.print(JSON.pretty(value) + [0x0a]) }

  /// Writes one answer.
  func write(_ item: Value, name: String, table: () -> String) {
    switch self {
    case .table, .wide: StandardStreams.print(table())
    case .json: OutputFormat.printJSON(item)
    case .yaml: StandardStreams.print(YAML.emit(item))
    case .name: StandardStreams.print(name)
    }
  }
}
