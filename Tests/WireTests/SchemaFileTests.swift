import Testing
import Wire

@Suite("The schema is told whole")
struct SchemaFileTests {
  @Test("every file is there once, with all that it imports before it")
  func whole() throws {
    let names = SchemaFile.all.map(\.name)
    #expect(Set(names).count == names.count && names.count > 5)
    for file in SchemaFile.all {
      #expect(!file.descriptor.isEmpty, "\(file.name)")
      let needed = file.withDependencies
      #expect(needed.last?.name == file.name)
      for (place, one) in needed.enumerated() {
        let before = Set(needed.prefix(place).map(\.name))
        #expect(before.isSuperset(of: one.dependencies), "\(one.name)")
      }
    }
  }

  @Test("messages, nested ones, enums, services and methods are found by their full names, and nothing else is")
  func symbols() {
    let found = [
      "flotilla.v1.Operator": "flotilla/v1/operator.proto",
      "flotilla.v1.Operator.ListClusters": "flotilla/v1/operator.proto",
      "flotilla.v1.PageRequest": "flotilla/v1/paging.proto", "flotilla.v1.OperatorRole": "flotilla/v1/operators.proto",
      "grpc.health.v1.HealthCheckResponse.ServingStatus": "grpc/health/v1/health.proto",
    ]
    for (symbol, file) in found { #expect(SchemaFile.declaring(symbol)?.name == file, "\(symbol)") }
    for symbol in ["", "flotilla.v1", "flotilla.v1.Nothing", "ListClusters"] {
      #expect(SchemaFile.declaring(symbol) == nil, "\(symbol)")
    }
    #expect(SchemaFile.named("flotilla/v1/nothing.proto") == nil)
  }
}
