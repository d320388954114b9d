import AgentCore
import Digests
import FleetModel
import Manifests

/// Which files of the folder are the agent's, and for what.
///
/// It lies in the folder itself, so that it is lost only together with what it lists. An entry is written before its
/// file and dropped after it, so a killed agent leaves no file that nobody owns.
struct Inventory: Equatable {
  struct Entry: Equatable {
    var app: String
    var id: ObjectID
    /// Below the target's folder.
    var path: String
  }

  /// In the order in which the files were first written.
  private(set) var entries: [Entry] = []

  static let format = "flotilla.directory-inventory/1"
  static let fileName = ".flotilla-inventory.json"
  /// Some hundred bytes an object; far beyond what one host runs.
  static let limit = 64 << 20

  func owns(_ path: String, for app: String) -> Bool { entries.contains { $0.path == path && $0.app == app } }

  func entries(of app: String) -> [Entry] { entries.filter { $0.app == app } }

  mutating func add(_ entry: Entry) {
    if let index = entries.firstIndex(where: { $0.path == entry.path }) {
      entries[index] = entry
    } else {
      entries.append(entry)
    }
  }

  mutating func remove(path: String) { entries.removeAll { $0.path == path } }
}

extension Inventory {
  var json: [UInt8] {
    let objects: [Value] = entries.map { entry in
      [
        "app": .string(entry.app), "group": .string(entry.id.group), "kind": .string(entry.id.kind),
        "namespace": .string(entry.id.namespace), "name": .string(entry.id.name), "path": .string(entry.path),
      ]
    }
    return JSON.canonical(["format": .string(Inventory.format), "objects": .array(objects)])
  }

  init(json bytes: [UInt8], file: String) throws(FleetError) {
    let value = try JSON.parse(bytes, file: file)
    guard value["format"]?.string == Inventory.format, let objects = value["objects"]?.array else {
      throw FleetError(.inventory, "is not an inventory of this version", at: .init(file: file, field: "format"))
    }
    for object in objects {
      guard let app = object["app"]?.string, let group = object["group"]?.string, let kind = object["kind"]?.string,
        let namespace = object["namespace"]?.string, let name = object["name"]?.string,
        let path = object["path"]?.string, TreePath(path)?.description == path
      else { throw FleetError(.inventory, "has an entry that is none", at: .init(file: file, field: "objects")) }
      add(Entry(app: app, id: ObjectID(group: group, kind: kind, namespace: namespace, name: name), path: path))
    }
  }
}

extension FleetError.Code {
  static let inventory = FleetError.Code("directory-inventory")
  static let unsupportedObject = FleetError.Code("unsupported-object")
  static let probe = FleetError.Code("probe")
}
