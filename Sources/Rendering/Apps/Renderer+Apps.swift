public import FleetModel
public import Manifests

extension Renderer {
  /// An app as it should be on a cluster: its overlay chosen and built, the cluster's values put in, checked.
  ///
  /// Two clusters for which the overlay and the values that it names are equal get the identical manifest set, which is
  /// made once.
  public func render(app: AppDeclaration, cluster: ClusterDeclaration) throws(FleetError) -> RenderedApp {
    do {
      return try rendered(app, cluster)
    } catch {
      throw error.within(FleetError.Address(cluster: cluster.name, app: app.name))
    }
  }

  /// Whether an app is on a cluster what it was in another tree, as far as that can be said without rendering it: its
  /// overlay is the one that `previous` built, and the values that it names are the same.
  public func isUnchanged(
    app: AppDeclaration, cluster: ClusterDeclaration, since previous: Renderer, app oldApp: AppDeclaration,
    cluster oldCluster: ClusterDeclaration
  ) throws(FleetError) -> Bool {
    do {
      let old = try previous.plan(oldApp, oldCluster)
      let new = try plan(app, cluster)
      return old.build === new.build && old.parameters == new.parameters
    } catch {
      throw error.within(FleetError.Address(cluster: cluster.name, app: app.name))
    }
  }

  /// Builds the overlay of an app, so that a renderer for a later tree finds it.
  public func prepare(app: AppDeclaration, cluster: ClusterDeclaration) throws(FleetError) {
    do {
      _ = try plan(app, cluster)
    } catch {
      throw error.within(FleetError.Address(cluster: cluster.name, app: app.name))
    }
  }

  /// Everything that a render rests on.
  struct Plan {
    var choice: Choice
    var build: OverlayBuild
    var parameters: OverlayBuild.Parameters
  }

  func plan(_ app: AppDeclaration, _ cluster: ClusterDeclaration) throws(FleetError) -> Plan {
    let choice = try choice(for: app, Overlay.candidates(of: app, for: cluster))
    let build = try overlayBuild(choice.overlay, for: cluster)
    return Plan(choice: choice, build: build, parameters: try parameters(of: build, app, cluster))
  }

  func parameters(
    of build: OverlayBuild, _ app: AppDeclaration, _ cluster: ClusterDeclaration
  ) throws(FleetError) -> OverlayBuild.Parameters {
    let inputs = app.substitute ? try self.inputs(of: build, app, cluster) : nil
    return OverlayBuild.Parameters(namespace: app.namespace, inputs: inputs)
  }

  func choice(for app: AppDeclaration, _ candidates: [String]) throws(FleetError) -> Choice {
    let key = ChoiceKey(directory: app.directory, candidates: candidates)
    return try choices.value(key) { () throws(FleetError) in
      if let known = try olderChoices.find(key) { return known }
      let files = BuildFiles(tree: TracingTree(tree))
      let overlay = try Overlay.choose(candidates, of: app, on: files)
      return Choice(overlay: overlay, trace: files.tree.trace)
    }
  }

  /// What manifest sets are made with, by one task.
  var workshop: OverlayBuild.Workshop {
    OverlayBuild.Workshop(files: BuildFiles(tree: TracingTree(tree)), shared: shared, cache: cache)
  }

  private func rendered(_ app: AppDeclaration, _ cluster: ClusterDeclaration) throws(FleetError) -> RenderedApp {
    let plan = try plan(app, cluster)
    let manifests: ManifestSet
    if let known = recentSets.find(plan.build, plan.parameters) {
      manifests = known
    } else {
      manifests = try plan.build.manifests(plan.parameters, in: workshop)
      recentSets.add(manifests, plan.build, plan.parameters)
    }
    return RenderedApp(
      manifests: manifests, overlay: plan.choice.overlay.directory,
      chartProgram: plan.build.overlay.charts?.program ?? "", choiceTrace: plan.choice.trace,
      buildTrace: plan.build.trace, inputs: plan.parameters.inputs ?? [:])
  }

