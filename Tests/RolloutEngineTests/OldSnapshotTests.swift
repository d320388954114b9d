import FleetModel
import Manifests
import Testing

@testable import RolloutEngine

@Suite("Snapshots of before")
struct OldSnapshotTests {
  /// What snapshots hold since there are air-gapped clusters.
  private static let outside: Set<String> = ["outsiders", "outside", "outside_to_come"]

  @Test("one of before there were air-gapped clusters is one of a fleet without any", arguments: Story.all)
  func withoutAirGappedClusters(_ story: Story) throws {
    var teller = Storyteller()
    for scene in story.scenes { _ = try teller.play(scene.commands) }
    guard !teller.log.contains(where: \.event.isOfAirGapped) else { return }
    for snapshot in teller.snapshots {
      let old = Self.stripped(try JSON.parse(snapshot, file: "snapshot"))
      #expect(try RolloutEngine(snapshot: JSON.canonical(old)).snapshot == snapshot)
    }
  }

  private static func stripped(_ value: Value) -> Value {
    switch value {
    case .object(let object):
      let kept = object.filter { !outside.contains($0.key) }
      return .object(Object(uniqueEntries: kept.map { (key: $0.key, value: stripped($0.value)) }))
    case .array(let elements): return .array(elements.map(stripped))
    default: return value
    }
  }
}

extension RolloutEvent {
  fileprivate var isOfAirGapped: Bool {
    switch self {
    case .clusterJoined(let member), .clusterChanged(let member): member.connectivity == .airgapped
    default: false
    }
  }
}
