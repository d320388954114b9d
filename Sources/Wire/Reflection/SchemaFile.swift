internal import Trust

/// A .proto file of this module's schema, for who asks the server what it speaks.
public struct SchemaFile: Sendable {
  /// As other files import it, such as `flotilla/v1/operator.proto`.
  public let name: String
  /// The names of the files that it imports.
  public let dependencies: [String]
  /// The full names of everything that it declares: messages, enums, services and methods.
  let symbols: Set<String>
  private let encoded: String

  init(name: String, dependencies: [String], symbols: Set<String>, encoded: String) {
    self.name = name
    self.dependencies = dependencies
    self.symbols = symbols
    self.encoded = encoded
  }

  /// The file as a `google.protobuf.FileDescriptorProto`.
  public var descriptor: [UInt8] { Base64.decode(encoded.utf8) ?? [] }

  public static func named(_ name: String) -> SchemaFile? { all.first { $0.name == name } }

  /// The file that declares a message, an enum, a service or a method.
  public static func declaring(_ symbol: String) -> SchemaFile? { all.first { $0.symbols.contains(symbol) } }

  /// The file and everything that it needs, each before what imports it.
  public var withDependencies: [SchemaFile] {
    var found: [SchemaFile] = []
    func add(_ file: SchemaFile) {
      guard !found.contains(where: { $0.name == file.name }) else { return }
      for name in file.dependencies { SchemaFile.named(name).map(add) }
      found.append(file)
    }
    add(self)
    return found
  }
}
