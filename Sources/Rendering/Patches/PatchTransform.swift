import Manifests

/// One entry of `patches`: a patch of either kind, for the objects that it names or that a target selects.
struct PatchTransform: Transform {
  var patch: PatchText
  var target: Selector?
  var merge: StrategicMerge

  func apply(to list: inout ResourceList) throws(FleetError) {
    switch (patch, target) {
    case (.json(let patch), let target?):
      for index in target.indices(in: list) {
        list.resources[index].rememberID()
        try list.resources[index].apply(patch)
      }
    case (.json, nil):
      throw FleetError(.patchFailed, "a JSON patch names no object", nextStep: "add a target")
    case (.strategic(let patches), nil):
      for patch in patches {
        let index = try list.index(patchedBy: patch)
        try list.resources[index].apply(patch, with: merge)
      }
    case (.strategic(let patches), let target?):
      guard patches.count == 1 else {
        throw FleetError(
          .patchFailed, "several patches cannot have one target", nextStep: "make an entry of patches of each")
      }
      try list.apply(patches[0], to: target.indices(in: list), with: merge)
    }
  }
}

/// One entry of `patchesJson6902`.
struct JSONPatchTransform: Transform {
  var patch: JSONPatch
  var target: Selector

  func apply(to list: inout ResourceList) throws(FleetError) {
    for index in target.indices(in: list) { try list.resources[index].apply(patch) }
  }
}

/// `patchesStrategicMerge`: patches for the objects that they name.
struct StrategicMergeTransform: Transform {
  var patches: [Resource]
  var merge: StrategicMerge

  func apply(to list: inout ResourceList) throws(FleetError) {
    for patch in patches {
      try list.apply(patch, to: [try list.index(patchedBy: patch)], with: merge)
    }
  }
}

/// What a patch's text turned out to be.
enum PatchText: Sendable {
  case strategic([Resource])
  case json(JSONPatch)

  /// - Parameter file: the file that the text is from, or the kustomization that it stands in.
  init(_ text: [UInt8], file: String) throws(FleetError) {
    let strategic: Result<[Resource], FleetError>
    do { strategic = .success(try ResourceReader.read(text, file: file)) } catch { strategic = .failure(error) }
    let json: Result<JSONPatch, FleetError>
    do { json = .success(try JSONPatch(text, file: file)) } catch { json = .failure(error) }
    switch (strategic, json) {
    case (.success, .success): throw FleetError(.patchFailed, "an empty patch", at: FleetError.Address(file: file))
    case (.success(let patches), .failure): self = .strategic(patches)
    case (.failure, .success(let patch)): self = .json(patch)
    case (.failure(let error), .failure(let jsonError)):
      // The text that starts as a list was meant to be a JSON patch.
      let isList = text.first { $0 > 0x20 }.map { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "-") } ?? false
      throw isList ? jsonError : error
    }
  }
}

extension ResourceList {
  /// The one object that a patch names.
  func index(patchedBy patch: Resource) throws(FleetError) -> Int {
    let id = patch.originalID
    let found = indices { $0 == id }
    guard let index = found.first, found.count == 1 else {
      throw FleetError(
        .patchFailed, "the patch is for \(id), of which there \(found.isEmpty ? "is none" : "are \(found.count)")",
        at: FleetError.Address(file: patch.source.file, line: patch.source.line),
        nextStep: found.isEmpty ? "give it the kind, name and namespace of an object, or a target" : "add a target")
    }
    return index
  }

  /// Applies one patch to several objects, and checks that they are still told apart.
  mutating func apply(_ patch: Resource, to targets: [Int], with merge: StrategicMerge) throws(FleetError) {
    var patch = patch
    patch.makeLabelsTexts()
    patch.makeAnnotationsTexts()
    for index in targets {
      patch.setAPIVersion(resources[index].apiVersion)
      try resources[index].apply(patch, with: merge)
    }
    removeDeleted()
    try checkIdentities()
  }
}
