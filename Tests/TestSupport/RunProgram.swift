public import Foundation

/// What a program printed, and how it ended.
public struct ProgramResult: Sendable {
  public var status: Int32
  /// Both its outputs, in the order in which they came.
  public var text: String
}

/// Runs a program that is found like a shell finds it, to its end.
public func runProgram(
  _ program: String, _ arguments: [String], in directory: String? = nil, input: Data = Data()
) throws -> ProgramResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
  let (into, out) = (Pipe(), Pipe())
  process.standardInput = into
  process.standardOutput = out
  process.standardError = out
  try process.run()
  // Small enough for the pipe's buffer, so that nobody waits for anybody.
  try into.fileHandleForWriting.write(contentsOf: input)
  try into.fileHandleForWriting.close()
  let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return ProgramResult(status: process.terminationStatus, text: text)
}
