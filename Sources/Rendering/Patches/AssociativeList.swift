import Manifests

/// Lists whose elements are told apart by some of their fields, the merge keys.
///
/// The rules, odd ones included, are kustomize's: which elements are held to be the same decides what a patch does.
enum AssociativeList {
  /// Fields and their texts by which elements are found. The empty key stands for the element itself.
  struct Match {
    var keys: [String]
    var values: [String]

    init(keys: [String], values: [String]) {
      self.keys = keys
      self.values = values
    }

    /// The values of the keys in use, out of those of all keys.
    init(keys used: [String], of all: [String], values: [String]) {
      keys = used
      self.values = zip(all, values).filter { used.contains($0.0) }.map(\.1)
    }
  }

  /// The values of the merge keys of all elements, each once; elements that differ only in that one lacks a key are
  /// held to be the same.
  static func identities(of lists: [[YAMLTree]], by keys: [String]) -> [[String]] {
    var identities: [[String]] = []
    for element in lists.joined() {
      let values = keys.map { $0.isEmpty ? element.text : keyText(element[$0]) }
      if !identities.contains(values) { identities.append(values) }
    }
    guard keys.count > 1 else { return identities }
    for left in identities.indices {
      let values = identities[left]
      for right in identities.indices {
        guard let common = unified(values, identities[right]) else { continue }
        identities[left] = common
        identities[right] = common
      }
    }
    return identities
  }

  private static func keyText(_ value: YAMLTree?) -> String {
    guard let value, !value.isEmpty else { return "" }
    return value.text
  }

  /// What both say together, when they have something in common and nothing that differs.
  private static func unified(_ left: [String], _ right: [String]) -> [String]? {
    var isCommon = false
    var result: [String] = []
    for (a, b) in zip(left, right) {
      if a == b { isCommon = true } else if !a.isEmpty && !b.isEmpty { return nil }
      result.append(a.isEmpty ? b : a)
    }
    return isCommon ? result : nil
  }

  /// The keys that any element has; all of them when none has any.
  static func usedKeys(_ keys: [String], in identities: [[String]]) -> [String] {
    let used = keys.indices.filter { index in identities.contains { !$0[index].isEmpty } }
    return used.isEmpty ? keys : used.map { keys[$0] }
  }

  /// The first element with these values; keys without a value do not count, unless none has one.
  static func index(of match: Match, in list: [YAMLTree]) -> Int? {
    var pairs = Array(zip(match.keys, match.values))
    if pairs.contains(where: { !$0.1.isEmpty }) { pairs.removeAll { $0.1.isEmpty } }
    if pairs.first?.0.isEmpty ?? true {
      let text = pairs.first?.1 ?? ""
      return list.firstIndex { $0.text.hasSameBytes(as: text) }
    }
    return list.firstIndex { element in
      element.isMapping && pairs.allSatisfy { key, value in element[key]?.text.hasSameBytes(as: value) ?? false }
    }
  }

  /// Gives an element the keys by which it was found, where it lacks them.
  static func complete(_ element: inout YAMLTree, with match: Match) {
    for (key, value) in zip(match.keys, match.values) where !key.isEmpty && !value.isEmpty && element[key] == nil {
      element.set(key, .scalar(YAMLTree.Scalar(value, .none)))
    }
  }

  /// Puts an element in the place of those that match, or at the end; nil removes those that match.
  static func set(_ element: YAMLTree?, in list: inout [YAMLTree], _ match: Match) throws(FleetError) {
    let isByKey = !(match.keys.first ?? "").isEmpty && !(match.values.first ?? "").isEmpty
    var kept: [YAMLTree] = []
    var isFound = false
    for old in list where !old.isEmptyMap {
      if isByKey && !old.isMapping {
        kept.append(old)
      } else if try matches(old, match) {
        isFound = true
        if let element { kept.append(element) }
      } else if !match.values.isEmpty {
        kept.append(old)
      }
    }
    if let element, !element.isNull, !isFound { kept.append(element) }
    list = kept
  }

  /// Whether an element has these values; a key with an empty one only has to be there.
  private static func matches(_ element: YAMLTree, _ match: Match) throws(FleetError) -> Bool {
    for (key, value) in zip(match.keys, match.values) {
      if key.isEmpty {
        guard element.scalar != nil else { throw mismatch(element, "a single value") }
        if !element.text.hasSameBytes(as: value) { return false }
      } else {
        guard element.isMapping else { throw mismatch(element, "a map") }
        guard let found = element[key], value.isEmpty || found.text.hasSameBytes(as: value) else { return false }
      }
    }
    return !match.values.isEmpty
  }

  /// Adds the elements of one list to another, in which they take the place of those with the same keys.
  static func append(_ elements: [YAMLTree], to list: inout [YAMLTree], by keys: [String]) throws(FleetError) {
    for element in elements {
      if keys == [""] {
        try set(element, in: &list, Match(keys: keys, values: [element.text]))
        continue
      }
      var values: [String] = []
      for key in keys {
        guard element.isMapping || element.isNull else { throw mismatch(element, "a map") }
        if let value = element[key] {
          values.append(value.text)
        } else {
          list.append(element)
        }
      }
      let match = Match(keys: keys, values: values)
      if keys.count > 1 { try set(nil, in: &list, match) }
      try set(element, in: &list, match)
    }
  }

  private static func mismatch(_ element: YAMLTree, _ wanted: String) -> FleetError {
    FleetError(.patchFailed, "\(element.kindName) where \(wanted) should stand", at: FleetError.Address(field: "[]"))
  }
}
