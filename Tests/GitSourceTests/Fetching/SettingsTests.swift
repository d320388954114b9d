import GitSource
import Manifests
import Testing

@Suite("Settings of a Git source")
struct SettingsTests {
  private static let pin = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"

  @Test(
    "places that can be fetched from",
    arguments: [
      ("/srv/fleet.git", "/srv/fleet.git"), ("file:///srv/a%20b", "file:///srv/a%20b"),
      ("https://git.example.com:8443/acme/fleet.git", "https://git.example.com:8443/acme/fleet.git"),
      ("ssh://git.example.com/acme/fleet.git", "ssh://git@git.example.com/acme/fleet.git"),
      ("ssh://deploy@[::1]:2222/fleet", "ssh://deploy@[::1]:2222/fleet"),
      ("git@github.com:acme/fleet.git", "git@github.com:acme/fleet.git"),
    ])
  func locations(_ text: String, _ shown: String) throws {
    #expect("\(try RepositoryLocation(text))" == shown)
  }

  @Test(
    "places that cannot, without their text in the error, for it may hold a password",
    arguments: [
      "", "fleet", "../fleet", "http://git.example.com/fleet", "git://git.example.com/fleet", "ftp://x/y",
      "https://ghp_s3cret@git.example.com/fleet", "https://ada:s3cret@git.example.com/fleet", "https:///fleet",
      "ssh://ada:s3cret@git.example.com/fleet", "file://host/s3cret", "file:///srv/%zz", "file:///srv/%00",
      "ssh://git@example.com/x'; s3cret #", "https://example.com/a\nb", "ada:s3cret@host:path",
    ])
  func refusedLocations(_ text: String) {
    let error = failure { try RepositoryLocation(text) }
    #expect(error?.code == .gitSettings)
    #expect(error.map { "\($0)".contains("s3cret") } == false)
  }

  @Test("what does not go together is refused")
  func combinations() throws {
    let pin = try #require(HostKeyFingerprint(Self.pin))
    let key = GitCredentials.ssh(.init(keyFile: "/key", hostKeys: [pin]))
    let unpinned = GitCredentials.ssh(.init(keyFile: "/key", hostKeys: []))
    let token = GitCredentials.https(.init(token: .value(Secret("x"))))
    let (path, https, ssh) = ("/srv/fleet", "https://example.com/fleet", "ssh://example.com/fleet")
    for (url, credentials) in [
      (path, key), (path, token), (https, key), (ssh, token), (ssh, .none), (ssh, unpinned),
    ] {
      let location = try RepositoryLocation(url)
      let error = failure {
        try GitSourceSettings(location: location, reference: .defaultBranch, credentials: credentials)
      }
      #expect(error?.code == .gitSettings, "\(url) with \(credentials)")
    }
    for (url, credentials) in [(path, GitCredentials.none), (https, .none), (https, token), (ssh, key)] {
      _ = try GitSourceSettings(
        location: RepositoryLocation(url), reference: .defaultBranch, credentials: credentials)
    }
  }

  @Test(
    "names that no reference has are refused",
    arguments: [
      GitReference.branch(""), .branch("a..b"), .branch("a b"), .branch("*"), .tag("x^{}"), .full("main"),
      .full("refs/heads/a:b"), .branch("a\u{0}b"), .full("FETCH_HEAD/x"),
    ])
  func references(_ reference: GitReference) throws {
    let location = try RepositoryLocation("/srv/fleet")
    let error = failure { try GitSourceSettings(location: location, reference: reference) }
    #expect(error?.code == .gitSettings)
  }

  @Test("a secret shows nowhere")
  func secrets() {
    let credentials = GitCredentials.https(.init(token: .value(Secret("s3cret"))))
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] { #expect(!text.contains("s3cret")) }
  }
}
