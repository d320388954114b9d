import Manifests

/// Which objects something is for: patterns for kind, name and namespace, queries for labels and annotations.
struct Selector: Sendable {
  /// A regular expression for a whole text; an empty one matches anything.
  struct Pattern: Sendable {
    private enum Form: Sendable {
      case anything
      case literal(String)
      case expression(RegularExpression)
    }

    private let form: Form

    init(_ pattern: String) throws(RegularExpression.SyntaxError) {
      if pattern.isEmpty {
        form = .anything
      } else if pattern.utf8.allSatisfy(Pattern.isLiteral) {
        form = .literal(pattern)
      } else {
        form = .expression(try RegularExpression("^(?:\(pattern))$"))
      }
    }

    func matches(_ text: String) -> Bool {
      switch form {
      case .anything: true
      case .literal(let literal): literal.hasSameBytes(as: text)
      case .expression(let expression): expression.matches(text)
      }
    }

    /// The characters that stand for themselves in every expression.
    private static func isLiteral(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "/")
    }
  }

  var group: Pattern
  var version: Pattern
  var kind: Pattern
  var name: Pattern
  var namespace: Pattern
  var labels: LabelQuery
  var annotations: LabelQuery

  /// The objects that this is for, by their places in the list.
  func indices(in list: ResourceList) -> [Int] {
    list.resources.indices.filter { matches(list.resources[$0]) }
  }

  /// Whether this is for an object. Name and namespace may be those of now or those that its author gave it.
  func matches(_ resource: Resource) -> Bool {
    let (current, original) = (resource.id, resource.originalID)
    return (namespace.matches(original.effectiveNamespace) || namespace.matches(current.effectiveNamespace))
      && (name.matches(original.name) || name.matches(current.name))
      && group.matches(current.kind.group) && version.matches(current.kind.version)
      && kind.matches(current.kind.kind)
      && labels.matches(resource.labels) && annotations.matches(resource.annotations)
  }
}
