import Glibc
import Manifests
import Rendering
import Testing

/// Checks that a build renders this YAML, and where the variable FLOTILLA_ORACLE names a kubectl, that it does too.
func expect(
  _ files: [String: String], _ directory: String = "", renders expected: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let wanted = try YAML.parse(Array(expected.utf8), file: "expected.yaml", dialect: .settings).map(\.value)
  try check(build(files, directory), wanted, "rendered", sourceLocation)
  guard let oracle = Oracle() else { return }
  let text = try #require(oracle.render(files, directory), "the oracle refuses", sourceLocation: sourceLocation)
  let other = try YAML.parse(text, file: "oracle.yaml", dialect: .settings).map(\.value)
  try check(other, wanted, "the oracle renders", sourceLocation)
}

private func check(_ got: [Value], _ wanted: [Value], _ who: String, _ location: SourceLocation) throws {
  try #require(got.count == wanted.count, "\(who) \(got.count) objects", sourceLocation: location)
  for (got, wanted) in zip(got, wanted) {
    let difference = Difference.find(wanted, got, at: "")
    #expect(difference == nil, "\(who) something else", sourceLocation: location)
  }
}

/// Checks that a build is refused, and where there is an oracle, that it refuses too.
@discardableResult
func expect(
  _ files: [String: String], _ directory: String = "", isRefusedWith code: FleetError.Code,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> FleetError {
  let error = try #require(throws: FleetError.self, sourceLocation: sourceLocation) { try build(files, directory) }
  #expect(error.code == code, sourceLocation: sourceLocation)
  if code != .notSupportedYet, let oracle = Oracle() {
    #expect(oracle.render(files, directory) == nil, "the oracle renders it", sourceLocation: sourceLocation)
  }
  return error
}

/// `kubectl kustomize`, which decides what is right.
struct Oracle {
  private let kubectl: String

  /// nil where no kubectl is named.
  init?() {
    guard let name = getenv("FLOTILLA_ORACLE") else { return nil }
    kubectl = String(cString: name)
  }

  /// What it prints of a directory, and whether it renders it.
  func run(on directory: String) -> (isRendered: Bool, output: [UInt8]) {
    run("'\(kubectl)' kustomize '\(directory)' 2>/dev/null").map { (true, $0) } ?? (false, [])
  }

  /// What it prints; nil when it refuses.
  func render(_ files: [String: String], _ directory: String) -> [UInt8]? {
    var template = Array("/tmp/flotilla-oracle-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    let root = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { run("rm -rf '\(root)'") }
    for (path, text) in files {
      let place = "\(root)/\(path)"
      run("mkdir -p '\(place.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })'")
      guard let file = fopen(place, "w") else { return nil }
      fwrite(Array(text.utf8), 1, text.utf8.count, file)
      fclose(file)
    }
    return run("'\(kubectl)' kustomize '\(root)/\(directory)' 2>/dev/null")
  }

  /// The output of a command; nil when it fails.
  @discardableResult
  private func run(_ command: String) -> [UInt8]? {
    guard let pipe = popen(command, "r") else { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[0..<count] }
    return pclose(pipe) == 0 ? output : nil
  }
}
