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
  /// Whether there is nothing but this known: that it has charts, and has to be built for a target of theirs.
  let needsChartTarget: Bool
  private let prepared: Mutex<Prepared?>
  private let sets = RecentSets()

  /// Builds an overlay.
  ///
  /// One that has charts, and no target for them yet, is built up to the first of them.
  init(_ overlay: Overlay, on files: BuildFiles, _ shared: SharedBuilds) throws(FleetError) {
    let built = try OverlayBuild.prepareUpToCharts(overlay, on: files, shared)
    self.overlay = overlay
    trace = files.tree.trace
    traceDigest = trace.digest
    prepared = Mutex(built)
    needsChartTarget = built == nil
    // A text with ${ that is no placeholder only matters to apps that substitute, and is an error there.
    variables = built.flatMap { try? Substitution.variables(in: $0.accumulation.list.resources) } ?? [:]
  }

  /// An overlay that was built before on a tree where everything it looked at is the same.
  init(_ overlay: Overlay, _ known: CachedBuild) {
    self.overlay = overlay
    trace = known.trace
    traceDigest = trace.digest
    variables = known.variables
    needsChartTarget = known.needsChartTarget
    prepared = Mutex(nil)
  }

  private static func prepareUpToCharts(
    _ overlay: Overlay, on files: BuildFiles, _ shared: SharedBuilds
  ) throws(FleetError) -> Prepared? {
    do {
      let built = try prepare(overlay, on: files, shared)
      shared.log.noteBuild(of: overlay)
      return built
    } catch {
      if error.code == .chartReached { return nil }
      shared.log.noteBuild(of: overlay)
      throw error
    }
  }

  private static func prepare(
    _ overlay: Overlay, on files: BuildFiles, _ shared: SharedBuilds
  ) throws(FleetError) -> Prepared {
    let charts = ChartBuild(inflations: shared.inflations, target: overlay.charts)
    switch overlay.form {
    case .kustomization:
      var build = KustomizationBuild(files: files, bases: shared.bases, charts: charts)
      let (accumulation, top) = try build.accumulate(overlay.directory)
      return Prepared(accumulation, top.finish)
    case .plain:
      var accumulation = Accumulation()
      accumulation.list = try Overlay.plainResources(in: overlay.directory, on: files)
      return Prepared(accumulation, KustomizationBuild.Finish(order: .fifo))
    case .chart(let release):
      var accumulation = Accumulation()
      let inflation = try charts.resources(of: overlay, release: release, on: files)
      try accumulation.list.append(inflation.resources)
      accumulation.charts.note(inflation)
      return Prepared(accumulation, KustomizationBuild.Finish(order: .fifo))
    }
  }

  private func prepared(
    on files: BuildFiles, _ shared: SharedBuilds
  ) throws(FleetError) -> Prepared {
    try prepared.withLock { prepared throws(FleetError) in
      if let prepared { return prepared }
      let built = try OverlayBuild.prepare(overlay, on: files, shared)
      shared.log.noteBuild(of: overlay)
      prepared = built
      return built
    }
  }

  /// The app's objects for these parameters, made at most once as long as they are remembered.
  /// - Parameters:
  ///   - files: a tree on which the trace holds.
  ///   - cache: where manifest sets are kept beyond this build.
  ///   - shared: what it stands on; notes when a set has to be made.
  func manifests(
    _ parameters: Parameters, on files: BuildFiles, _ shared: SharedBuilds, cache: (any RenderCache)?
  ) throws(FleetError) -> ManifestSet {
    if let known = sets[parameters] { return known }
    let set = try cached(parameters, in: cache) { () throws(FleetError) in
      shared.log.noteSet(of: overlay)
      return try made(parameters, from: prepared(on: files, shared))
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
      try accumulation.charts.refuseLostPlaceholders()
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
