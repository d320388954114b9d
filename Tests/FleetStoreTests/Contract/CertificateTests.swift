import FleetModel
import FleetStore
import Testing

@Suite("Certificates are known by their serial numbers", .timeLimit(.minutes(1)))
struct CertificateTests {
  let identity = "spiffe://acme/operator/ana"

  @Test("a certificate is noted once; another under its number is refused", arguments: Backend.all)
  func recorded(backend: Backend) async throws {
    try await backend.withStore { store in
      let first = certificate("01", of: identity)
      try await store.recordCertificate(first, trail: .none)
      try await store.recordCertificate(first, trail: .none)
      let other = certificate("01", of: "spiffe://acme/operator/bob")
      await refuses(.storeConflict) { try await store.recordCertificate(other, trail: .none) }
      #expect(try await store.certificate(serial: "01") == first)
      #expect(try await store.certificate(serial: "02") == nil)
    }
  }

  @Test("the youngest comes first, and those that ran out long ago are forgotten", arguments: Backend.all)
  func renewed(backend: Backend) async throws {
    try await backend.withStore { store in
      let day: Int64 = 86_400
      try await store.recordCertificate(certificate("01", of: identity, from: 0, to: day), trail: .none)
      try await store.recordCertificate(certificate("02", of: identity, from: day, to: 3 * day), trail: .none)
      #expect(try await store.certificates(of: identity).map(\.serial) == ["02", "01"])
      try await store.recordCertificate(certificate("03", of: identity, from: 3 * day), trail: .none)
      #expect(try await store.certificates(of: identity).map(\.serial) == ["03", "02"])
    }
  }

  @Test("revoking an identity denies what is still valid, and shows in the revision", arguments: Backend.all)
  func revoked(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.recordCertificate(certificate("01", of: identity, from: 0, to: 10), trail: .none)
      try await store.recordCertificate(certificate("02", of: identity, from: 5, to: 100), trail: .none)
      try await store.recordCertificate(certificate("03", of: "spiffe://acme/operator/bob"), trail: .none)
      #expect(try await store.denylist().serials == [])
      let before = try await store.denylistRevision()
      try await store.revokeCertificates(of: identity, at: at(20), trail: .none)
      let denylist = try await store.denylist()
      #expect(denylist.serials == ["02"])
      #expect(denylist.revision > before)
      #expect(try await store.certificate(serial: "02")?.revokedAt == at(20))
    }
  }

  @Test("an operator comes with a certificate, once, and gets others", arguments: Backend.all)
  func operatorsCertificates(backend: Backend) async throws {
    try await backend.withStore { store in
      let ana = OperatorRecord(name: "ana", role: .viewer, certificateSerial: "01", createdAt: at(0))
      try await store.addOperator(ana, certificate: certificate("01", of: identity), trail: .none)
      await refuses(.storeConflict) {
        try await store.addOperator(ana, certificate: certificate("02", of: identity), trail: .none)
      }
      #expect(try await store.certificate(serial: "02") == nil)
      try await store.renewOperator(named: "ana", certificate: certificate("03", of: identity), trail: .none)
      #expect(try await store.operatorRecord(named: "ana")?.certificateSerial == "03")
      await refuses(.operatorUnknown) {
        try await store.renewOperator(named: "bob", certificate: certificate("04", of: identity), trail: .none)
      }
      try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      #expect(try await store.denylist().serials == ["01", "03"])
    }
  }

  @Test("the last admin of all environments stays one", arguments: Backend.all)
  func lastAdmin(backend: Backend) async throws {
    try await backend.withStore { store in
      let ana = OperatorRecord(name: "ana", role: .admin, createdAt: at(0))
      var bob = OperatorRecord(name: "bob", role: .admin, environments: ["dev"], createdAt: at(0))
      for record in [ana, bob] { try await store.saveOperator(record, trail: .none) }
      await refuses(.storeConflict) {
        try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      }
      var demoted = ana
      demoted.role = .deployer
      let lesser = demoted
      await refuses(.storeConflict) { try await store.saveOperator(lesser, trail: .none) }
      bob.environments = []
      try await store.saveOperator(bob, trail: .none)
      try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      #expect(try await store.operators() == [bob])
    }
  }

  @Test("operators are added, changed and removed with their certificates", arguments: Backend.all)
  func operators(backend: Backend) async throws {
    try await backend.withStore { store in
      let ana = OperatorRecord(
        name: "ana", role: .deployer, environments: ["dev", "staging"], certificateSerial: "01", createdAt: at(0))
      let bob = OperatorRecord(name: "bob", role: .viewer, createdAt: at(1))
      try await store.saveOperator(bob, trail: .none)
      try await store.saveOperator(OperatorRecord(name: "ana", role: .viewer, createdAt: at(0)), trail: .none)
      try await store.saveOperator(ana, trail: .none)
      #expect(try await store.operators() == [ana, bob])
      #expect(try await store.operatorRecord(named: "ana") == ana)

      try await store.recordCertificate(certificate("01", of: identity), trail: .none)
      try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      #expect(try await store.operatorRecord(named: "ana") == nil)
      #expect(try await store.denylist().serials == ["01"])
    }
  }
}
