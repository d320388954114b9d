import FleetModel
import Manifests

/// The order in which a bundle's apps are applied: after everything they depend on.
enum ApplyDepth {
  /// The apps by name, each with its depth as its order. A dependency that is not on the cluster holds nothing back.
  static func ordered(_ apps: [Bundle.App]) -> [Bundle.App] {
    let byName = Dictionary(apps.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var depths: [String: Int] = [:]
    func depth(_ name: String, _ path: Set<String>) -> Int {
      if let known = depths[name] { return known }
      // A cycle is refused when the declarations are read; here it must only not hang.
      let needed = (byName[name]?.policy.dependsOn ?? []).filter { byName[$0] != nil && !path.contains($0) }
      let result = needed.map { depth($0, path.union([name])) + 1 }.max() ?? 0
      depths[name] = result
      return result
    }
    return apps.sorted { $0.name.precedesInBytes($1.name) }.map { app in
      var app = app
      app.order = depth(app.name, [app.name])
      return app
    }
  }
}
