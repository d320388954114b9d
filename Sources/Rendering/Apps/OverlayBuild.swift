import Digests
import FleetModel
import Manifests
import Synchronization

/// The build of one overlay, shared by all clusters that use it.
///
/// Everything up to substitution is done once; what follows is done once for each set of inputs.
final class OverlayBuild: Sendable {
  /// What a manifest set of this overlay depends on beside the overlay.
  struct Parameters: Hashable, Sendable {
    var namespace: String
    /// nil where the app does not substitute.
    var inputs: [String: Value?]?
  }

  /// An overlay built up to where substitution starts.
  struct Prepared: Sendable {
    let accumulation: Accumulation
    let finish: KustomizationBuild.Finish
    let references: NameReferences

    init(_ accumulation: Accumulation, _ finish: KustomizationBuild.Finish) {
      self.accumulation = accumulation
      self.finish = finish
      references = KustomizationBuild.nameReferences(of: accumulation)
    }
  }

  let overlay: Overlay
  /// What was looked at to build it.
  let trace: BuildTrace
  private let traceDigest: Digest
  /// The variables that its objects name, each with whether it can do without a definition.
  let variables: [String: Bool]
  private let prepared: Mutex<Prepared?>
  private let sets = RecentSets()

  /// Builds an overlay.
  init(_ overlay: Overlay, on files: BuildFiles, _ bases: SharedBases, _ log: WorkLog) throws(FleetError) {
    let built = try OverlayBuild.prepare(overlay, on: files, bases, log)
    self.overlay = overlay
    trace = files.tree.trace
    traceDigest = trace.digest
    prepared = Mutex(built)
    // A text with ${ that is no placeholder only matters to apps that substitute, and is an error there.
    variables = (try? Substitution.variables(in: built.accumulation.list.resources)) ?? [:]
  }

  /// An overlay that was built before on a tree where everything it looked at is the same.
  init(_ overlay: Overlay, _ known: CachedBuild) {
    self.overlay = overlay
    trace = known.trace
    traceDigest = trace.digest
    variables = known.variables
    prepared = Mutex(nil)
  }

  private static func prepare(
    _ overlay: Overlay, on files: BuildFiles, _ bases: SharedBases, _ log: WorkLog
  ) throws(FleetError) -> Prepared {
    log.noteBuild(of: overlay)
    switch overlay.form {
    case .kustomization:
      var build = KustomizationBuild(files: files, bases: bases)
      let (accumulation, top) = try build.accumulate(overlay.directory)
      return Prepared(accumulation, top.finish)
    case .plain:
      var accumulation = Accumulation()
      accumulation.list = try Overlay.plainResources(in: overlay.directory, on: files)
      return Prepared(accumulation, KustomizationBuild.Finish(order: .fifo))
    }
  }

  private func prepared(
    on files: BuildFiles, _ bases: SharedBases, _ log: WorkLog
  ) throws(FleetError) -> Prepared {
    try prepared.withLock { prepared throws(FleetError) in
      if let prepared { return prepared }
      let built = try OverlayBuild.prepare(overlay, on: files, bases, log)
      prepared = built
      return built
    }
  }

  /// The app's objects for these parameters, made at most once as long as they are remembered.
  /// - Parameters:
  ///   - files: a tree on which the trace holds.
  ///   - cache: where manifest sets are kept beyond this build.
  ///   - log: where it is noted when a set has to be made.
  func manifests(
    _ parameters: Parameters, on files: BuildFiles, _ bases: SharedBases, cache: (any RenderCache)?, _ log: WorkLog
  ) throws(FleetError) -> ManifestSet {
    if let known = sets[parameters] { return known }
    let set = try cached(parameters, in: cache) { () throws(FleetError) in
      log.noteSet(of: overlay)
      return try made(parameters, from: prepared(on: files, bases, log))
    }
    sets[parameters] = set
    return set
  }

  private func cached(
    _ parameters: Parameters, in cache: (any RenderCache)?, make: () throws(FleetError) -> ManifestSet
  ) throws(FleetError) -> ManifestSet {
    guard let cache else { return try make() }
    let key = RenderKey.manifests(of: overlay, parameters, trace: traceDigest)
    if let bytes = cache.get(key).flatMap(CachedContent.content),
      let known = try? ManifestSet(canonicalBytes: bytes, file: overlay.directory.description)
    {
      return known
    }
    let set = try make()
    cache.put(key, CachedContent.bytes(of: set.canonicalBytes))
    return set
  }

  private func made(_ parameters: Parameters, from prepared: Prepared) throws(FleetError) -> ManifestSet {
    var accumulation = prepared.accumulation
    if let inputs = parameters.inputs {
      let substitution = Substitution(values: inputs.compactMapValues { $0 })
      for index in accumulation.list.resources.indices {
        try substitution.apply(to: &accumulation.list.resources[index])
      }
    }
    let resources = try KustomizationBuild.finish(accumulation, prepared.finish, prepared.references)
    return try AppObjects.manifests(resources, namespace: parameters.namespace)
  }
}

/// The manifest sets of an overlay that were made last.
private final class RecentSets: Sendable {
  /// The bytes that one overlay keeps: enough for a few hundred clusters with values of their own.
  private static let limit = 8 << 20

  private struct State {
    var sets: [OverlayBuild.Parameters: ManifestSet] = [:]
    var order: [OverlayBuild.Parameters] = []
    var size = 0
  }

  private let state = Mutex(State())

  subscript(parameters: OverlayBuild.Parameters) -> ManifestSet? {
    get { state.withLock { $0.sets[parameters] } }
    set {
      guard let set = newValue else { return }
      state.withLock { state in
        guard state.sets.updateValue(set, forKey: parameters) == nil else { return }
        state.order.append(parameters)
        state.size += set.canonicalBytes.count
        guard state.size > RecentSets.limit, state.order.count > 1 else { return }
        // Half of them at once, so that the list is not shifted for every one.
        for old in state.order.prefix(state.order.count / 2) {
          state.size -= state.sets.removeValue(forKey: old)?.canonicalBytes.count ?? 0
        }
        state.order.removeFirst(state.order.count / 2)
      }
    }
  }
}
