import Manifests
import Settings
import Testing

@Suite("Flags are read exactly")
struct FlagTests {
  @Test("a value follows the flag or an equals sign")
  func values() throws {
    #expect(try Sample.resolve(["--branch", "main"])[Sample.branch] == "main")
    #expect(try Sample.resolve(["--branch=main"])[Sample.branch] == "main")
    #expect(try Sample.resolve(["--branch=a=b"])[Sample.branch] == "a=b")
    #expect(try Sample.resolve(["--branch", "--odd"])[Sample.branch] == "--odd")
  }

  @Test("a bare flag turns on, --no- turns off")
  func booleans() throws {
    #expect(try Sample.resolve(["--verbose"])[Sample.verbose])
    #expect(try !Sample.resolve(["--no-verbose"], environment: ["FLOTILLA_HUB_VERBOSE": "true"])[Sample.verbose])
    #expect(try !Sample.resolve(["--verbose=false"])[Sample.verbose])
    #expect(try Sample.error(["--no-verbose=true"]).code == .usage)
    #expect(try Sample.error(["--no-workers"]).code == .usage)
  }

  @Test("a list is repeated or separated by commas")
  func lists() throws {
    #expect(try Sample.resolve(["--tls-names", "a,b", "--tls-names=c"])[Sample.names] == ["a", "b", "c"])
    #expect(try Sample.error(["--tls-names", "a,,b"]).code == .invalidField)
  }

  @Test("what is misspelt, missing or given twice is refused with the next step")
  func refused() throws {
    let unknown = try Sample.error(["--brunch", "main"])
    #expect(unknown.code == .usage)
    #expect(unknown.address.field == "--brunch")
    #expect(unknown.nextStep == "did you mean --branch?")
    #expect(try Sample.error(["--xyzzy"]).nextStep == "see flotilla-hub --help")
    #expect(try Sample.error(["--branch", "a", "--branch", "b"]).message == "the flag is given twice")
    #expect(try Sample.error(["main"]).message == "`main` is no flag")
    #expect(try Sample.error(["-v"]).code == .usage)
    #expect(try Sample.error(["--"]).code == .usage)
    #expect(try Sample.error(["--="]).code == .usage)
    #expect(try Sample.error(["--state-directory=/s", "--branch"]).message == "the flag's value is missing")
  }

  @Test("help is asked for with --help or -h")
  func help() {
    #expect(SettingsTable.asksForHelp(["--workers", "3", "--help"]))
    #expect(SettingsTable.asksForHelp(["-h"]))
    #expect(!SettingsTable.asksForHelp(["--workers", "3"]))
  }
}