  /// The build that clusters share, or where it has charts the one for the cluster's Kubernetes.
  func overlayBuild(_ overlay: Overlay, for cluster: ClusterDeclaration) throws(FleetError) -> OverlayBuild {
    let build = try overlayBuild(overlay)
    guard build.needsChartTarget else { return build }
    var targeted = overlay
    targeted.charts = chartTarget(cluster.kubernetes)
    return try overlayBuild(targeted)
  }

  func overlayBuild(_ overlay: Overlay) throws(FleetError) -> OverlayBuild {
    try overlays.value(overlay) { () throws(FleetError) in
      if let known = try older.find(overlay) { return known }
      if let known = try cachedBuild(overlay) { return known }
      let build = try OverlayBuild(overlay, on: BuildFiles(tree: TracingTree(tree)), shared)
      let known = CachedBuild(
        trace: build.trace, variables: build.variables, needsChartTarget: build.needsChartTarget)
      cache?.put(RenderKey.build(of: overlay), known.bytes)
      return build
    }
  }

  private func cachedBuild(_ overlay: Overlay) throws(FleetError) -> OverlayBuild? {
    guard let known = cache?.get(RenderKey.build(of: overlay)).flatMap(CachedBuild.init) else { return nil }
    guard try known.trace.holds(on: tree) else { return nil }
    return OverlayBuild(overlay, known)
  }
}

extension Renderer {
  /// What the variables of an overlay stand for on a cluster.
  private func inputs(
    of build: OverlayBuild, _ app: AppDeclaration, _ cluster: ClusterDeclaration
  ) throws(FleetError) -> [String: Value?] {
    let defined = ClusterVariables(cluster)
    var inputs: [String: Value?] = [:]
    for name in build.variables.keys.sorted() {
      let value = defined[name]
      if value == nil, build.variables[name] == false {
        throw undefined(name, in: build, defined.names, cluster)
      }
      inputs.updateValue(value, forKey: name)
    }
    return inputs
  }

  private func undefined(
    _ name: String, in build: OverlayBuild, _ names: [String], _ cluster: ClusterDeclaration
  ) -> FleetError {
    var nextStep = "write $${\(name)} where the text itself should stand, or ${\(name):=default}"
    if let close = Suggestion.closest(to: name, among: names) {
      nextStep = "did you mean \(close)?"
    } else if name.hasPrefix("cluster.values.") {
      nextStep = "add it under spec.values in \(cluster.file), or write ${\(name):=default}"
    }
    return FleetError(
      .undefinedVariable, "${\(name)} is not defined", at: place(of: name, in: build.trace), nextStep: nextStep)
  }

  /// The first place where a variable is named in what a build read.
  private func place(of name: String, in trace: BuildTrace) -> FleetError.Address {
    let wanted = Array("${\(name)".utf8)
    for path in trace.observations.keys.sorted() {
      guard case .file? = trace.observations[path]?.kind, let bytes = try? tree.read(path) else { continue }
      if let line = PlaceholderText.line(of: wanted, in: bytes) {
        return FleetError.Address(file: path.description, line: line)
      }
    }
    return FleetError.Address()
  }
}

extension PlaceholderText {
  /// The line in which a placeholder that starts like this stands; nil when none does.
  static func line(of start: [UInt8], in bytes: [UInt8]) -> Int? {
    var line = 1
    for index in bytes.indices {
      if bytes[index] == 0x0a { line += 1 }
      guard bytes[index] == UInt8(ascii: "$"), bytes[index...].starts(with: start) else { continue }
      let next = index + start.count
      // A longer name that starts like this one is another one.
      guard next < bytes.count, bytes[next] == UInt8(ascii: "}") || bytes[next] == UInt8(ascii: ":") else { continue }
      if index > 0, bytes[index - 1] == UInt8(ascii: "$") { continue }
      return line
    }
    return nil
  }
}
