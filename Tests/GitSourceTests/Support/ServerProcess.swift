import Foundation

/// A server program that runs while a test does, and no longer than the test process.
struct ServerProcess {
  private let child: Child
  private let input: Duct
  private let output: Duct

  init(_ name: String, _ arguments: [String]) throws {
    // A shell between them ends the server when it is asked to, and when its input ends because the test process has.
    let script = #"""
      exec 3<&0
      "$0" "$@" 3<&- & server=$!
      (read -r line <&3; kill $server) > /dev/null & watch=$!
      trap 'kill $server' TERM
      wait $server; wait $server; kill $watch
      """#
    (input, output) = (try Duct(), try Duct())
    let silence = try FileHandle(forWritingTo: URL(filePath: "/dev/null"))
    child = try Child(
      Program.path(of: "sh"), ["-c", script, Program.path(of: name)] + arguments, environment: Program.environment,
      descriptors: (
        input.reading.fileDescriptor, output.writing.fileDescriptor, silence.fileDescriptor
      ))
    try output.writing.close()
    try input.reading.close()
  }

  /// The first line that the server prints.
  func firstLine() async throws -> String {
    let line = await withCheckedContinuation { continuation in
      let handle = output.reading
      Thread.detachNewThread {
        var bytes = Data()
        while let byte = try? handle.read(upToCount: 1), byte != Data("\n".utf8), !byte.isEmpty { bytes += byte }
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
      }
    }
    guard !line.isEmpty else { throw Program.Failure(description: "the server ended without a word") }
    return line
  }

  func stop() { child.terminate() }
}

/// A pipe whose ends are not for other programs: one that held a server's input would keep that server alive.
private struct Duct {
  let reading: FileHandle
  let writing: FileHandle

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Program.Failure(description: "no pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }
}
