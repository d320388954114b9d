import Manifests

/// Which objects a list or a watch is about.
struct Selection: Sendable {
  /// Empty: all namespaces.
  var namespace: String
  var labels: LabelSelector
  var fields: FieldSelector

  init(namespace: String, request: APIRequest, kind: ResourceKind, name: String = "") throws(StatusError) {
    self.namespace = namespace
    labels = try LabelSelector(request.query["labelSelector"] ?? "")
    fields = try FieldSelector(request.query["fieldSelector"] ?? "", kind: kind)
    if !name.isEmpty {
      fields.terms.append(FieldSelector.Term(path: ["metadata", "name"], value: name, isEqual: true))
    }
  }

  var hasSelector: Bool { !labels.terms.isEmpty || !fields.terms.isEmpty }

  func includes(_ object: StoredObject) -> Bool {
    (namespace.isEmpty || object.namespace == namespace) && labels.matches(object.labels)
      && fields.matches(object.value)
  }
}

/// A label selector in its text form: `app=web,tier in (a, b),!legacy`.
struct LabelSelector: Sendable {
  enum Term: Sendable {
    case oneOf(String, [String])
    case noneOf(String, [String])
    case exists(String)
    case absent(String)
  }

  var terms: [Term] = []

  init(_ text: String) throws(StatusError) {
    for part in Self.parts(text) {
      guard let term = Self.term(part) else {
        throw .badRequest("unable to parse requirement: found '\(part)'")
      }
      terms.append(term)
    }
  }

  /// The selector of an object: `matchLabels` and `matchExpressions`, or bare labels.
  init(_ value: Value?) {
    let labels = value?["matchLabels"]?.object
    for (key, value) in labels ?? Object() { terms.append(.oneOf(key, [value.string ?? ""])) }
    for expression in value?["matchExpressions"]?.array ?? [] {
      let (key, values) = (expression["key"]?.string ?? "", (expression["values"]?.array ?? []).compactMap(\.string))
      switch expression["operator"]?.string {
      case "In": terms.append(.oneOf(key, values))
      case "NotIn": terms.append(.noneOf(key, values))
      case "Exists": terms.append(.exists(key))
      default: terms.append(.absent(key))
      }
    }
  }

  init(equal labels: Object) {
    terms = labels.map { .oneOf($0.key, [$0.value.string ?? ""]) }
  }

  func matches(_ labels: Object) -> Bool {
    terms.allSatisfy { term in
      switch term {
      case .oneOf(let key, let values): labels[key]?.string.map { values.contains($0) } ?? false
      case .noneOf(let key, let values): labels[key]?.string.map { !values.contains($0) } ?? true
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      }
    }
  }

  /// Splits at commas outside parentheses.
  private static func parts(_ text: String) -> [String] {
    var (parts, depth): ([String], Int) = ([""], 0)
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts.map(trimmed).filter { !$0.isEmpty }
  }

  private static func term(_ part: String) -> Term? {
    for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] {
      if let range = part.firstRange(of: sign) {
        let (key, value) = (trimmed(String(part[..<range.lowerBound])), trimmed(String(part[range.upperBound...])))
        return isEqual ? .oneOf(key, [value]) : .noneOf(key, [value])
      }
    }
    if let open = part.firstIndex(of: "("), part.hasSuffix(")") {
      let values = part[part.index(after: open)...].dropLast().split(separator: ",").map { trimmed(String($0)) }
      let words = part[..<open].split(separator: " ").map(String.init)
      guard words.count == 2 else { return nil }
      return words[1] == "in" ? .oneOf(words[0], values) : words[1] == "notin" ? .noneOf(words[0], values) : nil
    }
    if part.contains(" ") { return nil }
    return part.hasPrefix("!") ? .absent(String(part.dropFirst())) : .exists(part)
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

/// A field selector: `metadata.name=web,status.phase!=Failed`.
struct FieldSelector: Sendable {
  struct Term: Sendable {
    var path: [String]
    var value: String
    var isEqual: Bool
  }

  var terms: [Term] = []

  /// What kinds offer beside their names.
  private static let offered: [String: Set<String>] = [
    "Pod": ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase"],
    "Event": [
      "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "reason",
      "reportingComponent", "type",
    ],
    "Secret": ["type"], "Namespace": ["status.phase"], "Job": ["status.successful"],
  ]

  init(_ text: String, kind: ResourceKind) throws(StatusError) {
    for part in text.split(separator: ",") {
      let isEqual = !part.contains("!=")
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let left = sides.first, let right = sides.last, sides.count == 2 else {
        throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
      }
      let label = String(isEqual ? left : left.dropLast())
      let value = String(right.hasPrefix("=") ? right.dropFirst() : right)
      guard
        label == "metadata.name" || (kind.isNamespaced && label == "metadata.namespace")
          || Self.offered[kind.kind]?.contains(label) == true
      else { throw .badRequest("field label not supported: \(label)") }
      terms.append(Term(path: label.split(separator: ".").map(String.init), value: value, isEqual: isEqual))
    }
  }

  func matches(_ object: Value) -> Bool {
    terms.allSatisfy { ((object.value(at: $0.path)?.string ?? "") == $0.value) == $0.isEqual }
  }
}
