import Glibc
import Manifests

/// Where the tree of a kustomization on disk begins: bases lie beside and above the directory that is built.
enum KustomizationRoot {
  /// The file system's root and the directory's path below it, with links in the directory's own path resolved.
  static func find(_ directory: String) throws(FleetError) -> (root: String, path: TreePath) {
    guard let resolved = realpath(directory, nil) else {
      throw FleetError(
        .localFile, "there is no such directory", at: .init(file: directory), cause: String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    let absolute = String(cString: resolved)
    guard let path = TreePath(String(absolute.drop { $0 == "/" })) else {
      throw FleetError(.localFile, "not a directory's path", at: .init(file: directory))
    }
    return ("/", path)
  }
}
