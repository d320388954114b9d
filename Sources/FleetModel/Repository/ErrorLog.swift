import Manifests

/// The errors of one file, gathered while it is read to its end: somebody who mends a file wants all of them at once.
///
/// A class, because the closures that read parts of a file all add to one log; it never leaves the reading of its file.
final class ErrorLog {
  /// What every error of the file names besides its place.
  private let address: FleetError.Address
  private var gathered: [FleetError] = []
  private var dropped = 0

  init(_ address: FleetError.Address) { self.address = address }

  /// How many errors there were.
  var count: Int { gathered.count + dropped }

  /// In the order of their places.
  var errors: [FleetError] {
    let sorted = gathered.enumerated().sorted { left, right in
      place(left.element, left.offset).lexicographicallyPrecedes(place(right.element, right.offset))
    }
    return sorted.map(\.element) + more
  }

  func add(_ error: FleetError) {
    guard gathered.count < FleetLimits.errorsPerFile else {
      dropped += 1
      return
    }
    gathered.append(error.within(address))
  }

  /// What the closure makes, unless errors came up while it did.
  func whole<Result>(_ read: () -> Result?) -> Result? {
    let before = count
    let result = read()
    return count == before ? result : nil
  }

  private func place(_ error: FleetError, _ offset: Int) -> [Int] {
    [error.address.line ?? 0, error.address.column ?? 0, offset]
  }

  private var more: [FleetError] {
    dropped == 0 ? [] : [FleetError(.limitExceeded, "\(dropped) more errors in this file", at: address)]
  }
}
