public import Manifests
import Synchronization

/// A tree that notes everything that is asked of it.
public final class TracingTree: ManifestTree {
  let base: any ManifestTree
  private let state = Mutex(BuildTrace())

  public init(_ base: any ManifestTree) { self.base = base }

  public var label: String { base.label }

  /// What was asked so far, and found.
  public var trace: BuildTrace { state.withLock { $0 } }

  /// Notes what another build looked at, whose result is used here.
  public func record(_ trace: BuildTrace) { state.withLock { $0.formUnion(trace) } }

  public func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    let entry = try base.entry(at: path)
    let kind = entry.map(BuildTrace.Observation.Kind.init) ?? .absent
    state.withLock { $0.record(BuildTrace.Observation(kind), at: path) }
    return entry
  }

  public func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    let entries = try base.list(directory)
    let observation = BuildTrace.Observation(.directory, listing: BuildTrace.digest(of: entries))
    state.withLock { $0.record(observation, at: directory) }
    return entries
  }

  public func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    // What is read has been found by its entry before; that is what the trace needs.
    _ = try entry(at: file)
    return try base.read(file)
  }
}
