import Foundation
import Testing

@testable import Wire

/// Google's own implementation, which `protoc-c` brings along, reads what we write and writes what we read.
@Suite("Another implementation", .timeLimit(.minutes(2)))
struct InteropTests {
  @Test("reads every kind of message, and what it writes back reads the same", arguments: everyMessageName)
  func bothWays(name: String) throws {
    let kind = try #require(everyMessageKind.first { $0.messageName == name })
    try check(kind)
  }

  private func check<M: RandomMessage>(_ kind: M.Type) throws {
    var random = RandomSource(seed: 4)
    for _ in 0..<3 {
      let message = M.random(&random)
      let text = try protoc("--decode=\(M.messageName)", input: message.encoded())
      let back = try protoc("--encode=\(M.messageName)", input: text)
      #expect(try M(wire: back) == message)
    }
  }

  private static let protos = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../Proto").standardizedFileURL

  private func protoc(_ mode: String, input: [UInt8]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["protoc-c", "-I.", mode, "flotilla/v1/operator.proto", "flotilla/v1/agent.proto"]
      + ["flotilla/v1/enrollment.proto", "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto"]
    process.currentDirectoryURL = Self.protos
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    try process.run()
    // The samples are far smaller than a pipe's buffer, so writing all before reading does not block.
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let errors = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(String(decoding: errors, as: UTF8.self))")
    return [UInt8](output)
  }
}
