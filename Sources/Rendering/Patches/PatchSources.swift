import Manifests

/// Makes transformations of patches, from their texts or the files they are in.
struct PatchSources {
  let files: BuildFiles
  let directory: TreePath
  /// What the build knows of types.
  let schema: SchemaState

  private var merge: StrategicMerge { StrategicMerge(schema: schema.use()) }

  /// A patch of either kind.
  func transform(_ patch: Kustomization.Located<Kustomization.Patch>) throws(FleetError) -> PatchTransform {
    var inline = patch
    inline.part.patch = patch.part.patch.trimmingSpace
    let (bytes, file) = try text(of: inline)
    let text: PatchText
    do {
      text = try PatchText(bytes, file: file?.description ?? "")
    } catch {
      throw file == nil ? error.inside(patch.address) : error
    }
    let target = try patch.part.target?.compiled()
    guard case .strategic(var patches) = text else { return PatchTransform(patch: text, target: target, merge: merge) }
    for index in patches.indices {
      if patch.part.options["allowNameChange"] ?? false { patches[index].allowsNameChange = true }
      if patch.part.options["allowKindChange"] ?? false { patches[index].allowsKindChange = true }
    }
    return PatchTransform(patch: .strategic(patches), target: target, merge: merge)
  }

  /// A JSON patch of the old field, whose target must have a name.
  func jsonTransform(_ patch: Kustomization.Located<Kustomization.Patch>) throws(FleetError) -> JSONPatchTransform {
    guard let target = patch.part.target, !target.name.isEmpty else {
      throw FleetError(.invalidKustomization, "no name of a target", at: patch.address)
    }
    let (bytes, file) = try text(of: patch)
    let json: JSONPatch
    do {
      json = try JSONPatch(bytes, file: file?.description ?? "")
    } catch {
      throw file == nil ? error.inside(patch.address) : error
    }
    guard !json.operations.isEmpty else { throw FleetError(.patchFailed, "an empty patch", at: patch.address) }
    return JSONPatchTransform(patch: json, target: try target.compiled())
  }

  /// Strategic merge patches of the old field: each entry is a patch itself, or the path of one.
  func strategicTransform(
    _ entries: [Kustomization.Text], at address: FleetError.Address
  ) throws(FleetError) -> StrategicMergeTransform {
    var patches: [Resource] = []
    for entry in entries {
      if let inline = try? ResourceReader.read(Array(entry.text.utf8), file: entry.address.file ?? "") {
        patches.append(contentsOf: inline)
      } else {
        let (bytes, path) = try files.read(entry.text, from: directory, at: entry.address)
        patches.append(contentsOf: try ResourceReader.read(bytes, file: path.description))
      }
    }
    guard !patches.isEmpty else { throw FleetError(.patchFailed, "no patch in any of these", at: address) }
    return StrategicMergeTransform(patches: patches, merge: merge)
  }

  /// The text of a patch, and the file it is from if it does not stand in the kustomization.
  private func text(
    of patch: Kustomization.Located<Kustomization.Patch>
  ) throws(FleetError) -> (bytes: [UInt8], file: TreePath?) {
    switch (patch.part.patch.isEmpty, patch.part.path.isEmpty) {
    case (true, true): throw FleetError(.invalidKustomization, "neither a patch nor a path", at: patch.address)
    case (false, false): throw FleetError(.invalidKustomization, "both a patch and a path", at: patch.address)
    case (false, true): return (Array(patch.part.patch.utf8), nil)
    case (true, false):
      let (bytes, path) = try files.read(patch.part.path, from: directory, at: patch.address)
      return (bytes, path)
    }
  }
}
