/// Which files a kustomization may name. Bases and components may lie anywhere in the tree in any case.
public enum LoadRestriction: String, Sendable, CaseIterable {
  /// Those in or below its own directory.
  case rootOnly = "LoadRestrictionsRootOnly"
  /// Any in the tree, by absolute paths too.
  case none = "LoadRestrictionsNone"
}
