import Foundation
import Testing

@Suite("The demo runs the whole path with real processes")
struct DemoTests {
  /// The folder of the built programs: where the test bundle itself lies.
  private static let programs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".build/debug")

  @Test("every scene happens, and it ends by itself with status 0", .timeLimit(.minutes(5)))
  func everySceneHappens() throws {
    let root = DemoTests.programs.deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = DemoTests.programs.appending(path: "flotilla")
    process.arguments = ["demo", "--example", root.appending(path: "Examples/acme").path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("Every step happened"))
  }
}
