import Digests
import FleetModel
import Manifests
import Synchronization

/// The build of one overlay, shared by all clusters that use it.
///
/// Everything up to substitution is done once; what follows is done once for each set of inputs.
final class OverlayBuild: Traced {
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
    /// Where substitution has something to do, object by object.
    let places: [Substitution.Places]
    /// The same references for the objects with single values put in.
    let narrowReferences: NameReferences

    init(_ accumulation: Accumulation, _ finish: KustomizationBuild.Finish) {
      self.accumulation = accumulation
      self.finish = finish
      references = KustomizationBuild.nameReferences(of: accumulation)
      narrowReferences = references.narrowed(to: accumulation.list)
      places = accumulation.list.resources.map(Substitution.Places.init)
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
      return Prepared(accumulation, KustomizationBuild.Finish(order: .success(.fifo)))
    case .chart(let release):
      var accumulation = Accumulation()
      let inflation = try charts.resources(of: overlay, release: release, on: files)
      try accumulation.list.append(inflation.resources)
      accumulation.charts.note(inflation)
      return Prepared(accumulation, KustomizationBuild.Finish(order: .success(.fifo)))
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

  /// What manifest sets are made with.
  struct Workshop {
    /// A tree on which the trace holds.
    var files: BuildFiles
    /// What it stands on; notes when a set has to be made.
    var shared: SharedBuilds
    /// Where manifest sets are kept beyond this build.
    var cache: (any RenderCache)?
  }

  /// The app's objects for these parameters, from the cache or made.
  func manifests(_ parameters: Parameters, in workshop: Workshop) throws(FleetError) -> ManifestSet {
    try cached(parameters, in: workshop.cache) { () throws(FleetError) in
      try FleetError.checkCancellation()
      workshop.shared.log.noteSet(of: overlay)
      return try made(parameters, from: prepared(on: workshop.files, workshop.shared))
    }
  }

  /// Where a cache has the set for these parameters.
  func key(of parameters: Parameters) -> Digest {
    RenderKey.manifests(of: overlay, parameters, trace: traceDigest)
  }

  private func cached(
    _ parameters: Parameters, in cache: (any RenderCache)?, make: () throws(FleetError) -> ManifestSet
  ) throws(FleetError) -> ManifestSet {
    guard let cache else { return try make() }
    let key = key(of: parameters)
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
    var references = prepared.narrowReferences
    if let inputs = parameters.inputs {
      try accumulation.charts.refuseLostPlaceholders()
      let substitution = Substitution(values: inputs.compactMapValues { $0 })
      for (index, places) in prepared.places.enumerated() where !places.isEmpty {
        try substitution.apply(to: &accumulation.list.resources[index], at: places)
      }
      // A list or map that is put in may hold any field.
      if !substitution.hasOnlySingleValues { references = prepared.references }
    }
    let resources = try KustomizationBuild.finish(accumulation, prepared.finish, references)
    return try AppObjects.manifests(resources, namespace: parameters.namespace)
  }
}
