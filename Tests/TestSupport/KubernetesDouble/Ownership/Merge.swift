import Manifests

/// Merging and comparing by type, as sigs.k8s.io/structured-merge-diff does.
enum Merge {
  /// What an object becomes when a configuration is laid over it.
  static func apply(_ new: Value, over old: Value, _ schema: TypeSchema) -> Value {
    let type = schema.resolved
    if type.isAtomic { return new }
    switch (type, old, new) {
    case (.list(let element, let relation), .array(let old), .array(let new)):
      return .array(items(new, over: old, element, relation))
    case (_, .object(var old), .object(let new)):
      for (name, value) in new {
        if value.isNull {
          old[name] = nil
        } else if let before = old[name], let child = type.child(name) {
          old[name] = apply(value, over: before, child)
        } else {
          old[name] = value.withoutNulls
        }
      }
      return .object(old)
    default: return new
    }
  }

  /// The items of both: those of the configuration in its order, the others before the item they stood before.
  private static func items(
    _ new: [Value], over old: [Value], _ element: TypeSchema, _ relation: ListRelation
  ) -> [Value] {
    let oldSteps = old.map { relation.step(to: $0, element) }
    let newSteps = new.map { relation.step(to: $0, element) }
    let mentioned = Set(newSteps)
    let before = Dictionary(zip(oldSteps, old), uniquingKeysWith: { first, _ in first })
    var (result, merged, next): ([Value], Set<PathElement?>, Int) = ([], [], 0)
    for (step, item) in zip(newSteps, new) {
      while next < old.count, merged.contains(oldSteps[next]) || !mentioned.contains(oldSteps[next]) {
        if !mentioned.contains(oldSteps[next]) { result.append(old[next]) }
        next += 1
      }
      result.append(before[step].map { apply(item, over: $0, element) } ?? item.withoutNulls)
      merged.insert(step)
    }
    for index in next..<max(next, old.count) where !mentioned.contains(oldSteps[index]) { result.append(old[index]) }
    return result
  }

  /// What an object becomes without the paths that a manager gave up and nobody else holds.
  /// - Parameters:
  ///   - dropped: what the manager set last time.
  ///   - kept: what it sets now, and what all others hold.
  static func prune(_ value: Value, dropped: FieldSet, kept: FieldSet, _ schema: TypeSchema) -> Value {
    let type = schema.resolved
    switch value {
    case .object(let object) where !type.isAtomic:
      var result = object
      for (name, child) in object {
        let step = PathElement.field(name)
        result[name] = pruned(
          child, dropped: dropped[step], kept: kept[step], type.child(name) ?? .any)
      }
      return .object(result)
    case .array(let items):
      guard case .list(let element, let relation) = type, relation != .atomic else { return value }
      return .array(
        items.compactMap { item in
          guard let step = relation.step(to: item, element) else { return item }
          return pruned(item, dropped: dropped[step], kept: kept[step], element)
        })
    default: return value
    }
  }

  private static func pruned(_ value: Value, dropped: FieldSet, kept: FieldSet, _ type: TypeSchema) -> Value? {
    if dropped.isEmpty { return value }
    if dropped.isMember && kept.isEmpty { return nil }
    let result = prune(value, dropped: dropped, kept: kept, type)
    return result.isEmptyCollection && !value.isEmptyCollection && kept.isEmpty ? Value?.none : result
  }

  /// What differs between two states of an object.
  static func compare(_ old: Value?, _ new: Value?, _ schema: TypeSchema) -> Difference {
    var difference = Difference()
    guard let old, let new else {
      if let old { difference.removed = TypedReading(old, schema).fields.withParents }
      if let new { difference.added = TypedReading(new, schema).fields.withParents }
      return difference
    }
    compare(old, new, schema, &difference)
    return difference
  }

  private static func compare(_ old: Value, _ new: Value, _ schema: TypeSchema, _ result: inout Difference) {
    let type = schema.resolved
    if old == new { return }
    switch (type, old, new) {
    case (.list(let element, let relation), .array(let old), .array(let new)) where relation != .atomic:
      compare(steps(old, element, relation), steps(new, element, relation), { _ in element }, &result)
    case (_, .object(let old), .object(let new)) where !type.isAtomic:
      compare(
        steps(old), steps(new),
        { if case .field(let name) = $0 { type.child(name) ?? .any } else { .any } }, &result)
    default: result.modified.isMember = true
    }
  }

  private static func compare(
    _ old: [PathElement: Value], _ new: [PathElement: Value], _ type: (PathElement) -> TypeSchema,
    _ result: inout Difference
  ) {
    for (step, value) in new {
      var below = Difference()
      if let before = old[step] {
        compare(before, value, type(step), &below)
      } else {
        below.added = TypedReading.fields(of: value, type(step)).withParents
        below.added.isMember = true
      }
      result.join(below, at: step)
    }
    for (step, value) in old where new[step] == nil {
      var below = Difference()
      below.removed = TypedReading.fields(of: value, type(step)).withParents
      below.removed.isMember = true
      result.join(below, at: step)
    }
  }

  private static func steps(_ object: Object) -> [PathElement: Value] {
    Dictionary(object.map { (.field($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  private static func steps(
    _ items: [Value], _ element: TypeSchema, _ relation: ListRelation
  ) -> [PathElement: Value] {
    let pairs = items.compactMap { item in relation.step(to: item, element).map { ($0, item) } }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}

/// What differs between two states of an object.
struct Difference: Sendable {
  var added = FieldSet()
  var modified = FieldSet()
  var removed = FieldSet()

  var isEmpty: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

  mutating func join(_ below: Difference, at step: PathElement) {
    added[step] = below.added
    modified[step] = below.modified
    removed[step] = below.removed
  }

  /// Without what nobody can own, and only what one endpoint may write.
  func limited(to scope: (FieldSet) -> FieldSet) -> Difference {
    var result = self
    result.added = scope(added.removingBranches(TypedReading.unowned))
    result.modified = scope(modified.removingBranches(TypedReading.unowned))
    result.removed = scope(removed.removingBranches(TypedReading.unowned))
    return result
  }
}

extension FieldSet {
  /// With every step on the way a member too, as changes by updates are recorded.
  var withParents: FieldSet {
    var result = FieldSet(isMember: true)
    for (step, set) in children { result[step] = set.withParents }
    return result
  }
}

extension TypedReading {
  /// The paths that a part of an object sets.
  static func fields(of value: Value, _ schema: TypeSchema) -> FieldSet {
    var part = TypedReading(.object(Object()), .open)
    return part.readPart(value, schema)
  }
}

extension Value {
  var isEmptyCollection: Bool {
    switch self {
    case .array(let items): items.isEmpty
    case .object(let object): object.isEmpty
    default: false
    }
  }

  /// Without fields that are null, which a configuration uses for absent.
  var withoutNulls: Value {
    switch self {
    case .object(let object):
      .object(Object(uniqueEntries: object.entries.filter { !$0.value.isNull }.map { ($0.key, $0.value.withoutNulls) }))
    case .array(let items): .array(items.map(\.withoutNulls))
    default: self
    }
  }
}
