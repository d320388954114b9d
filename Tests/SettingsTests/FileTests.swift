import Foundation
import Manifests
import Settings
import TestSupport
import Testing

@Suite("The configuration file is read with file, line and field")
struct FileTests {
  @Test("every kind of value is read from YAML")
  func kinds() throws {
    let values = try Sample.resolve(
      file: """
        listen: "[::1]:9443"
        poll-interval: 1h
        workers: 64
        verbose: true
        log-level: debug
        tls-names: [hub, hub.example.com]
        git-token: s3cret
        """)
    #expect(values[Sample.listen] == HostAndPort(host: "::1", port: 9443))
    #expect(values[Sample.interval] == .seconds(3600))
    #expect(values[Sample.workers] == 64)
    #expect(values[Sample.verbose])
    #expect(values[Sample.level] == .debug)
    #expect(values[Sample.names] == ["hub", "hub.example.com"])
    #expect(values[Sample.token] == "s3cret")
  }

  @Test("an unknown key is refused with its line and a suggestion")
  func unknownKey() throws {
    let error = try Sample.error(file: "workers: 3\nlog-levle: debug\n")
    #expect(error.code == .unknownField)
    #expect(error.address.file == "hub.yaml")
    #expect(error.address.line == 2)
    #expect(error.nextStep == "did you mean log-level?")
    #expect(try Sample.error(file: "config: other.yaml").code == .unknownField)
  }

  @Test(
    "a bad value is refused with its line",
    arguments: [
      "workers: 0", "workers: many", "workers: 1.5", "verbose: 1", "verbose: yes", "poll-interval: 10",
      "poll-interval: 0s", "log-level: loud", "listen: 8443", "tls-names: hub", "tls-names: [1]", "branch: ''",
      "branch: [a]",
    ])
  func badValues(line: String) throws {
    let error = try Sample.error(file: "# first\n\(line)\n")
    #expect(error.code == .invalidField)
    #expect(error.address.file == "hub.yaml")
    #expect(error.address.line == 2)
    #expect(error.address.field?.hasPrefix(try #require(line.split(separator: ":").first).description) == true)
  }

  @Test("a file of something else is refused", arguments: ["- a\n- b\n", "text\n", "a: [\n", "a: 1\n---\nb: 2\n"])
  func noSettings(text: String) throws {
    let error = try Sample.error(file: text)
    #expect(error.address.file == "hub.yaml")
    #expect(error.address.line != nil)
  }

  @Test("a file on disk is read, and one that is missing is an error that names it")
  func onDisk() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/hub.yaml"
      try Data("state-directory: /var/lib/flotilla\n".utf8).write(to: URL(filePath: path))
      let values = try Sample.table.resolve(arguments: ["--config", path], environment: [:])
      #expect(values[Sample.state] == "/var/lib/flotilla")
      do throws(FleetError) {
        _ = try Sample.table.resolve(arguments: ["--config", path + "x"], environment: [:])
        Issue.record("no error was thrown")
      } catch {
        #expect(error.code == .configurationUnreadable)
        #expect(error.address.file == path + "x")
      }
      try Data(repeating: 0x23, count: 2 << 20).write(to: URL(filePath: path))
      do throws(FleetError) {
        _ = try Sample.table.resolve(arguments: ["--config", path], environment: [:])
        Issue.record("no error was thrown")
      } catch {
        #expect(error.code == .configurationUnreadable)
      }
    }
  }
}
