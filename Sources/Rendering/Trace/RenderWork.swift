public import Manifests
import Synchronization

/// What a renderer had to do itself: what it had from the renderer before it, or from a cache, is not in it.
///
/// After a commit that changes nothing it is empty; in general it names the overlays that the commit concerns.
public struct RenderWork: Hashable, Sendable {
  /// How often each overlay was built up to where substitution starts, by its directory.
  public internal(set) var builds: [TreePath: Int] = [:]
  /// How many manifest sets were made of each overlay.
  public internal(set) var sets: [TreePath: Int] = [:]

  /// How often the charts of a directory were rendered; each time the program is run twice.
  public internal(set) var charts: [TreePath: Int] = [:]

  public init(builds: [TreePath: Int] = [:], sets: [TreePath: Int] = [:], charts: [TreePath: Int] = [:]) {
    self.builds = builds
    self.sets = sets
    self.charts = charts
  }
}

/// Where several tasks note what they did.
final class WorkLog: Sendable {
  private let state = Mutex(RenderWork())

  var work: RenderWork { state.withLock { $0 } }

  func noteBuild(of overlay: Overlay) { state.withLock { $0.builds[overlay.directory, default: 0] += 1 } }

  func noteChart(_ directory: TreePath) { state.withLock { $0.charts[directory, default: 0] += 1 } }

  func noteSet(of overlay: Overlay) { state.withLock { $0.sets[overlay.directory, default: 0] += 1 } }
}
