internal import CLibGit2
internal import Manifests

extension git_oid {
  /// nil unless there are exactly 20 bytes.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == CommitID.byteCount else { return nil }
    self.init()
    withUnsafeMutableBytes(of: &id) { $0.copyBytes(from: bytes) }
  }

  init(_ commit: CommitID) {
    self.init()
    withUnsafeMutableBytes(of: &id) { $0.copyBytes(from: commit.bytes) }
  }

  var bytes: [UInt8] { withUnsafeBytes(of: id) { Array($0) } }

  func isSame(as other: git_oid) -> Bool {
    withUnsafeBytes(of: id) { left in withUnsafeBytes(of: other.id) { right in left.elementsEqual(right) } }
  }
}

extension CommitID {
  init(_ id: git_oid) { self.init(exactly20: id.bytes) }
}
