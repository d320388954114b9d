import Foundation

/// Python with the packages from PyPI that tests check the project against.
///
/// Made once below `.build`, and used again by every later run that wants the same packages.
public struct PythonEnvironment: Sendable {
  /// The client of TUF's own authors, and gRPC's, each in the version that the tests were written with.
  public static let interoperation = PythonEnvironment(
    name: "interoperation",
    packages: ["tuf==7.0.1", "securesystemslib==1.6.0", "cryptography", "grpcio", "grpcio-reflection"])

  let name: String
  let packages: [String]

  /// - Parameter packages: as pip takes them.
  public init(name: String, packages: [String]) {
    self.name = name
    self.packages = packages
  }

  /// Why there is no such environment.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    /// Whether pip reached no index: the one thing that excuses a test.
    let isUnreachable: Bool
  }

  /// Whether the environment is there, or can be made. False only when pip reaches no index; throws for anything else.
  public func isAvailable() async throws -> Bool {
    do {
      _ = try await python()
      return true
    } catch let failure as Failure where failure.isUnreachable {
      return false
    }
  }

  /// The interpreter of this environment, which is made when it is not there.
  public func python() async throws -> String { try await Environments.shared.python(of: self) }

  /// Runs a script; what it printed. Throws when it fails.
  public func run(_ script: String, _ arguments: [String] = []) async throws -> String {
    let result = try runProgram(try await python(), [script] + arguments)
    guard result.status == 0 else {
      throw Failure(description: "\(script) ended with \(result.status): \(result.text)", isUnreachable: false)
    }
    return result.text
  }

  /// `.build/python/<name>` of the project.
  fileprivate var directory: String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: ".build/python/\(name)").path
  }

  fileprivate func make() throws -> String {
    let python = "\(directory)/bin/python"
    // Written last, so that what a killed run left behind is made anew.
    let marker = "\(directory)/packages.txt"
    let wanted = packages.joined(separator: "\n")
    if (try? String(contentsOfFile: marker, encoding: .utf8)) == wanted { return python }
    try check(try runProgram("python3", ["-m", "venv", "--clear", directory]))
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "30"]
    try check(try runProgram(python, pip + packages))
    try wanted.write(toFile: marker, atomically: true, encoding: .utf8)
    return python
  }

  private func check(_ result: ProgramResult) throws {
    guard result.status != 0 else { return }
    let signs = ["NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "ProxyError"]
    throw Failure(description: result.text, isUnreachable: signs.contains { result.text.contains($0) })
  }
}

/// One environment is made by one test while the others wait.
private actor Environments {
  static let shared = Environments()
  private var made: [String: Result<String, any Error>] = [:]

  func python(of environment: PythonEnvironment) throws -> String {
    let result = made[environment.name] ?? Result { try environment.make() }
    made[environment.name] = result
    return try result.get()
  }
}
