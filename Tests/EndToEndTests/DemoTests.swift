import Foundation
import Testing

@Suite("The demo runs the whole path with real processes")
struct DemoTests {
  @Test("every scene happens, and it ends by itself with status 0", .timeLimit(.minutes(5)))
  func everySceneHappens() throws {
    let process = Process()
    process.executableURL = URL(filePath: "\(Stage.programs)/flotilla")
    process.arguments = ["demo", "--example", "\(Stage.project)/Examples/acme"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("Every step happened"))
    for scene in 1...7 { #expect(text.contains("\n\(scene). ")) }
  }
}
