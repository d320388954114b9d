import Manifests

@testable import Rendering

/// A strategic merge patch of any two objects gives an object or an error, and the same each time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let (patch, object) = parts(of: bytes),
    let patches = try? ResourceReader.read(patch, file: "patch"),
    let objects = try? ResourceReader.read(object, file: "object")
  else { return 0 }
  let merge = StrategicMerge(schema: .builtIn)
  for patch in patches.prefix(4) {
    for object in objects.prefix(4) {
      let merged = result(of: patch, on: object, merge)
      require(result(of: patch, on: object, merge) == merged, "a merge gives the same each time")
    }
  }
  return 0
}

private func result(of patch: Resource, on object: Resource, _ merge: StrategicMerge) -> [UInt8]? {
  var object = object
  guard (try? object.apply(patch, with: merge)) != nil else { return nil }
  return (try? object.tree.resolved()).map(JSON.canonical)
}
