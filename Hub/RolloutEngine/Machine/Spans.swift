internal import FleetModel

extension Duration {
  /// As people say it: `1 min`, `90 s`, `250 ms`.
  var words: String {
    let milliseconds = inMilliseconds
    for (unit, size) in [("h", 3_600_000), ("min", 60_000), ("s", 1000)] as [(String, Int64)]
    where milliseconds >= size && milliseconds % size == 0 {
      return "\(milliseconds / size) \(unit)"
    }
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}

/// The later of an instant and another that may not be there.
func later(_ instant: Timestamp, _ other: Timestamp?) -> Timestamp { other.map { max(instant, $0) } ?? instant }

/// The earliest of those instants that are there.
func earliest(_ instants: Timestamp?...) -> Timestamp? { instants.compactMap { $0 }.min() }
