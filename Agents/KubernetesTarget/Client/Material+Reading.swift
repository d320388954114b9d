import Glibc
public import Manifests

extension ClusterAccess.Material {
  /// The material as it is now.
  ///
  /// Links are followed: the kubelet rotates tokens by turning one. Errors name the file, never the content.
  func read() throws(FleetError) -> [UInt8] {
    switch self {
    case .bytes(let bytes): return bytes
    case .file(let path): return try Self.content(of: path)
    }
  }

  static func content(of path: String) throws(FleetError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    while true {
      var count = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, initialized in
        repeat { count = Glibc.read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
        initialized = max(0, count)
      }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { return content }
      content += piece
      guard content.count <= ClientLimits.materialBytes else {
        throw FleetError(
          .clusterAccess, "is larger than \(ClientLimits.materialBytes) bytes", at: .init(file: path))
      }
    }
  }

  private static func failure(_ path: String) -> FleetError {
    FleetError(.clusterAccess, "cannot be read", at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// How to reach the API server, or as whom, is not known well enough.
  public static let clusterAccess = FleetError.Code("cluster-access")
}
