internal import CLibGit2
internal import Manifests

/// What libgit2 said when a call failed.
struct GitFailure {
  let code: git_error_code
  let kind: git_error_t
  /// In libgit2's or the server's words: one line, printable, bounded.
  let message: String

  /// The failure of the call that has just returned `code` on this thread.
  static func last(_ code: Int32) -> GitFailure {
    // The message is libgit2's own memory until the next call on this thread; it is copied here.
    guard let error = git_error_last(), let text = error.pointee.message else {
      return GitFailure(code: git_error_code(code), kind: GIT_ERROR_NONE, message: "libgit2 error \(code)")
    }
    return GitFailure(
      code: git_error_code(code), kind: git_error_t(UInt32(bitPattern: error.pointee.klass)),
      message: printable(String(cString: text)))
  }

  private static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(GitLimits.messageBytes) {
      result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return String(result.drop { $0 == " " })
  }
}

extension git_error_code {
  fileprivate init(_ code: Int32) { self.init(rawValue: code) }
}

extension FleetError {
  /// What failed in a repository on our disk, where every object should be there and whole.
  static func reading(_ failure: GitFailure, at address: Address = Address()) -> FleetError {
    FleetError(.gitRepositoryCorrupt, "the repository cannot be read", at: address, cause: failure.message)
  }
}

/// Throws when a call into a repository on our disk has failed.
func checkReading(_ code: Int32, at address: @autoclosure () -> FleetError.Address = .init()) throws(FleetError) {
  if code < 0 { throw .reading(.last(code), at: address()) }
}
