internal import CLibGit2
internal import Glibc
internal import Manifests
internal import Synchronization

/// Which authorities may vouch for an https server.
///
/// libgit2 has one list for the process and frees the old one when it is replaced, connections or no: so one https
/// conversation at a time, each with its own list.
enum TrustedAuthorities {
  /// What Debian's ca-certificates makes of the authorities that the machine trusts.
  static let systemFile = "/etc/ssl/certs/ca-certificates.crt"

  private static let isTaken = Mutex(false)

  /// Waits for the turn and sets the list; nil is the system's. Each successful call wants one `giveBack`.
  static func take(_ file: String?, for operation: NetworkOperation) throws(FleetError) {
    while !isTaken.withLock({ taken in
      defer { taken = true }
      return !taken
    }) {
      // Another source's fetch has the turn; it ends within its own deadline.
      guard operation.goesOn(objects: 0, bytes: 0) else { throw gaveUp(operation) }
      usleep(20_000)
    }
    let path = file ?? systemFile
    guard flotilla_git_set_certificate_file(path) == 0 else {
      let cause = GitFailure.last(-1).message
      giveBack()
      throw FleetError(
        .gitSettings, "the certificate authorities cannot be read", at: .init(file: path), cause: cause,
        nextStep: file == nil ? "install the package ca-certificates" : "")
    }
  }

  private static func gaveUp(_ operation: NetworkOperation) -> FleetError {
    operation.stopped == .cancelled
      ? FleetError(.gitCancelled, "the fetch was cancelled while another https fetch of this process had the turn")
      : FleetError(.gitDeadline, "another https fetch of this process took all the time that this one had")
  }

  static func giveBack() { isTaken.withLock { $0 = false } }
}
