import Manifests

/// The files of a build: finds what a kustomization names, within the bounds of the tree and of the kustomization.
struct BuildFiles: Sendable {
  /// What a path of a kustomization leads to.
  enum Item {
    case file(TreePath)
    case directory(TreePath)
  }

  let tree: TracingTree
  var restriction = LoadRestriction.rootOnly

  /// What a path leads to, symbolic links followed; nil when there is nothing.
  /// - Parameters:
  ///   - text: relative to the directory, as a kustomization has it.
  ///   - address: where it stands, for errors.
  func find(_ text: String, from directory: TreePath, at address: FleetError.Address) throws(FleetError) -> Item? {
    try BuildFiles.refuseRemote(text, at: address)
    let isAbsolute = text.hasPrefix("/")
    guard !isAbsolute || restriction == .none else {
      throw FleetError(.outsideRoot, "an absolute path", at: address, nextStep: "write a path inside the repository")
    }
    let found = isAbsolute ? TreePath.root.resolving(String(text.drop { $0 == "/" })) : directory.resolving(text)
    guard let path = found else {
      throw FleetError(
        .outsideRoot, "the path \(text) leads out of the repository", at: address,
        nextStep: "write a path inside the repository")
    }
    guard let (resolved, entry) = try LinkedPath(tree).resolve(path, at: address) else { return nil }
    switch entry.kind {
    case .directory where isAbsolute:
      throw FleetError(
        .outsideRoot, "the absolute path of a directory", at: address, nextStep: "write a path relative to this file")
    case .directory: return .directory(resolved)
    case .submodule:
      throw FleetError(
        .notSupportedYet, "\(resolved) is a submodule, which is not read", at: address,
        nextStep: "copy the files into the repository")
    case .file, .symbolicLink: return .file(resolved)
    }
  }

  /// The bytes of a file that a kustomization in this directory names.
  /// - Returns: the bytes, and where the file lies.
  func read(
    _ text: String, from directory: TreePath, at address: FleetError.Address
  ) throws(FleetError) -> (bytes: [UInt8], path: TreePath) {
    switch try find(text, from: directory, at: address) {
    case nil: throw FleetError(.missingFile, "there is no file \(text)", at: address)
    case .directory: throw FleetError(.missingFile, "\(text) is a directory, not a file", at: address)
    case .file(let path): return (try read(path, from: directory, at: address), path)
    }
  }

  /// The bytes of a file that was found.
  func read(_ path: TreePath, from directory: TreePath, at address: FleetError.Address) throws(FleetError) -> [UInt8] {
    if restriction == .rootOnly, !path.isWithin(directory) {
      throw FleetError(
        .outsideRoot, "the file \(path) is not in or below \(directory)", at: address,
        nextStep: "move it there, or make a base of its directory")
    }
    let bytes = try tree.read(path)
    if bytes.starts(with: BuildFiles.largeFilePointer.utf8) {
      throw FleetError(
        .notSupportedYet, "\(path) is kept in Git LFS, which is not read", at: address,
        nextStep: "keep the file itself in the repository")
    }
    return bytes
  }

  private static let largeFilePointer = "version https://git-lfs.github.com/spec/v1\n"

  private static let remotePrefixes = [
    "http://", "https://", "ssh://", "git://", "git::", "git@", "github.com/", "github.com:", "gh:",
  ]

  private static func refuseRemote(_ text: String, at address: FleetError.Address) throws(FleetError) {
    let isRemote = remotePrefixes.contains { text.lowercased().hasPrefix($0) } || text.contains("?ref=")
    guard isRemote else { return }
    throw FleetError(
      .notSupportedYet, "remote resources are not fetched: \(text)", at: address,
      nextStep: "copy it into the repository and name its path")
  }
}

/// Follows symbolic links inside a tree, and refuses those that lead out of it.
struct LinkedPath {
  private let tree: TracingTree

  init(_ tree: TracingTree) { self.tree = tree }

  /// Where a path leads, and what is there; nil when there is nothing.
  func resolve(
    _ path: TreePath, at address: FleetError.Address
  ) throws(FleetError) -> (path: TreePath, entry: TreeEntry)? {
    if let entry = try tree.entry(at: path), entry.kind != .symbolicLink { return (path, entry) }
    var hops = 0
    var resolved = TreePath.root
    var rest = path.components[...]
    while let name = rest.popFirst() {
      guard let next = resolved.appending(name), let entry = try tree.entry(at: next) else { return nil }
      guard entry.kind == .symbolicLink else {
        // Nothing of what a submodule holds is in the tree.
        if rest.isEmpty || entry.kind == .submodule { return (next, entry) }
        resolved = next
        continue
      }
      hops += 1
      guard hops <= TreeLimits.linkHops else {
        throw FleetError(.limitExceeded, "more than \(TreeLimits.linkHops) symbolic links lead to \(path)", at: address)
      }
      let target = try target(of: next, from: resolved, at: address)
      rest = target.components[...] + rest
      resolved = .root
    }
    guard let entry = try tree.entry(at: resolved) else { return nil }
    return (resolved, entry)
  }

  private func target(
    of link: TreePath, from directory: TreePath, at address: FleetError.Address
  ) throws(FleetError) -> TreePath {
    let text = String(decoding: try tree.read(link), as: UTF8.self)
    guard let target = directory.resolving(text) else {
      throw FleetError(
        .outsideRoot, "the symbolic link \(link) leads out of the repository", at: address,
        nextStep: "point it to a path inside the repository")
    }
    return target
  }
}
