internal import CLibGit2
internal import Manifests

/// Owns one object of libgit2 and frees it when it goes away.
struct Owned: ~Copyable {
  let pointer: OpaquePointer
  private let release: (OpaquePointer?) -> Void

  /// Takes over what `make` puts into its argument; nil when it puts nothing there, with the code it returned.
  init?(
    _ release: @escaping (OpaquePointer?) -> Void, code: inout Int32, make: (inout OpaquePointer?) -> Int32
  ) {
    var made: OpaquePointer?
    code = make(&made)
    guard code >= 0, let made else { return nil }
    pointer = made
    self.release = release
  }

  /// The same for what lies on our own disk, where failing is an error in itself.
  init(
    _ release: @escaping (OpaquePointer?) -> Void, at address: @autoclosure () -> FleetError.Address = .init(),
    make: (inout OpaquePointer?) -> Int32
  ) throws(FleetError) {
    var code: Int32 = 0
    guard let owned = Owned(release, code: &code, make: make) else { throw .reading(.last(code), at: address()) }
    self = owned
  }

  deinit { release(pointer) }
}
