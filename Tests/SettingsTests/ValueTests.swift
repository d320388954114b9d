import FleetModel
import Manifests
import Settings
import Testing

@Suite("Values are what they say")
struct ValueTests {
  @Test(
    "an address is a host and a port",
    arguments: [
      ("127.0.0.1:0", "127.0.0.1", 0), ("hub.example.com:8443", "hub.example.com", 8443),
      ("[::1]:65535", "::1", 65_535),
      ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
    ])
  func address(text: String, host: String, port: Int) throws {
    let address = try #require(HostAndPort(text))
    #expect(address == HostAndPort(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(
    "anything else is no address",
    arguments: [
      "", ":", "hub", "hub:", ":8443", "hub:65536", "hub:-1", "hub:+1", "hub: 1", "hub:x", "a b:1", "http://hub:1",
      "::1:8443", "[::1]", "[]:1", "[hub]:1", "hub:000080", "hub:٣",
    ])
  func noAddress(text: String) { #expect(HostAndPort(text) == nil) }

  @Test(
    "a bad flag or variable is named with what is wrong with it",
    arguments: [
      ("workers", "65"), ("workers", "x"), ("poll-interval", "1"), ("poll-interval", "2h"), ("log-level", "Info"),
      ("listen", "8443"), ("verbose", "yes"), ("branch", ""),
    ])
  func badText(name: String, text: String) throws {
    let flag = try Sample.error(["--\(name)=\(text)"])
    #expect(flag.code == .invalidField)
    #expect(flag.address.field == "--\(name)")
    #expect(flag.message.hasPrefix("`\(text)` is not "))
    guard !text.isEmpty else { return }
    let variable = "FLOTILLA_HUB_\(name.uppercased().replacing("-", with: "_"))"
    #expect(try Sample.error(environment: [variable: text]).address.field == variable)
  }
}

@Suite("A secret is never shown")
struct SecretTests {
  @Test("neither in a listing nor in help nor in an error")
  func hidden() throws {
    let values = try Sample.resolve(environment: ["FLOTILLA_HUB_GIT_TOKEN": "s3cret"])
    #expect(values[Sample.token] == "s3cret")
    #expect(values.lines.first { $0.name == "git-token" }?.text == "(secret)")
    let limited = Setting(
      "pin", .integer(in: 0...9999), default: 1234, help: "A number nobody should see.", isSecret: true)
    let table = SettingsTable(program: "flotilla-hub", [limited])
    #expect(!table.help().contains("1234"))
    #expect(!table.reference().contains("1234"))
    do throws(FleetError) {
      _ = try table.resolve(arguments: [], environment: ["FLOTILLA_HUB_PIN": "98765"])
      Issue.record("no error was thrown")
    } catch {
      #expect(!"\(error)".contains("98765"))
      #expect(error.address.field == "FLOTILLA_HUB_PIN")
    }
  }

  @Test("it is not taken from the command line, where others see it")
  func notOnTheCommandLine() throws {
    let error = try Sample.error(["--git-token=s3cret"])
    #expect(error.code == .usage)
    #expect(!"\(error)".contains("s3cret"))
    #expect(error.nextStep.contains("FLOTILLA_HUB_GIT_TOKEN"))
  }
}
