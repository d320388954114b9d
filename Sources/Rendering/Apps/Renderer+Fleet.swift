public import FleetModel
public import Manifests

extension Renderer {
  /// Renders an app for every cluster that it targets, on all cores.
  ///
  /// What does not render is an error of its cluster, and keeps no other from being rendered.
  /// - Parameters:
  ///   - previous: the same app's renders on the tree of the renderer before this one, which are used again as far as
  ///     they hold.
  ///   - summary: what is kept of each manifest set; called once for each distinct one, from several tasks.
  /// - Throws: when the task is cancelled, with nothing rendered by halves: what is done by then is found by the next.
  public func renders<Summary>(
    of app: AppDeclaration, on clusters: ClusterList, after previous: AppRenders<Summary>? = nil,
    summary: @escaping @Sendable (ManifestSet) -> Summary
  ) async throws(CancellationError) -> AppRenders<Summary> {
    let held = previous.flatMap { holds($0, app) ? $0 : nil }
    if let held, held.clusters === clusters { return held }
    var grouping = Grouping<Summary>(previous)
    var targets = Array(clusters.clusters.indices)
    var choices: [ChoiceKey: Overlay] = [:]
    if let held, let places = clusters.places(ofThoseIn: held.clusters) {
      let kept = Set(places.values)
      grouping.keep(held, places)
      targets.removeAll(where: kept.contains)
      choices = held.choices
    }
    targets.removeAll { !app.targets(clusters.clusters[$0]) }
    let chosen = try await chosen(for: app, on: targets.map { clusters.clusters[$0] })
    for (index, target) in zip(targets, chosen.overlays) {
      let cluster = clusters.clusters[index]
      do throws(FleetError) {
        let build = try overlayBuild(target.get(), for: cluster)
        grouping.add(index, build, try parameters(of: build, app, cluster))
      } catch {
        grouping.add(index, error.within(FleetError.Address(cluster: cluster.name, app: app.name)))
      }
    }
    let workshops = self
    let made = try await Cores.map(grouping.unknown) { group in
      Result { () throws(FleetError) in summary(try group.build.manifests(group.parameters, in: workshops.workshop)) }
    }
    return grouping.renders(made, app, clusters, choices.merging(chosen.choices) { $1 })
  }

  /// Whether an app cannot have changed, on clusters that have not, since it was rendered.
  private func holds<Summary>(_ previous: AppRenders<Summary>, _ app: AppDeclaration) -> Bool {
    // An error may be of something that no trace has.
    guard previous.app == app, !previous.hasErrors else { return false }
    do throws(FleetError) {
      for (key, overlay) in previous.choices {
        guard let choice = try olderChoices.find(key), choice.overlay == overlay else { return false }
        _ = try choices.value(key) { choice }
      }
      for build in previous.builds {
        if let charts = build.overlay.charts, charts.program != shared.inflations.identity { return false }
        // Found in the map of this renderer it is there for the next one too.
        guard try overlayBuild(build.overlay) === build else { return false }
      }
    } catch {
      return false
    }
    return true
  }

  /// A build that clusters share.
  private struct Needed: Hashable {
    var overlay: Overlay
    var kubernetes: ClusterDeclaration.Kubernetes
  }

  private struct Chosen {
    /// Of each cluster.
    var overlays: [Result<Overlay, FleetError>] = []
    var choices: [ChoiceKey: Overlay] = [:]
  }

  /// The overlay of each cluster; every one of them is built, as far as it can be.
  private func chosen(
    for app: AppDeclaration, on clusters: [ClusterDeclaration]
  ) async throws(CancellationError) -> Chosen {
    var chosen = Chosen()
    var known: [[String]: Result<Overlay, FleetError>] = [:]
    for cluster in clusters {
      let candidates = Overlay.candidates(of: app, for: cluster)
      if let result = known[candidates] {
        chosen.overlays.append(result)
        continue
      }
      let result = Result { () throws(FleetError) in try choice(for: app, candidates).overlay }
      known[candidates] = result
      chosen.overlays.append(result)
      if case .success(let overlay) = result {
        chosen.choices[ChoiceKey(directory: app.directory, candidates: candidates)] = overlay
      }
    }
    var needed: [Needed: ClusterDeclaration] = [:]
    for (cluster, overlay) in zip(clusters, chosen.overlays) {
      guard case .success(let overlay) = overlay else { continue }
      needed[Needed(overlay: overlay, kubernetes: cluster.kubernetes)] = cluster
    }
    _ = try await Cores.map(Array(needed)) { needed in
      Result { () throws(FleetError) in try self.overlayBuild(needed.key.overlay, for: needed.value) }
    }
    return chosen
  }
}

