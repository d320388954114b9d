import Manifests

/// One entry of `images`: another name, tag or digest for an image.
///
/// It reaches every `image` in lists named `containers` or `initContainers`, wherever they stand, and the configured
/// fields. CustomResourceDefinitions are left alone.
struct ImageTransform: Transform {
  struct Change: Sendable {
    /// The name without tag and digest, a regular expression.
    var name: String
    var newName = ""
    var newTag = ""
    var digest = ""
    /// kustomize 5.6 appends it twice, so that it is refused wherever it would be appended.
    var tagSuffix = ""
  }

  private let change: Change
  private let fields: [FieldSpec]
  private let pattern: ImagePattern

  /// Throws when the name is no regular expression.
  init(_ change: Change, fields: [FieldSpec]) throws(RegularExpression.SyntaxError) {
    self.change = change
    self.fields = fields
    pattern = try ImagePattern(change.name)
  }

  func apply(to list: inout ResourceList) throws(FleetError) {
    for index in list.resources.indices where list.resources[index].kindName != "CustomResourceDefinition" {
      do {
        try visit(&list.resources[index].tree)
      } catch {
        throw error.within(FleetError.Address(object: list.resources[index].address.object))
      }
      try fields.apply(to: &list.resources[index]) { value throws(FleetError) in try replace(in: &value) }
    }
  }

  private func visit(_ value: inout YAMLTree) throws(FleetError) {
    switch value {
    case .scalar: return
    case .sequence:
      try value.withElements { elements throws(FleetError) in
        for index in elements.indices where !elements[index].isScalar { try visit(&elements[index]) }
      }
    case .mapping:
      try value.withEntries { entries throws(FleetError) in
        for index in entries.indices where !entries[index].value.isScalar {
          try visit(&entries[index].value)
          let key = entries[index].key
          if key == "containers" || key == "initContainers" { try replace(inContainers: &entries[index].value) }
        }
      }
    }
  }

  private func replace(inContainers list: inout YAMLTree) throws(FleetError) {
    try list.withElements { containers throws(FleetError) in
      for index in containers.indices {
        guard containers[index].isMapping || containers[index].isNull else {
          throw FleetError(
            .renderingFailed, "\(containers[index].kindName) where a container should stand: images cannot be replaced")
        }
        try containers[index].update("image") { value throws(FleetError) in try replace(in: &value) }
      }
    }
  }

  private func replace(in value: inout YAMLTree) throws(FleetError) {
    let image = try value.requireScalarText()
    guard pattern.matches(image) else { return }
    guard change.tagSuffix.isEmpty || !change.newTag.isEmpty || !change.digest.isEmpty else {
      throw FleetError(
        .notSupportedYet, "tagSuffix is not supported yet", nextStep: "write the whole tag as newTag")
    }
    value.setScalar(replacement(for: ImageReference(image)), .none)
  }

  private func replacement(for image: ImageReference) -> String {
    var image = image
    if !change.newName.isEmpty { image.name = change.newName }
    if !change.newTag.isEmpty || !change.digest.isEmpty {
      image.tag = change.newTag
      image.digest = change.digest
    }
    return image.description
  }
}

extension YAMLTree {
  fileprivate var isScalar: Bool { scalar != nil }
}

/// The name of an image with any tag and any digest.
private struct ImagePattern: Sendable {
  private enum Form: Sendable {
    /// A name without special characters but dots, which may stand for any character.
    case literal([UInt8])
    case expression(RegularExpression)
  }

  private let form: Form

  init(_ name: String) throws(RegularExpression.SyntaxError) {
    let isSimple = name.utf8.allSatisfy { byte in
      byte < 0x80 && (CharacterClass.word.contains(Unicode.Scalar(byte)) || "-/.:@".utf8.contains(byte))
    }
    if isSimple {
      form = .literal(Array(name.utf8))
    } else {
      form = .expression(
        try RegularExpression("^\(name)(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$"))
    }
  }

  func matches(_ image: String) -> Bool {
    switch form {
    case .expression(let expression): return expression.matches(image)
    case .literal(let name):
      var rest = Array(image.utf8)[...]
      guard rest.count >= name.count else { return false }
      for byte in name {
        let next = rest.removeFirst()
        if next != byte && !(byte == UInt8(ascii: ".") && next < 0x80 && next != 0x0a) { return false }
      }
      return ImagePattern.isTagAndDigest(rest)
    }
  }

  private static func isTagAndDigest(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func skipWord() {
      rest = rest.drop { byte in
        byte < 0x80 && (CharacterClass.word.contains(Unicode.Scalar(byte)) || ".{}-".utf8.contains(byte))
      }
    }
    if rest.first == UInt8(ascii: ":") {
      rest.removeFirst()
      skipWord()
    }
    if rest.starts(with: "@sha256:".utf8) {
      rest = rest.dropFirst("@sha256:".utf8.count)
      skipWord()
    }
    return rest.isEmpty
  }
}

/// An image as it is written: name, tag and digest.
struct ImageReference: CustomStringConvertible {
  var name: String
  var tag = ""
  var digest = ""

  init(_ text: String) {
    // A colon before the first slash belongs to a host's port.
    let slash = text.firstIndex(of: "/") ?? text.startIndex
    let at = text[slash...].firstIndex(of: "@")
    let colon = text[slash...].firstIndex(of: ":")
    name = text
    if let colon, at.map({ colon < $0 }) ?? true {
      name = String(text[..<colon])
      tag = String(text[text.index(after: colon)..<(at ?? text.endIndex)])
    } else if let at {
      name = String(text[..<at])
    }
    if let at { digest = String(text[text.index(after: at)...]) }
  }

  var description: String {
    name + (tag.isEmpty ? "" : ":\(tag)") + (digest.isEmpty ? "" : "@\(digest)")
  }
}
