import Digests
import FleetModel
import Manifests

/// Which bundle the agent accepted last, and how far its trust has come. Replaced whole, after all it names is on disk.
struct AcceptedBundle: Equatable {
  /// The digest of `bundle.json`, which lies among the blobs.
  var bundle: Digest
  /// The one before; its blobs are kept too.
  var previous: Digest?
  var epoch: Int64
  var bundleSeq: Int64

  static let fileName = "current.json"
  private static let format = "flotilla.current/1"

  init(bundle: Digest, previous: Digest?, epoch: Int64, bundleSeq: Int64) {
    self.bundle = bundle
    self.previous = previous
    self.epoch = epoch
    self.bundleSeq = bundleSeq
  }

  /// What a state directory says; nil before the first bundle.
  init?(in state: StateDirectory) throws(FleetError) {
    let file = AcceptedBundle.fileName
    guard let bytes = try state.read(file) else { return nil }
    self = try Field(try JSON.parse(bytes, file: file), file: file).object { fields throws(FleetError) in
      try fields.expect("format", AcceptedBundle.format)
      return AcceptedBundle(
        bundle: try fields.required("bundle").digest(),
        previous: try fields.nullable("previous").map { field throws(FleetError) in try field.digest() },
        epoch: try fields.required("epoch").integer(in: 0 ... .max),
        bundleSeq: try fields.required("bundle_seq").integer(in: 1 ... .max))
    }
  }

  func store(in state: StateDirectory) throws(FleetError) {
    try state.write(
      AcceptedBundle.fileName,
      JSON.canonical([
        "format": .string(AcceptedBundle.format), "bundle": .string(bundle.hex),
        "previous": previous.map { .string($0.hex) } ?? .null, "epoch": .integer(epoch),
        "bundle_seq": .integer(bundleSeq),
      ]))
  }
}

/// The instant that "now" is never before: it only grows, and is kept on disk.
struct TimeFloor {
  private static let fileName = "time-floor.json"
  /// No honest clock is before this code was written.
  private static let buildTime = Timestamp(seconds: 1_795_000_000)

  private(set) var instant: Timestamp

  init(in state: StateDirectory) throws(FleetError) {
    let stored = try state.read(TimeFloor.fileName).flatMap { bytes -> Timestamp? in
      (try? JSON.parse(bytes, file: TimeFloor.fileName))?["floor"]?.integer.map(Timestamp.init(milliseconds:))
    }
    instant = max(stored ?? TimeFloor.buildTime, TimeFloor.buildTime)
  }

  /// The clock, or the floor where the clock is behind it.
  func now(_ clock: Timestamp) -> Timestamp { max(clock, instant) }

  mutating func raise(to issued: Timestamp, in state: StateDirectory) throws(FleetError) {
    guard issued > instant else { return }
    instant = issued
    try state.write(TimeFloor.fileName, JSON.canonical(["floor": .integer(issued.milliseconds)]))
  }
}
