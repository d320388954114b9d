import Manifests

/// One step of a build: a field of a kustomization, or a transformer that it names.
protocol Transform: Sendable {
  func apply(to list: inout ResourceList) throws(FleetError)
}

extension YAMLTree {
  /// Sets the text of a key in a map, as labels and annotations are set; a null stays one.
  mutating func setEntry(_ key: String, _ text: String, link: UInt32 = 0) throws(FleetError) {
    if isNull { return }
    guard isMapping else {
      throw FleetError(.renderingFailed, "\(kindName) where a map should stand")
    }
    var scalar = Scalar(text, .string)
    scalar.link = link
    set(key, .scalar(scalar))
  }

  /// The text of a single value, which a list or map is not.
  func requireScalarText() throws(FleetError) -> String {
    guard let scalar else { throw FleetError(.renderingFailed, "\(kindName) where a single value should stand") }
    return scalar.text
  }
}
