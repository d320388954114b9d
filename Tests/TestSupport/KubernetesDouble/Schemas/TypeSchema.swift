import Manifests

/// What a field holds, and how server-side apply owns it.
indirect enum TypeSchema: Sendable {
  enum Scalar: Sendable {
    case string, integer, number, boolean, bytes
    /// A text or a number: quantities, ports.
    case textOrNumber
  }

  case scalar(Scalar)
  /// Anything, owned as a whole.
  case any
  /// Anything, owned field by field: what a custom resource leaves open.
  case open
  case map(TypeSchema, isAtomic: Bool)
  case list(TypeSchema, ListRelation)
  case structure(Structure, isAtomic: Bool)
  /// A structure of the built-in kinds, found by name when it is needed, for some hold themselves.
  case named(String, isAtomic: Bool)

  /// The type without a name in the way.
  var resolved: TypeSchema {
    guard case .named(let name, let isAtomic) = self else { return self }
    guard let structure = BuiltInSchemas.structures[name] else { return .any }
    return .structure(structure, isAtomic: isAtomic || structure.isAtomic)
  }

  /// What a field of this name holds; nil where the type has no such field.
  func child(_ name: String) -> TypeSchema? {
    switch resolved {
    case .map(let element, _): element
    case .open: .open
    case .any: .any
    case .structure(let structure, _): structure.fields[name]?.type ?? (structure.keepsUnknown ? .open : nil)
    case .scalar, .list, .named: nil
    }
  }

  /// What the items of a list are.
  var element: TypeSchema {
    if case .list(let element, _) = resolved { element } else { .any }
  }

  var isAtomic: Bool {
    switch resolved {
    case .scalar, .any, .named: true
    case .open: false
    case .map(_, let isAtomic), .structure(_, let isAtomic): isAtomic
    case .list(_, let relation): relation == .atomic
    }
  }
}

/// How the items of a list are told apart.
enum ListRelation: Hashable, Sendable {
  /// Not at all: the list is owned as a whole.
  case atomic
  /// By their values.
  case set
  /// By the values of these fields.
  case map(keys: [String])
}

/// A type with named fields.
final class Structure: Sendable {
  struct Field: Sendable {
    var type: TypeSchema
    var isRequired = false
    var defaultValue: Value?
  }

  let fields: [String: Field]
  let isAtomic: Bool
  /// Whether fields that are not listed are kept as they come.
  let keepsUnknown: Bool

  init(fields: [String: Field], isAtomic: Bool = false, keepsUnknown: Bool = false) {
    self.fields = fields
    self.isAtomic = isAtomic
    self.keepsUnknown = keepsUnknown
  }
}
