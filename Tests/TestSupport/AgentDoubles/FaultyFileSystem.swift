public import AgentCore
public import Manifests
import Synchronization

/// The host's file system, in which one operation fails, or all from one on, as when the power goes.
public final class FaultyFileSystem: FileSystem {
  public enum Fault: Sendable, Hashable {
    case once(at: Int)
    case forever(from: Int)
    /// A file is created with half of its content, and the write fails.
    case torn(at: Int)
  }

  private let host = HostFileSystem()
  private let fault: Fault
  private let operations = Mutex(0)

  public init(_ fault: Fault) { self.fault = fault }

  /// How many operations that change anything were asked for.
  public var count: Int { operations.withLock { $0 } }

  private func isHit() -> Bool {
    let number = operations.withLock { count in
      count += 1
      return count
    }
    return switch fault {
    case .once(let failing), .torn(let failing): number == failing
    case .forever(let first): number >= first
    }
  }

  private func step(_ path: String) throws(FleetError) {
    if isHit() { throw FleetError(.fileSystem, "fails as the test wants", at: .init(file: path)) }
  }

  public func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8]? { try host.read(path, limit: limit) }
  public func list(_ path: String) throws(FleetError) -> [String] { try host.list(path) }

  public func create(_ path: String, _ content: [UInt8], mode: UInt32) throws(FleetError) {
    if isHit() {
      if case .torn = fault { try host.create(path, Array(content.prefix(content.count / 2)), mode: mode) }
      throw FleetError(.fileSystem, "fails as the test wants", at: .init(file: path))
    }
    try host.create(path, content, mode: mode)
  }

  public func sync(_ path: String) throws(FleetError) {
    try step(path)
    try host.sync(path)
  }

  public func syncDirectory(_ path: String) throws(FleetError) {
    try step(path)
    try host.syncDirectory(path)
  }

  public func rename(_ from: String, to: String) throws(FleetError) {
    try step(to)
    try host.rename(from, to: to)
  }

  public func remove(_ path: String) throws(FleetError) {
    try step(path)
    try host.remove(path)
  }

  public func removeDirectory(_ path: String) throws(FleetError) {
    try step(path)
    try host.removeDirectory(path)
  }

  public func makeDirectory(_ path: String, mode: UInt32) throws(FleetError) {
    try step(path)
    try host.makeDirectory(path, mode: mode)
  }

  public func mode(of path: String) throws(FleetError) -> UInt32? { try host.mode(of: path) }

  public func setMode(of path: String, to mode: UInt32) throws(FleetError) {
    try step(path)
    try host.setMode(of: path, to: mode)
  }
}
