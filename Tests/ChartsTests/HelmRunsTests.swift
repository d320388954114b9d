import Charts
import FleetModel
import Foundation
import Manifests
import Rendering
import TestSupport
import Testing

/// Programs in helm's place, so that what is given to helm and how it fails can be chosen.
@Suite("A run of helm")
struct HelmRunsTests {
  /// A program that says it is Helm, and otherwise does this.
  private func withProgram(
    _ script: String, deadline: Duration = .seconds(60), _ body: (Helm) throws -> Void,
    named path: (String) -> String = { $0 }
  ) async throws {
    try await withTemporaryDirectory { folder in
      try write(
        program: "#!/bin/sh\n[ \"$1\" = version ] && exec echo v3.17.0+g1\n\(script)\n", to: "\(folder)/helm")
      try body(try Helm(program: path("\(folder)/helm"), deadline: deadline, workspaces: path(folder)))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["helm"])
    }
  }

  private func request() throws -> ChartRequest {
    let path = try #require(TreePath("templates/a.yaml"))
    var request = ChartRequest(
      directory: try #require(TreePath("apps/web/chart")), files: [.init(path: path, bytes: Array("text".utf8))])
    request.values = [Array("a: 1".utf8)]
    return request
  }

  private func output(_ helm: Helm, _ request: ChartRequest, _ pass: ChartPass = .first) throws -> String {
    String(decoding: try helm.inflate(request, pass), as: UTF8.self)
  }

  private func refusal(_ script: String, deadline: Duration = .seconds(60)) async throws -> FleetError {
    var refusal: FleetError?
    let request = try request()
    try await withProgram(script, deadline: deadline) { helm in
      refusal = #expect(throws: FleetError.self) { try helm.inflate(request, .first) }
    }
    let error = try #require(refusal)
    #expect(error.code == .chartFailed)
    return error
  }

  @Test("names the program with its version")
  func version() async throws {
    try await withProgram("exit 1") { #expect($0.identity == "helm v3.17.0+g1") }
  }

  @Test("is not begun with what is no Helm 3 or 4")
  func otherProgram() async throws {
    try await withTemporaryDirectory { folder in
      try write(program: "#!/bin/sh\necho v2.17.0\n", to: "\(folder)/helm")
      let error = #expect(throws: FleetError.self) { try Helm(program: "\(folder)/helm", workspaces: folder) }
      #expect(error?.cause.contains("v2.17.0") == true)
      #expect(throws: FleetError.self) { try Helm(program: "\(folder)/nothing", workspaces: folder) }
    }
  }

  @Test("finds the chart, its values, and nothing of the host but its PATH")
  func surroundings() async throws {
    let request = try request()
    try await withProgram("cat chart/templates/a.yaml values-0.yaml; env | cut -d= -f1 | sort | tr '\\n' ' '") { helm in
      let text = try output(helm, request)
      #expect(text.hasPrefix("texta: 1"))
      let names = Set(text.dropFirst(8).split(separator: " ").map(String.init)).subtracting([
        "_", "PWD", "OLDPWD", "SHLVL",
      ])
      let known: Set<String> = [
        "PATH", "LANG", "HOME", "TMPDIR", "HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME", "HELM_PLUGINS",
        "HELM_NO_PLUGINS", "KUBECONFIG", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "TZ",
      ]
      #expect(names == known)
    }
  }

  @Test("has another time zone the second time")
  func zones() async throws {
    let request = try request()
    try await withProgram("echo $TZ") { helm in
      let (first, second) = (try output(helm, request, .first), try output(helm, request, .check))
      #expect(first != second)
    }
  }

  @Test("takes nothing that a repository says for an option")
  func options() async throws {
    var request = try request()
    request.releaseName = "--post-renderer=/bin/sh"
    request.namespace = "--debug"
    request.kubernetesVersion = "-x"
    try await withProgram("for word in \"$@\"; do echo \"$word\"; done") { helm in
      let words = try output(helm, request).split(separator: "\n").map(String.init)
      let end = try #require(words.firstIndex(of: "--"))
      #expect(words[..<end].contains("--namespace=--debug"))
      #expect(words[..<end].contains("--kube-version=-x"))
      #expect(words[(end + 1)...].first == "--post-renderer=/bin/sh")
      #expect(words.count == end + 3)
    }
  }

  @Test("that fails tells the end of what helm complained of, without the folder it ran in")
  func failure() async throws {
    let error = try await refusal("echo \"Error: $PWD/chart/templates/a.yaml is wrong\" >&2; exit 1")
    #expect(error.message.contains("apps/web/chart"))
    #expect(error.cause == "Error: apps/web/chart/templates/a.yaml is wrong")
  }

  @Test("that takes too long is ended")
  func late() async throws {
    let error = try await refusal("exec sleep 600", deadline: .milliseconds(300))
    #expect(error.message.contains("was not done"))
  }

  @Test("that writes without end is ended")
  func tooMuch() async throws {
    #expect(try await refusal("exec yes").message.contains("64 MiB"))
  }

  @Test("finds its program and its folder also when they are named from the directory of the process")
  func relative() async throws {
    let request = try request()
    // A link, for the directory of the process is nobody's place to write.
    let link = ".flotilla-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: link) }
    try await withProgram("cat \"$(eval echo \\${$#})/templates/a.yaml\"") { helm in
      let text = try output(helm, request)
      #expect(text == "text")
    } named: { path in
      let folder = path.hasSuffix("/helm") ? String(path.dropLast(5)) : path
      try? FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder)
      return link + path.dropFirst(folder.count)
    }
  }

  @Test("is asked for a program by its name as a shell finds it")
  func find() async throws {
    #expect(Helm.find("sh", path: "/no/such:/bin:/usr/bin") == "/bin/sh")
    #expect(Helm.find("./mine", path: "/bin") == "./mine")
    #expect(Helm.find("no-such-program", path: "/bin") == nil)
  }

  @Test("that was killed leaves a folder, which is removed when a hub starts")
  func leftovers() async throws {
    try await withTemporaryDirectory { folder in
      try write(["charts/flotilla-chart-abc/chart/Chart.yaml": "x", "charts/other": "y"], into: folder)
      try Helm.prepareWorkspaces("\(folder)/charts")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/charts") == ["other"])
      try Helm.prepareWorkspaces("\(folder)/new")
      #expect(FileManager.default.fileExists(atPath: "\(folder)/new"))
    }
  }
}
