import Manifests

/// The objects of a build, found by the names that they had before: only with another name now do fields that mean
/// them have to change.
struct ReferenceTargets {
  struct Target {
    var id: ResourceID
    var formerIDs: [ResourceID]
    var prefixes: [String]
    var suffixes: [String]
    var name: String { id.name }
    var namespace: String { id.namespace }
  }

  private var targets: [Target] = []
  private var byFormerName: [String: [Int]] = [:]
  /// Of every object, what it is called now and the namespace it was in first.
  private(set) var places: [(id: ResourceID, originalNamespace: String)] = []

  init(_ list: ResourceList) {
    for resource in list.resources {
      places.append((resource.id, resource.originalID.effectiveNamespace))
      if resource.formerIdentities.isEmpty { continue }
      let formerIDs = resource.formerIDs
      for name in Set(formerIDs.map(\.name)) { byFormerName[name, default: []].append(targets.count) }
      targets.append(
        Target(
          id: resource.id, formerIDs: formerIDs, prefixes: resource.namePrefixes, suffixes: resource.nameSuffixes))
    }
  }

  /// Those that had this name, in the order of the build.
  func named(_ name: String) -> [Target] {
    (byFormerName[name] ?? []).map { targets[$0] }
  }
}

/// The search for the object that one field of one object means.
struct ReferenceSearch {
  /// How a field names an object.
  enum Form {
    case name
    /// A map with a name, and perhaps a namespace; both are set.
    case map(namespace: String?)

    var isName: Bool {
      if case .name = self { true } else { false }
    }
  }

  let targets: ReferenceTargets
  let referrer: Referrer
  /// The kind that the field names.
  let target: GroupVersionKind
  /// The kind that stands beside the name in a role reference.
  let role: GroupVersionKind?

  /// The object that had this name; nil when there is none.
  ///
  /// Throws when several are left that are not called the same now.
  /// - Parameters:
  ///   - form: whether the name stands alone.
  func find(_ name: String, _ form: Form) throws(FleetError) -> ReferenceTargets.Target? {
    let named = targets.named(name)
    if named.isEmpty { return nil }
    var candidates = named.filter { isReachable($0.id) }
    if case .map(let namespace?) = form { candidates = inNamespace(namespace, candidates) }
    candidates = candidates.filter { candidate in
      candidate.formerIDs.contains { $0.kind.isSelected(by: target) }
        && (role.map { role in candidate.formerIDs.contains { $0.kind.isSelected(by: role) } } ?? true)
        && isInScope(candidate)
    }
    if candidates.count == 1 { return candidates[0] }
    candidates = candidates.filter { hasSameContext($0, allowingNone: true) }
    if candidates.count > 1 { candidates = candidates.filter { hasSameContext($0, allowingNone: false) } }
    guard let first = candidates.first else { return nil }
    let isOne = candidates.allSatisfy {
      $0.name.hasSameBytes(as: first.name) && (form.isName || $0.namespace.hasSameBytes(as: first.namespace))
    }
    guard isOne else { throw ambiguous(name, candidates) }
    return first
  }

  /// What an object can name at all: what is in its namespace or in none; an object of cluster scope names anything.
  private func isReachable(_ id: ResourceID) -> Bool {
    referrer.id.isClusterScoped || id.isClusterScoped || id.isInSameNamespace(as: referrer.id)
      || referrer.boundNamespaces.contains(id.namespace)
  }

  /// ServiceAccounts may be named from other namespaces.
  private func isInScope(_ candidate: ReferenceTargets.Target) -> Bool {
    referrer.id.isClusterScoped || candidate.id.isClusterScoped || candidate.id.kind.kind == "ServiceAccount"
      || candidate.id.isInSameNamespace(as: referrer.id)
  }

  /// Those in the namespace that stands beside the name: the one they were in first, if anything was in it, or else
  /// the one they are in now.
  private func inNamespace(
    _ namespace: String, _ candidates: [ReferenceTargets.Target]
  ) -> [ReferenceTargets.Target] {
    if namespace.hasSameBytes(as: ResourceID.noNamespace) { return [] }
    let isOriginal = targets.places.contains {
      $0.originalNamespace.hasSameBytes(as: namespace) && isReachable($0.id)
    }
    return candidates.filter { candidate in
      let id = isOriginal ? candidate.formerIDs.first ?? candidate.id : candidate.id
      return id.effectiveNamespace.hasSameBytes(as: namespace)
    }
  }

  private func hasSameContext(_ candidate: ReferenceTargets.Target, allowingNone: Bool) -> Bool {
    func agree(_ left: [String], _ right: [String]) -> Bool {
      if allowingNone && (left.isEmpty || right.isEmpty) { return true }
      if left.isEmpty != right.isEmpty { return false }
      return zip(left.reversed(), right.reversed()).allSatisfy { $0 == $1 }
    }
    return agree(candidate.prefixes, referrer.prefixes) && agree(candidate.suffixes, referrer.suffixes)
  }

  private func ambiguous(_ name: String, _ candidates: [ReferenceTargets.Target]) -> FleetError {
    FleetError(
      .renderingFailed, "\(name) may mean several objects: \(candidates.map { "\($0.id)" }.joined(separator: ", "))",
      at: FleetError.Address(object: "\(referrer.id)"), nextStep: "give them different names, or a namespace to each")
  }
}
