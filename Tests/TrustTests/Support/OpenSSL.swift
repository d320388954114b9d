import Foundation
import TestSupport
import Testing

/// Runs `openssl` with arguments that stand apart by single spaces; its output. Fails the test when it fails.
@discardableResult
func openssl(_ arguments: String, in folder: String) throws -> String {
  try openssl(arguments.split(separator: " ").map(String.init), in: folder)
}

@discardableResult
func openssl(_ arguments: [String], in folder: String) throws -> String {
  let result = try runProgram("openssl", arguments, in: folder)
  try #require(result.status == 0, "openssl \(arguments.joined(separator: " ")): \(result.text)")
  return result.text
}

func file(_ name: String, in folder: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
}
