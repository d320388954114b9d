import Manifests
import Settings
import Testing

@Suite("A setting is taken from the first source that gives it")
struct PrecedenceTests {
  let file = "workers: 10\npoll-interval: 1m\nbranch: from-file\n"
  let environment = ["FLOTILLA_HUB_WORKERS": "20", "FLOTILLA_HUB_POLL_INTERVAL": "2m"]

  @Test("the flag, then the variable, then the file, then the default")
  func order() throws {
    let values = try Sample.resolve(["--workers", "30"], environment: environment, file: file)
    #expect(values[Sample.workers] == 30)
    #expect(values[Sample.interval] == .seconds(120))
    #expect(values[Sample.branch] == "from-file")
    #expect(values[Sample.level] == .info)
  }

  @Test("each value says where it came from")
  func sources() throws {
    let values = try Sample.resolve(["--workers", "30"], environment: environment, file: file)
    let lines = Dictionary(uniqueKeysWithValues: values.lines.map { ($0.name, "\($0.text) from \($0.source)") })
    #expect(lines["workers"] == "30 from --workers")
    #expect(lines["poll-interval"] == "2m from FLOTILLA_HUB_POLL_INTERVAL")
    #expect(lines["branch"] == "from-file from hub.yaml:3:9, field branch")
    #expect(lines["log-level"] == "info from default")
    #expect(values.lines.map(\.name).first == "listen")
  }

  @Test("what a source gives is checked even where another overrides it")
  func overriddenIsChecked() throws {
    #expect(try Sample.error(["--workers=3"], environment: ["FLOTILLA_HUB_WORKERS": "many"]).code == .invalidField)
    #expect(try Sample.error(["--workers=3"], file: "workers: 100").code == .invalidField)
  }

  @Test("the file can be named by a variable, and the flag wins over it")
  func fileByVariable() throws {
    let values = try Sample.table.resolve(
      arguments: [], environment: ["FLOTILLA_HUB_CONFIG": "a.yaml"]
    ) { path throws(FleetError) in
      #expect(path == "a.yaml")
      return Array("state-directory: /a".utf8)
    }
    #expect(values[Sample.state] == "/a")
    let other = try Sample.table.resolve(
      arguments: ["--config=b.yaml"], environment: ["FLOTILLA_HUB_CONFIG": "a.yaml"]
    ) { path throws(FleetError) in Array("state-directory: /\(path)".utf8) }
    #expect(other[Sample.state] == "/b.yaml")
  }

  @Test("an empty variable gives nothing, nor does an empty key or file")
  func empty() throws {
    let values = try Sample.resolve(environment: ["FLOTILLA_HUB_WORKERS": ""], file: "workers:\n")
    #expect(values[Sample.workers] == 4)
    #expect(try Sample.resolve(file: "# nothing yet\n")[Sample.workers] == 4)
  }

  @Test("a setting without a default has to be given")
  func required() throws {
    do throws(FleetError) {
      _ = try Sample.table.resolve(arguments: [], environment: [:])
      Issue.record("no error was thrown")
    } catch {
      #expect(error.code == .missingField)
      #expect(error.nextStep.contains("--state-directory"))
      #expect(error.nextStep.contains("FLOTILLA_HUB_STATE_DIRECTORY"))
    }
  }

  @Test("variables that are no setting's are left alone, as those that Kubernetes sets for a Service")
  func otherVariables() throws {
    let environment = [
      "FLOTILLA_HUB_PORT": "tcp://10.0.0.1:8443", "FLOTILLA_HUB_SERVICE_HOST": "10.0.0.1", "HOME": "/",
    ]
    #expect(try Sample.resolve(environment: environment)[Sample.workers] == 4)
  }
}
