import AgentDoubles
import Digests
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@testable import AgentCore

@Suite("The agent's state is written whole or not at all, and is its own")
struct StateDirectoryTests {
  private func state(_ directory: String, files: any FileSystem = HostFileSystem()) -> StateDirectory {
    StateDirectory(path: "\(directory)/state", files: files)
  }

  private let old = Array("old".utf8)
  private let new = [UInt8](repeating: 0x6e, count: 100_000)

  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test("whichever operation fails or tears a file, the name has the old content or the new")
  func atomic() async throws {
    for failing in 1...8 {
      for fault in [FaultyFileSystem.Fault.once(at: failing), .torn(at: failing), .forever(from: failing)] {
        try await withTemporaryDirectory { directory in
          try state(directory).prepare()
          try state(directory).write("file", old)
          let error = try refusal { try state(directory, files: FaultyFileSystem(fault)).write("file", new) }
          let found = try state(directory).read("file")
          #expect(found == old || found == new)
          if error == nil { #expect(found == new) }
          try state(directory).prepare()
          #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(directory)/state").sorted() == ["blobs", "file"])
        }
      }
    }
  }

  @Test("a blob is read back only as what its name says; a damaged one is removed")
  func damagedBlob() async throws {
    try await withTemporaryDirectory { directory in
      let state = state(directory)
      try state.prepare()
      let digest = Digest(of: new)
      #expect(try state.blob(digest) == nil)
      try state.storeBlob(digest, new)
      #expect(try state.blob(digest) == new)
      let path = "\(state.path)/blobs/\(digest.hex)"
      try Data(new.dropLast()).write(to: URL(filePath: path))
      #expect(try state.blob(digest) == nil)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("blobs that nobody wants are removed, and what is no blob with them")
  func kept() async throws {
    try await withTemporaryDirectory { directory in
      let state = state(directory)
      try state.prepare()
      for bytes in [old, new] { try state.storeBlob(Digest(of: bytes), bytes) }
      try Data(old).write(to: URL(filePath: "\(state.path)/blobs/stray"))
      try state.keepBlobs([Digest(of: new)])
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(state.path)/blobs") == [Digest(of: new).hex])
    }
  }

  @Test("folders and files are for the agent's user only; what is open to others is closed and named")
  func modes() async throws {
    try await withTemporaryDirectory { directory in
      let state = state(directory)
      #expect(try state.prepare().isEmpty)
      try state.write("keys", old)
      try state.storeBlob(Digest(of: old), old)
      for folder in ["", "/blobs"] { #expect(try mode(state.path + folder) == 0o700) }
      for file in ["/keys", "/blobs/\(Digest(of: old).hex)"] { #expect(try mode(state.path + file) == 0o600) }
      #expect(try state.prepare().isEmpty)

      for (path, open) in [("", 0o755), ("/blobs", 0o770), ("/keys", 0o644)] {
        try FileManager.default.setAttributes([.posixPermissions: open], ofItemAtPath: state.path + path)
      }
      #expect(try state.prepare() == ["\(state.path)/.", "\(state.path)/blobs", "\(state.path)/keys"])
      for (path, closed) in [("", 0o700), ("/blobs", 0o700), ("/keys", 0o600)] {
        #expect(try mode(state.path + path) == closed)
      }
    }
  }

  @Test("where what is open to others cannot be closed, the agent does not start on it")
  func cannotClose() async throws {
    try await withTemporaryDirectory { directory in
      try state(directory).prepare()
      try state(directory).write("keys", old)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(directory)/state/keys")
      // The two folders are there: the first operation that changes anything is to close the file.
      let files = FaultyFileSystem(.forever(from: 3))
      let error = try #require(try refusal { try state(directory, files: files).prepare() })
      #expect(error.code == .agentState)
      #expect(error.address.file?.hasSuffix("state/keys") == true)
      #expect(!error.nextStep.isEmpty)
    }
  }

  @Test("a link is not followed, neither for reading nor for closing what it points to")
  func links() async throws {
    try await withTemporaryDirectory { directory in
      let state = state(directory)
      try state.prepare()
      let outside = "\(directory)/outside"
      try Data(old).write(to: URL(filePath: outside))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: outside)
      try FileManager.default.createSymbolicLink(atPath: "\(state.path)/link", withDestinationPath: outside)
      #expect(try state.prepare().isEmpty)
      #expect(try mode(outside) == 0o644)
      #expect(try refusal { _ = try state.read("link") }?.code == .fileSystem)
    }
  }

  @Test("one agent has it at a time, and the next one when that has let go")
  func locked() async throws {
    try await withTemporaryDirectory { directory in
      let first = try StateLock(of: state(directory))
      let error = try #require(try refusal { _ = try StateLock(of: state(directory)) })
      #expect(error.code == .stateInUse)
      #expect(error.address.file == "\(directory)/state")
      #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
      first.release()
      try StateLock(of: state(directory)).release()
    }
  }

  @Test("trusted metadata is kept verbatim, one file a role")
  func metadata() async throws {
    try await withTemporaryDirectory { directory in
      try state(directory).prepare()
      let stored = StoredMetadata(state: state(directory))
      for role in MetadataRole.allCases {
        #expect(try stored.load(role) == nil)
        try stored.store(role, Array("{ \"role\":\t\"\(role.rawValue)\" }\n".utf8))
      }
      for role in MetadataRole.allCases {
        #expect(try stored.load(role) == Array("{ \"role\":\t\"\(role.rawValue)\" }\n".utf8))
      }
      try stored.remove(.snapshot)
      try stored.remove(.snapshot)
      #expect(try stored.load(.snapshot) == nil)
      #expect(try stored.load(.targets) != nil)
    }
  }
}
