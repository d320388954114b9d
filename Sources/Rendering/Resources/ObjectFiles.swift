public import Manifests

/// The files that kustomize writes objects into, one each.
public enum ObjectFiles {
  /// The objects with the names of their files: group, version, kind and name, and in front of them the namespace where
  /// the objects are in several. Of objects that come to the same name the last one stays, as in a folder.
  public static func named(_ objects: [Value]) -> [(name: String, object: Value)] {
    let ids = objects.map(id)
    let namespaces = Set(ids.filter { !$0.isClusterScoped }.map(\.effectiveNamespace))
    return zip(ids, objects).map { id, object in
      let parts = [id.kind.group, id.kind.version, id.kind.kind].filter { !$0.isEmpty }
      let name = "\(parts.joined(separator: "_"))_\(id.name).yaml".lowercased()
      let isTold = !id.isClusterScoped && namespaces.count > 1
      return (fileName(isTold ? "\(id.effectiveNamespace.lowercased())_\(name)" : name), object)
    }
  }

  private static func id(of object: Value) -> ResourceID {
    Resource(YAMLTree(object), source: Manifest.Origin(file: "", line: 0)).id
  }

  /// Names may have slashes, which lead into no folder here.
  private static func fileName(_ name: String) -> String {
    String(name.map { $0 == "/" ? "_" : $0 })
  }
}
