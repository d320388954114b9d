import Manifests

/// The reader of JSON takes any bytes, and what is written of a value reads as that value again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let value = try? JSON.parse(bytes, file: "input") else { return 0 }
  for written in [JSON.compact(value), JSON.canonical(value), JSON.pretty(value)] {
    guard let read = try? JSON.parse(written, file: "written") else {
      require(false, "what is written can be read")
      return 0
    }
    require(read == value, "what is written reads as the same value")
    require(JSON.canonical(read) == JSON.canonical(value), "equal values have equal canonical bytes")
  }
  return 0
}