/// Finds the clusters that share a manifest set, and what is known of it already.
private struct Grouping<Summary: Sendable> {
  private struct Key: Hashable {
    var build: ObjectIdentifier
    var parameters: OverlayBuild.Parameters
  }

  private var earlier: [Key: Summary] = [:]
  private var indices: [Key: Int] = [:]
  private var groups: [AppRenders<Summary>.Group] = []
  private var summaries: [Summary?] = []
  private var places: [AppRenders<Summary>.Place] = []

  init(_ previous: AppRenders<Summary>?) {
    guard let previous else { return }
    for (group, summary) in zip(previous.groups, previous.summaries) {
      earlier[Key(build: ObjectIdentifier(group.build), parameters: group.parameters)] = summary
    }
  }

  /// Takes over what the app was on clusters that have not changed.
  /// - Parameter places: where they stand now, by where they stood.
  mutating func keep(_ previous: AppRenders<Summary>, _ clusters: [Int: Int]) {
    for place in previous.places {
      guard let cluster = clusters[place.cluster], let index = place.summary else { continue }
      let group = previous.groups[index]
      add(cluster, group.build, group.parameters)
    }
  }

  mutating func add(_ cluster: Int, _ build: OverlayBuild, _ parameters: OverlayBuild.Parameters) {
    let key = Key(build: ObjectIdentifier(build), parameters: parameters)
    if let index = indices[key] {
      places.append(AppRenders.Place(cluster: cluster, summary: index))
      return
    }
    indices[key] = groups.count
    places.append(AppRenders.Place(cluster: cluster, summary: groups.count))
    groups.append(AppRenders.Group(build: build, parameters: parameters))
    summaries.append(earlier[key])
  }

  mutating func add(_ cluster: Int, _ error: FleetError) {
    places.append(AppRenders.Place(cluster: cluster, error: error))
  }

  /// The groups that have to be rendered.
  var unknown: [AppRenders<Summary>.Group] { groups.indices.filter { summaries[$0] == nil }.map { groups[$0] } }

  /// - Parameter made: what became of those that had to be rendered.
  func renders(
    _ made: [Result<Summary, FleetError>], _ app: AppDeclaration, _ clusters: ClusterList,
    _ choices: [Renderer.ChoiceKey: Overlay]
  ) -> AppRenders<Summary> {
    var made = made.makeIterator()
    var good: [Summary] = []
    var goodGroups: [AppRenders<Summary>.Group] = []
    /// Of each group: its index among the good ones, or its error.
    var results: [Result<Int, FleetError>] = []
    for (index, known) in summaries.enumerated() {
      switch known.map(Result.success) ?? made.next() {
      case .success(let summary)?:
        results.append(.success(good.count))
        good.append(summary)
        goodGroups.append(groups[index])
      case .failure(let error)?: results.append(.failure(error))
      case nil: results.append(.failure(FleetError(.renderCancelled, "the render was given up")))
      }
    }
    let places = places.map { place in
      guard let index = place.summary else { return place }
      var place = place
      switch results[index] {
      case .success(let summary): place.summary = summary
      case .failure(let error):
        place.summary = nil
        let name = clusters.clusters[place.cluster].name
        place.error = error.within(FleetError.Address(cluster: name, app: app.name))
      }
      return place
    }
    return AppRenders(
      app: app, clusters: clusters, places: places.sorted { $0.cluster < $1.cluster }, summaries: good,
      groups: goodGroups, choices: choices)
  }
}
