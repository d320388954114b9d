import ArgumentParser
import Manifests
import Programs
import Wire

/// `flotilla suspend`.
struct SuspendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suspend", abstract: "Lets nothing new reach an app, a cluster or an environment.",
    discussion: """
      What is there goes on, is healed and reported. Rollouts of a suspended app are paused; a suspended cluster is passed \
      over and catches up afterwards. `flotilla get suspensions` lists them. Needs a reason.
      """)
  @OptionGroup var hub: HubOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOption

  func validate() throws {
    _ = try scope.one()
    try why.require("the suspension")
  }

  func run() async throws {
    let (scope, reason) = (try scope.one(), why.reason)
    _ = try await hub.withOperator { client in
      switch scope {
      case .app(let name): try await client.suspend(.init(scope: .app(name), reason: reason))
      case .cluster(let name): try await client.suspend(.init(scope: .cluster(name), reason: reason))
      case .environment(let name): try await client.suspend(.init(scope: .environment(name), reason: reason))
      }
    }
    StandardStreams.print("\(scope.words) is suspended; `flotilla resume \(scope.option)` ends it")
  }
}

/// `flotilla resume`.
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Ends a suspension: what was passed over catches up.",
    discussion: "A rollout that was paused goes on with `flotilla rollout resume`.")
  @OptionGroup var hub: HubOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOption

  func validate() throws { _ = try scope.one() }

  func run() async throws {
    let (scope, reason) = (try scope.one(), why.reason)
    _ = try await hub.withOperator { client in
      switch scope {
      case .app(let name): try await client.unsuspend(.init(scope: .app(name), reason: reason))
      case .cluster(let name): try await client.unsuspend(.init(scope: .cluster(name), reason: reason))
      case .environment(let name): try await client.unsuspend(.init(scope: .environment(name), reason: reason))
      }
    }
    StandardStreams.print("\(scope.words) goes on")
  }
}

/// One app, one cluster or one environment.
struct ScopeOptions: ParsableArguments {
  @Option(help: "The app's name.", completion: NameCompletion.apps) var app: String?
  @Option(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String?
  @Option(name: .shortAndLong, help: "The environment's name.") var environment: String?

  enum Scope {
    case app(String), cluster(String), environment(String)

    var words: String {
      switch self {
      case .app(let name): "app \(name)"
      case .cluster(let name): "cluster \(name)"
      case .environment(let name): "environment \(name)"
      }
    }

    var option: String { "--" + words }
  }

  func one() throws -> Scope {
    let named = [app.map(Scope.app), cluster.map(Scope.cluster), environment.map(Scope.environment)].compactMap(\.self)
    guard let only = named.first, named.count == 1 else {
      throw ValidationError("name one: --app NAME, --cluster NAME or --environment NAME")
    }
    return only
  }
}

extension FlotillaV1.Suspension {
  /// What is suspended.
  var subject: String {
    switch scope {
    case .app(let name): "app \(name)"
    case .cluster(let name): "cluster \(name)"
    case .environment(let name): "environment \(name)"
    case nil: "-"
    }
  }

  /// One line: by whom and why.
  var line: String { "suspended by \(actor) for \(age(sinceUnixMs)): \(reason)" }

  var form: Value {
    [
      "scope": .string(subject), "actor": .string(actor), "reason": .string(reason), "since": instant(sinceUnixMs),
    ]
  }
}
