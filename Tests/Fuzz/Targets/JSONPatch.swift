import Manifests

@testable import Rendering

/// A JSON patch of any object gives an object or an error, and the same each time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let (text, object) = parts(of: bytes), let patch = try? JSONPatch(text, file: "patch"),
    let documents = try? YAML.parse(object, file: "object")
  else { return 0 }
  for document in documents.prefix(4) {
    let patched = try? patch.apply(to: document.value)
    let again = try? patch.apply(to: document.value)
    require(patched == again, "a patch gives the same each time")
  }
  guard let resources = try? ResourceReader.read(object, file: "object") else { return 0 }
  for var resource in resources.prefix(4) where (try? resource.apply(patch)) != nil {
    _ = try? resource.tree.resolved()
  }
  return 0
}
