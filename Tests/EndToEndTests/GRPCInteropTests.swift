import Digests
import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Trust
import Wire

/// One question to the hub, in gRPC's own words.
private struct Question {
  /// The PEM files of a client's certificate and key.
  struct Client {
    var certificate: String
    var key: String
  }

  /// nil shows no certificate.
  var client: Client?
  var method: String
  /// One message in protobuf's encoding.
  var request: [UInt8] = []

  var form: Value {
    [
      "certificate": client.map { .string($0.certificate) } ?? .null, "key": client.map { .string($0.key) } ?? .null,
      "method": .string(method), "request": .string(request.hexText),
    ]
  }
}

/// What grpcio got for a question.
private struct Answer {
  var code: String
  var details: String
  var responses: [[UInt8]]
}

@Suite(
  "gRPC's own Python client talks to the hub, and gets what its certificate allows", .serialized,
  .enabled("pip reaches a package index") { try await PythonEnvironment.interoperation.isAvailable() })
struct GRPCInteropTests {
  private static let script = "\(Stage.project)/Tests/EndToEndTests/Interop/ask_hub.py"
  private static let health = "/grpc.health.v1.Health/Check"
  private static let metadata = "/flotilla.v1.Agent/GetMetadata"
  /// `HealthCheckResponse{status: SERVING}`.
  private static let serving: [UInt8] = [0x08, 0x01]
  /// `GetMetadataRequest{role: METADATA_ROLE_TARGETS}`.
  private static let targets: [UInt8] = [0x08, 0x04]

  private func ask(_ stage: Stage, _ questions: [Question]) async throws -> [Answer] {
    let file = "\(stage.machine.directory)/questions.json"
    let task: Value = [
      "address": .string("127.0.0.1:\(stage.fleet.hubPort)"), "ca": .string(try operatorFile(stage, "ca")),
      "questions": .array(questions.map(\.form)),
    ]
    try Data(JSON.canonical(task)).write(to: URL(filePath: file))
    let text = try await PythonEnvironment.interoperation.run(Self.script, [file])
    let answers = try #require(try JSON.parse(Array(text.utf8), file: "answers").array)
    try #require(answers.count == questions.count)
    return try answers.map { answer in
      let responses = try #require(answer["responses"]?.array)
      return Answer(
        code: try #require(answer["code"]?.string), details: answer["details"]?.string ?? "",
        responses: responses.compactMap { $0.string.flatMap { [UInt8](hexText: $0) } })
    }
  }

  private func operatorFile(_ stage: Stage, _ name: String) throws -> String {
    let bytes = try Data(contentsOf: URL(filePath: stage.fleet.operatorFile))
    return try #require(try JSON.parse(Array(bytes), file: "operator.json")[name]?.string)
  }

  private func theOperator(_ stage: Stage) throws -> Question.Client {
    .init(certificate: try operatorFile(stage, "certificate"), key: try operatorFile(stage, "key"))
  }

