import FreePorts
import Glibc
import Testing

@Suite("Ports for servers that are told theirs before they start")
struct FreePortsTests {
  @Test("none is given twice, and none that Linux may give to a connection")
  func distinct() throws {
    let ports = try (0..<500).map { _ in try FreePorts.one() }
    #expect(Set(ports).count == ports.count)
    #expect(ports.allSatisfy { $0 < 32_768 })
  }

  @Test("a server can listen on each")
  func free() throws {
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    for _ in 0..<50 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      descriptors.append(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(try FreePorts.one()).bigEndian
      address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
          bind(descriptor, plain, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      #expect(bound == 0 && listen(descriptor, 1) == 0)
    }
  }
}
