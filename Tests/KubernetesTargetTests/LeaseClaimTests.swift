import Manifests
import Testing

@testable import KubernetesTarget

@Suite("A Lease is taken from nobody who renews it")
struct LeaseClaimTests {
  private let own = LeaseHolder(identity: "acme/one", boot: "b1")
  private let other = LeaseHolder(identity: "acme/two", boot: "x")

  private func record(_ holder: LeaseHolder, version: Int = 1, seconds: Int64 = 30) -> LeaseRecord {
    LeaseRecord([
      "metadata": [
        "resourceVersion": .string(String(version)), "annotations": ["flotilla.dev/boot": .string(holder.boot)],
      ],
      "spec": ["holderIdentity": .string(holder.identity), "leaseDurationSeconds": .integer(seconds)],
    ])
  }

  @Test("one that nobody has is made, one that was given up is taken, one's own is renewed")
  func free() {
    var claim = LeaseClaim(own: own)
    #expect(claim.saw(nil, at: .zero) == .create)
    let released = record(LeaseHolder(identity: "", boot: ""))
    #expect(claim.saw(released, at: .zero) == .take(released))
    #expect(claim.saw(record(own), at: .zero) == .renew(record(own)))
  }

  @Test("somebody else's is waited for as long as it changes, and its whole duration after that")
  func others() {
    var claim = LeaseClaim(own: own)
    #expect(claim.saw(record(other, version: 1), at: .seconds(0)) == .wait(for: other))
    #expect(claim.saw(record(other, version: 1), at: .seconds(29)) == .wait(for: other))
    #expect(claim.saw(record(other, version: 2), at: .seconds(30)) == .wait(for: other))
    #expect(claim.saw(record(other, version: 2), at: .seconds(59)) == .wait(for: other))
    #expect(claim.saw(record(other, version: 2), at: .seconds(60)) == .take(record(other, version: 2)))
  }

  @Test("after a restart one's own is taken at once; taken by a twin that started later, it is waited for")
  func twins() {
    let later = LeaseHolder(identity: own.identity, boot: "b2")
    var restarted = LeaseClaim(own: later)
    #expect(restarted.saw(record(own), at: .zero) == .take(record(own)))
    var earlier = LeaseClaim(own: own)
    earlier.wrote()
    #expect(earlier.saw(record(later), at: .zero) == .wait(for: later))
    #expect(earlier.saw(record(later), at: .seconds(30)) == .take(record(later)))
  }

  @Test("what a Lease says is read within bounds", arguments: [(Int64.min, 1), (0, 1), (15, 15), (.max, 3_600)])
  func bounds(seconds: Int64, read: Int) {
    #expect(record(other, seconds: seconds).duration == .seconds(read))
    #expect(LeaseRecord(.null).holder.identity.isEmpty)
  }
}
