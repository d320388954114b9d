import AgentCore
import Manifests
import Synchronization

/// An agent's disk in memory: ten thousand agents that sync theirs would measure one disk and nothing else.
final class MemoryFiles: FileSystem {
  private let contents = Mutex<[String: [UInt8]]>([:])

  func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8]? { contents.withLock { $0[path] } }

  func create(_ path: String, _ content: [UInt8], mode: UInt32) throws(FleetError) {
    let isNew = contents.withLock { contents in
      guard contents[path] == nil else { return false }
      contents[path] = content
      return true
    }
    if !isNew { throw FleetError(.fileSystem, "is there already", at: .init(file: path)) }
  }

  func rename(_ from: String, to: String) throws(FleetError) {
    let wasThere = contents.withLock { contents in
      guard let content = contents.removeValue(forKey: from) else { return false }
      contents[to] = content
      return true
    }
    if !wasThere { throw FleetError(.fileSystem, "is not there", at: .init(file: from)) }
  }

  func remove(_ path: String) throws(FleetError) { contents.withLock { $0[path] = nil } }

  func list(_ path: String) throws(FleetError) -> [String] {
    let names = contents.withLock { contents in
      contents.keys.compactMap { key -> String? in
        guard key.hasPrefix("\(path)/") else { return nil }
        return String(key.dropFirst(path.count + 1).prefix { $0 != "/" })
      }
    }
    return Set(names).sorted { $0.precedesInBytes($1) }
  }

  // Nothing here outlives the process, and nobody else can look at it.
  func sync(_ path: String) throws(FleetError) {}
  func syncDirectory(_ path: String) throws(FleetError) {}
  func makeDirectory(_ path: String, mode: UInt32) throws(FleetError) {}
  func removeDirectory(_ path: String) throws(FleetError) {}
  func mode(of path: String) throws(FleetError) -> UInt32? { nil }
  func setMode(of path: String, to mode: UInt32) throws(FleetError) {}
}
