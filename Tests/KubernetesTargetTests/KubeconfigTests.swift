import Manifests
import TestSupport
import Testing

@testable import KubernetesTarget

@Suite("A kubeconfig says how to reach a cluster, and what would run programs or weaken TLS is refused")
struct KubeconfigTests {
  private func config(cluster: String = #"server: "https://10.0.0.1:6443/""#, user: String = "token: abc") -> [UInt8] {
    Array(
      """
      apiVersion: v1
      kind: Config
      preferences: {}
      current-context: main
      contexts:
      - name: main
        context: {cluster: here, user: me, namespace: shop}
      - name: other
        context: {cluster: there, user: nobody}
      clusters:
      - name: here
        cluster: {\(cluster)}
      - name: there
        cluster: {server: "http://127.0.0.1:8001"}
      users:
      - name: me
        user: {\(user)}
      - name: nobody
        user: {}

      """.utf8)
  }

  private func read(_ bytes: [UInt8], context: String? = nil) throws(FleetError) -> ClusterAccess {
    try Kubeconfig.access(bytes, file: "/home/me/.kube/config", context: context)
  }

  @Test("the current context counts, and the slash at the end of an address does not")
  func currentContext() throws {
    let access = try read(config())
    #expect(access.server == "https://10.0.0.1:6443")
    #expect(access.credentials == .token(.bytes(Array("abc".utf8))))
    #expect(access.authorities == nil)
  }

  @Test("another context can be named")
  func namedContext() throws {
    let access = try read(config(), context: "other")
    #expect(access.server == "http://127.0.0.1:8001")
    #expect(access.credentials == .anonymous)
  }

  @Test("a context that is not there is refused with those that are")
  func unknownContext() throws {
    let error = try refusal { _ = try read(config(), context: "prod") }
    #expect(error?.message == "has no context prod")
    #expect(error?.cause == "it has main, other")
    #expect(error?.address.file == "/home/me/.kube/config")
  }

  @Test("certificates stand inline in base64 or in files relative to the kubeconfig")
  func certificates() throws {
    let inline = try read(
      config(
        cluster: #"server: "https://a", certificate-authority-data: "Q0E=", tls-server-name: kubernetes"#,
        user: #"client-certificate-data: "Q1JU", client-key-data: "S0VZ""#))
    #expect(inline.authorities == .bytes(Array("CA".utf8)))
    #expect(inline.serverName == "kubernetes")
    #expect(inline.credentials == .certificate(chain: .bytes(Array("CRT".utf8)), key: .bytes(Array("KEY".utf8))))
    let files = try read(
      config(
        cluster: #"server: "https://a", certificate-authority: pki/ca.crt"#,
        user: #"client-certificate: pki/me.crt, client-key: /etc/me.key"#))
    #expect(files.authorities == .file("/home/me/.kube/pki/ca.crt"))
    #expect(files.credentials == .certificate(chain: .file("/home/me/.kube/pki/me.crt"), key: .file("/etc/me.key")))
  }

  @Test("a file of a token wins over a token, as for client-go")
  func tokenFile() throws {
    let access = try read(config(user: "token: abc, tokenFile: token"))
    #expect(access.credentials == .token(.file("/home/me/.kube/token")))
  }

  @Test(
    "what would run a program or weaken TLS is refused with its field",
    arguments: [
      (
        "server: \"https://a\", insecure-skip-tls-verify: true", "token: a",
        "clusters[0].cluster.insecure-skip-tls-verify"
      ),
      ("server: \"https://a\"", "exec: {command: aws}", "users[0].user.exec"),
      ("server: \"https://a\"", "auth-provider: {name: gcp}", "users[0].user.auth-provider"),
      ("server: \"https://a\"", "username: admin, password: admin", "users[0].user.username"),
      ("server: \"https://a\"", "client-certificate-data: \"Q1JU\"", "users[0].user"),
      (
        "server: \"https://a\", certificate-authority-data: \"?\"", "token: a",
        "clusters[0].cluster.certificate-authority-data"
      ),
      ("server: \"ftp://a\"", "token: a", "clusters[0].cluster.server"),
      ("server: \"https://me@a\"", "token: a", "clusters[0].cluster.server"),
      ("server: \"https://a\", proxy-url: \"http://p\"", "token: a", "clusters[0].cluster.proxy-url"),
    ])
  func refused(cluster: String, user: String, field: String) throws {
    let error = try refusal { _ = try read(config(cluster: cluster, user: user)) }
    #expect(error?.address.field == field)
    #expect(error?.address.line != nil)
  }

  @Test("insecure-skip-tls-verify may stand there as false")
  func explicitlySecure() throws {
    #expect(try read(config(cluster: "server: \"https://a\", insecure-skip-tls-verify: false")).server == "https://a")
  }

  @Test("an error and a description never show a token")
  func secretsStaySecret() throws {
    let error = try refusal { _ = try read(config(user: "token: verysecret, exec: {command: x}")) }
    #expect(error?.description.contains("verysecret") == false)
    let access = try read(config(user: "token: verysecret"))
    #expect("\(access)".contains("verysecret") == false)
  }

  @Test("one that is damaged traps nothing, and every refusal names the file")
  func damaged() throws {
    var random = Randomness("damaged kubeconfigs")
    let texts = [
      config(), config(cluster: "server: 'https://h', insecure-skip-tls-verify: false, tls-server-name: x"),
      config(user: "client-certificate-data: QUJD, client-key-data: QUJD"),
    ]
    var refused = 0
    for round in 0..<2_000 {
      let text = Mutation.mutate(texts[round % texts.count], using: &random)
      guard let error = try refusal({ _ = try read(text) }) else { continue }
      refused += 1
      #expect(error.address.file != nil, "seed \(random.seed), round \(round): \(error)")
    }
    #expect(refused > 200)
  }
}