  /// The certificate that an agent got when it enrolled, and the key that it made, as PEM files; and its cluster.
  private func agent(_ stage: Stage, _ name: String) throws -> (client: Question.Client, cluster: String) {
    let bytes = try Data(contentsOf: URL(filePath: "\(stage.fleet.cluster(name).state)/identity.json"))
    let identity = try JSON.parse(Array(bytes), file: "identity.json")
    let chain = try #require(identity["chain"]?.array).compactMap(\.string).compactMap { Base64.decode($0.utf8) }
    let key = try #require(identity["tls_key"]?.string)
    let files = Question.Client(
      certificate: "\(stage.machine.directory)/\(name).pem", key: "\(stage.machine.directory)/\(name).key")
    try Data(chain.flatMap { PEM.encode($0, label: "CERTIFICATE") }).write(to: URL(filePath: files.certificate))
    try Data(key.utf8).write(to: URL(filePath: files.key))
    return (files, try #require(identity["cluster"]?.string))
  }

  /// Every method of every service in `Proto`, by its full name.
  private static func methods() throws -> [String] {
    var methods: [String] = []
    for file in Stage.files(below: "\(Stage.project)/Proto") where file.hasSuffix(".proto") {
      let text = try String(contentsOfFile: "\(Stage.project)/Proto/\(file)", encoding: .utf8)
      let package = try #require(text.firstMatch(of: /package ([\w.]+);/)).1
      for service in text.matches(of: /(?m)^service (\w+) \{([\s\S]*?)^\}/) {
        methods += service.2.matches(of: /rpc (\w+)\(/).map { "/\(package).\(service.1)/\($0.1)" }
      }
    }
    return methods
  }

  @Test("with the operator's certificate the health service answers that it serves")
  func health() async throws {
    try await Stage.with { stage in
      let answer = try #require(
        try await ask(stage, [Question(client: try theOperator(stage), method: Self.health)]).first)
      #expect(answer.code == "OK", "\(answer.details)")
      #expect(answer.responses == [Self.serving])
    }
  }

  @Test("with what the hub says of itself a client without our schema reads the fleet and the audit log")
  func reflection() async throws {
    try await Stage.with { stage in
      let name = stage.sample.clusters.map(\.name)
      _ = try await stage.fleet.ask { try await $0.createClusterToken(.init(name: name[0])) }
      let file = "\(stage.machine.directory)/task.json"
      let client = try theOperator(stage)
      let task: Value = [
        "address": .string("127.0.0.1:\(stage.fleet.hubPort)"), "ca": .string(try operatorFile(stage, "ca")),
        "certificate": .string(client.certificate), "key": .string(client.key),
      ]
      try Data(JSON.canonical(task)).write(to: URL(filePath: file))
      let text = try await PythonEnvironment.interoperation.run(
        "\(Stage.project)/Tests/EndToEndTests/Interop/reflect.py", [file])
      let answer = try JSON.parse(Array(text.utf8), file: "answer")
      let services = try Set(Self.methods().map { String($0.dropFirst().prefix { $0 != "/" }) })
      #expect(answer["services"]?.array?.compactMap(\.string) == services.sorted())
      #expect(answer["clusters"]?.array?.compactMap(\.string) == name)
      #expect(answer["actor"]?.string == "operator/admin")
      #expect(answer["missing"]?.string == "KeyError")
    }
  }

  @Test("without a certificate nothing but enrolment answers, whatever the method")
  func withoutCertificate() async throws {
    try await Stage.with { stage in
      let methods = try Self.methods()
      #expect(methods.count > 15)
      let answers = try await ask(stage, methods.map { Question(method: $0) })
      // What proves itself by a token, or by a challenge signed with the report key.
      let open = ["Enroll", "RequestChallenge", "RenewByChallenge"].map { "/flotilla.v1.Enrollment/\($0)" }
      for (method, answer) in zip(methods, answers) {
        #expect(answer.responses.isEmpty, "\(method)")
        let needsCertificate = answer.code == "UNAUTHENTICATED" && answer.details.contains("[certificate-required]")
        #expect(needsCertificate == !open.contains(method), "\(method): \(answer)")
      }
      let enrolment = try #require(zip(methods, answers).first { $0.0.hasSuffix("/Enroll") }).1
      #expect(enrolment.code != "OK")
      #expect(enrolment.details.contains("token"), "\(enrolment)")
    }
  }

  @Test("with an agent's certificate its own view is read, no other cluster's, and nothing that operators may ask")
  func agentsCertificate() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let (dev, prod) = (try agent(stage, "dev-1"), try agent(stage, "prod-1"))
      let views = try await ask(
        stage, [dev, prod].map { Question(client: $0.client, method: Self.metadata, request: Self.targets) })
      for (view, (own, other)) in zip(views, [(dev.cluster, prod.cluster), (prod.cluster, dev.cluster)]) {
        #expect(view.code == "OK", "\(view.details)")
        let text = String(decoding: view.responses.first ?? [], as: UTF8.self)
        #expect(text.contains(own) && !text.contains(other))
      }
      let text = String(decoding: views[1].responses.first ?? [], as: UTF8.self)
      let hex = try #require(text.firstMatch(of: /bundle\.json":\{.*?"sha256":"([0-9a-f]{64})"/)).1
      let digest = try #require(Digest(hex: String(hex)))
      // `GetBlobsRequest{blobs: [{sha256}]}`.
      let blobs: [UInt8] = [0x0a, 34, 0x0a, 32] + digest.bytes
      let answers = try await ask(
        stage,
        [
          Question(client: prod.client, method: "/flotilla.v1.Agent/GetBlobs", request: blobs),
          Question(client: dev.client, method: "/flotilla.v1.Agent/GetBlobs", request: blobs),
          Question(client: dev.client, method: "/flotilla.v1.Operator/ListClusters"),
          Question(client: try theOperator(stage), method: Self.metadata, request: Self.targets),
          Question(client: try theOperator(stage), method: "/flotilla.v1.Operator/ListClusters"),
          Question(client: dev.client, method: Self.health),
        ])
      #expect(
        answers.map(\.code) == ["OK", "NOT_FOUND", "PERMISSION_DENIED", "PERMISSION_DENIED", "OK", "OK"], "\(answers)")
      #expect(answers[0].responses.isEmpty == false)
      #expect(answers[1].responses.isEmpty)
    }
  }
}
