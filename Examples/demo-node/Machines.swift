import Digests
import Manifests

/// What the machines made of the folder.
actor Machines {
  private struct Acted {
    var digest: String
    var objects: [Value]
  }

  /// How often the folder is looked at, as k3s and kubelets do (if less eagerly).
  private static let interval: Duration = .milliseconds(50)

  private let directory: String
  private let delay: Duration
  private let brokenTag: String
  private let neverActsTwice: Bool
  private var acted: [String: Acted] = [:]
  private var noticed: [String: (digest: String, since: ContinuousClock.Instant)] = [:]

  init(directory: String, delay: Duration, brokenTag: String, neverActsTwice: Bool) {
    self.directory = directory
    self.delay = delay
    self.brokenTag = brokenTag
    self.neverActsTwice = neverActsTwice
  }

  /// Looks at the folder until the task is cancelled.
  func run() async throws {
    while !Task.isCancelled {
      look()
      try await Task.sleep(for: Machines.interval)
    }
  }

  func answer(to question: Value) -> Value {
    guard let app = question["app"]?.string, let state = acted[app] else {
      return ["app_digest": "", "objects": []]
    }
    return ["app_digest": .string(state.digest), "objects": .array(state.objects)]
  }

  /// What a machine says that has done nothing and wants to be left alone.
  static func lie(to question: Value) -> Value {
    let objects = (question["objects"]?.array ?? []).map { id -> Value in ["id": id, "health": "Healthy"] }
    let asked = question["app_digest"]?.string ?? ""
    return ["app_digest": .string(String(asked.reversed())), "objects": .array(objects)]
  }

  private func look() {
    let tree = FolderTree(directory)
    guard let entries = try? tree.list(.root) else { return }
    var present: Set<String> = []
    for entry in entries where entry.kind == .directory {
      guard let marker = try? readMarker(of: entry.name, tree) else { continue }
      present.insert(marker.app)
      if acted[marker.app]?.digest != marker.digest { consider(marker, tree) }
    }
    acted = acted.filter { present.contains($0.key) }
  }

  private func consider(_ marker: FolderMarker, _ tree: FolderTree) {
    if neverActsTwice && acted[marker.app] != nil { return }
    let now = ContinuousClock.now
    guard let seen = noticed[marker.app], seen.digest == marker.digest else {
      noticed[marker.app] = (marker.digest, now)
      return
    }
    guard now - seen.since >= delay, let objects = try? act(on: marker, tree) else { return }
    acted[marker.app] = Acted(digest: marker.digest, objects: objects)
    noticed[marker.app] = nil
  }

  private func readMarker(of folder: String, _ tree: FolderTree) throws -> FolderMarker? {
    guard let path = TreePath("\(folder)/.flotilla.json") else { return nil }
    return try FolderMarker(JSON.parse(try tree.read(path), file: "\(path)"))
  }

  /// What became of every object; throws while the files are not all as the marker lists them.
  private func act(on marker: FolderMarker, _ tree: FolderTree) throws -> [Value] {
    try marker.files.map { name, digest in
      guard let path = TreePath(name) else { throw Unfinished() }
      let bytes = try tree.read(path)
      guard Digest(of: bytes).hex == digest else { throw Unfinished() }
      guard let value = try YAML.parse(bytes, file: name).first?.value else { throw Unfinished() }
      return verdict(on: try Manifest(value))
    }
  }

  private func verdict(on manifest: Manifest) -> Value {
    let id = Value.string(manifest.id.description)
    if let image = images(in: manifest.value).first(where: { $0.hasSuffix(":\(brokenTag)") }) {
      return ["id": id, "health": "Degraded", "reason": .string("image \(image) cannot be pulled")]
    }
    return ["id": id, "health": "Healthy"]
  }

  private func images(in value: Value) -> [String] {
    switch value {
    case .object(let object):
      object.entries.flatMap { entry in
        entry.key == "image" ? entry.value.string.map { [$0] } ?? [] : images(in: entry.value)
      }
    case .array(let values): values.flatMap(images(in:))
    default: []
    }
  }

  private struct Unfinished: Error {}
}

/// The marker that the agent writes beside an app's files.
struct FolderMarker {
  var app: String
  var digest: String
  var files: [(name: String, digest: String)]

  init?(_ value: Value) {
    guard let app = value["app"]?.string, let digest = value["app_digest"]?.string, let files = value["files"]?.object
    else { return nil }
    self.app = app
    self.digest = digest
    self.files = files.entries.compactMap { entry in entry.value.string.map { (entry.key, $0) } }
  }
}
