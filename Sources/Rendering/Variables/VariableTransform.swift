import Manifests

/// Puts the values of vars where `$(NAME)` stands, in the fields that are configured for it.
struct VariableTransform: Transform {
  private let values: [String: YAMLTree]
  private let fields: [FieldSpec]

  /// Throws when a var means nothing that is there.
  init(_ variables: [Variable], of list: ResourceList, fields: [FieldSpec]) throws(FleetError) {
    var values: [String: YAMLTree] = [:]
    for variable in variables { values[variable.name] = try VariableTransform.value(of: variable, in: list) }
    self.values = values
    self.fields = fields
  }

  private static func value(of variable: Variable, in list: ResourceList) throws(FleetError) -> YAMLTree {
    guard let resource = list.resources.first(where: { $0.variables.contains(variable.name) }) else {
      throw FleetError(
        .renderingFailed, "the var \(variable.name) means \(variable.object), which is not there",
        at: variable.address)
    }
    var value: YAMLTree?
    do {
      value = try FieldPathQuery(ofVariable: variable.fieldPath).value(in: resource.tree)
    } catch {
      throw error.within(variable.address)
    }
    guard let value else {
      throw FleetError(
        .renderingFailed, "the var \(variable.name) means the field \(variable.fieldPath), which \(resource.id) lacks",
        at: variable.address)
    }
    return try typed(value, variable)
  }

  /// The value in the form in which Go writes its kind.
  private static func typed(_ value: YAMLTree, _ variable: Variable) throws(FleetError) -> YAMLTree {
    guard let scalar = value.scalar else { return value }
    switch scalar.tag {
    case .integer:
      guard let integer = Int64(scalar.text) else {
        throw FleetError(
          .renderingFailed, "the var \(variable.name) is an integer that is not decimal", at: variable.address)
      }
      return .scalar(YAMLTree.Scalar(String(integer), .integer))
    case .float:
      guard case .number(let number) = try scalar.resolved() else { return .scalar(scalar) }
      return .scalar(YAMLTree.Scalar(GoNumber.decimal(number), .float))
    case .bool: return .scalar(YAMLTree.Scalar(scalar.text.lowercased(), .bool))
    case .none, .string, .null, .timestamp: return .string(scalar.text)
    }
  }

  func apply(to list: inout ResourceList) throws(FleetError) {
    if values.isEmpty { return }
    for index in list.resources.indices {
      do {
        try fields.apply(to: &list.resources[index]) { value throws(FleetError) in try expand(&value) }
      } catch {
        throw error.within(list.resources[index].address)
      }
      list.resources[index].settleSharedTexts()
    }
  }

  private func expand(_ value: inout YAMLTree) throws(FleetError) {
    switch value {
    case .scalar: expandScalar(&value)
    case .mapping:
      value.withEntries { entries in
        for index in entries.indices { expandScalar(&entries[index].value) }
      }
    case .sequence:
      try value.withElements { elements throws(FleetError) in
        for index in elements.indices {
          guard elements[index].isText else {
            throw FleetError(.renderingFailed, "\(elements[index].kindName) where a text should stand")
          }
          expandScalar(&elements[index])
        }
      }
    }
  }

  private func expandScalar(_ value: inout YAMLTree) {
    guard value.isText else { return }
    value = expansion(of: value.text).linked(as: value)
  }

  /// The text with its references replaced; a text that is a single reference becomes what the var is.
  private func expansion(of text: String) -> YAMLTree {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "$"), let next = rest.first else {
        result.append(byte)
        continue
      }
      guard next == UInt8(ascii: "("), let end = rest.firstIndex(of: UInt8(ascii: ")")) else {
        // Two dollar signs are one, and what follows one that starts nothing stays.
        rest.removeFirst()
        if next != UInt8(ascii: "$") { result.append(byte) }
        result.append(next)
        continue
      }
      let name = String(decoding: rest[rest.startIndex + 1..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      let value = primitive(name)
      if "$(\(name))".hasSameBytes(as: text) { return value ?? .string(text) }
      result += (value?.text ?? "$(\(name))").utf8
    }
    return .string(String(decoding: result, as: UTF8.self))
  }

  /// The value of a var that is a single value.
  private func primitive(_ name: String) -> YAMLTree? {
    values[name].flatMap { $0.scalar == nil ? nil : $0 }
  }
}

extension YAMLTree {
  fileprivate var isText: Bool {
    guard let scalar else { return false }
    return scalar.tag == .string || scalar.tag == .none
  }
}

extension FieldPathQuery {
  /// A path in which an index may stand behind a name: `ports[0].port` is `ports.0.port`.
  fileprivate init(ofVariable path: String) {
    self.init(parts: FieldPathQuery.split(path).flatMap(FieldPathQuery.withIndexApart))
  }

  private static func withIndexApart(_ part: String) -> [String] {
    guard part.hasSuffix("]"), let open = part.lastIndex(of: "[") else { return [part] }
    let index = part[part.index(after: open)...].dropLast()
    guard !index.isEmpty, index.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return [part] }
    return open == part.startIndex ? [String(index)] : [String(part[..<open]), String(index)]
  }
}
