import Testing

@Suite("Imports follow the module table")
struct ImportTests {
  let package: PackageDescription
  let table: ModuleTable

  /// What comes with the toolchain. Foundation is listed per module in the table, for it costs the agent memory.
  static let toolchain: Set<String> = [
    "Swift", "Glibc", "Dispatch", "Synchronization", "Testing", "PackageDescription", "_Concurrency",
  ]
  /// Modules of a product whose name differs from theirs, or that a product brings along.
  static let partsOfProducts: [String: String] = ["GRPCNIOTransportCore": "GRPCNIOTransportHTTP2Posix"]

  init() throws {
    package = try PackageDescription.load()
    table = try ModuleTable.load()
  }

  var production: [PackageDescription.Target] {
    package.targets.filter { !$0.isTest && !$0.directory.hasPrefix("Tests/") && !$0.directory.hasPrefix("Examples/") }
  }

  @Test("the package has targets and the table has a row for each of them, and no row too many")
  func everyTargetHasARow() {
    #expect(production.count > 10)
    #expect(Set(production.map(\.name)) == Set(table.rows.keys))
  }

  @Test("a module imports only what the table allows it")
  func importsAreAllowed() throws {
    for target in production {
      let allowed = try #require(table.rows[target.name])
      for (module, file) in try target.imports() where !Self.toolchain.contains(module) {
        let name = Self.partsOfProducts[module] ?? module
        #expect(allowed.contains(name), "\(target.directory)/\(file) imports \(module)")
      }
    }
  }

  @Test("a target declares exactly what it imports")
  func declaredDependenciesAreImported() throws {
    for target in package.targets where target.name != "CWire" {
      // Programs are dependencies of tests that start them, which no import shows, or that look into them.
      let programs = target.dependencies.filter { target.isTest && $0.hasPrefix("flotilla") }
      let imported = Set(
        try target.imports().keys.filter { !Self.toolchain.contains($0) && !$0.hasPrefix("Foundation") }
          .map { Self.partsOfProducts[$0] ?? $0 }
          .filter { !programs.contains($0.replacing("_", with: "-")) })
      let declared = target.dependencies.filter { !programs.contains($0) }
      #expect(imported.subtracting(declared).isEmpty, "\(target.name) imports what it does not declare")
      #expect(declared.subtracting(imported).isEmpty, "\(target.name) declares what it does not import")
    }
  }

  @Test("the agent links neither the hub's modules nor its keys")
  func agentsKnowNothingOfTheHub() {
    let hub = Set(package.targets.filter { $0.directory.hasPrefix("Hub/") }.map(\.name))
    #expect(hub.contains("Authority"))
    for target in package.targets where target.directory.hasPrefix("Agents/") {
      #expect(reachable(from: target.name).isDisjoint(with: hub), "\(target.name) reaches a module of the hub")
    }
  }

  @Test("Sources know nothing of Hub and Agents but the command line's root ceremonies")
  func sourcesStandAlone() {
    let sides = package.targets.filter { $0.directory.hasPrefix("Hub/") || $0.directory.hasPrefix("Agents/") }
    for target in package.targets where target.directory.hasPrefix("Sources/") {
      var reached = reachable(from: target.name).intersection(sides.map(\.name))
      if target.name == "flotilla" { reached.remove("Authority") }
      #expect(reached.isEmpty, "\(target.name) reaches \(reached.sorted())")
    }
  }

  private func reachable(from name: String) -> Set<String> {
    var seen: Set<String> = []
    var next = [name]
    while let current = next.popLast() {
      for target in package.targets where target.name == current {
        next += target.dependencies.filter { seen.insert($0).inserted }
      }
    }
    return seen
  }
}
