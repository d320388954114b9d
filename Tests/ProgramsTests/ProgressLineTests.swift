import Programs
import Testing

@Suite("How far long work is")
struct ProgressLineTests {
  @Test("work that is done soon says nothing")
  func soon() {
    var terminal = ProgressLine("apps rendered", isTerminal: true)
    var log = ProgressLine("apps rendered", isTerminal: false)
    #expect(terminal.text(done: 1, of: 9, at: 0.4) == nil)
    #expect(log.text(done: 1, of: 9, at: 9.9) == nil)
    #expect(terminal.end() == nil)
    #expect(log.end() == nil)
  }

  @Test("a terminal's line is redrawn in place, not too often, and taken away at the end")
  func terminal() {
    var line = ProgressLine("apps rendered", isTerminal: true)
    #expect(line.text(done: 1, of: 4, at: 0.5) == "\r1 of 4 apps rendered (25 %)\u{1b}[K")
    #expect(line.text(done: 2, of: 4, at: 0.6) == nil)
    #expect(line.text(done: 3, of: 4, at: 0.8) == "\r3 of 4 apps rendered (75 %)\u{1b}[K")
    #expect(line.text(done: 4, of: 4, at: 2) == nil)
    #expect(line.end() == "\r\u{1b}[K")
    #expect(line.end() == nil)
  }

  @Test("a log gets a plain line now and then")
  func log() {
    var line = ProgressLine("apps rendered", isTerminal: false)
    #expect(line.text(done: 1, of: 4, at: 10) == "1 of 4 apps rendered (25 %)\n")
    #expect(line.text(done: 2, of: 4, at: 19) == nil)
    #expect(line.text(done: 2, of: 4, at: 20) == "2 of 4 apps rendered (50 %)\n")
    #expect(line.end() == nil)
  }
}
