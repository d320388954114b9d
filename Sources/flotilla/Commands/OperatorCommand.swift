import ArgumentParser
import FleetModel
import Manifests
import OperatorClient
import Programs
import Wire

/// `flotilla operator add|list|change|remove|request|renew`.
struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Says who may drive the hub, and where.",
    subcommands: [Request.self, Add.self, List.self, Change.self, Renew.self, Remove.self])

  struct Request: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key of your own and a request for a certificate, without asking the hub.",
      discussion: "Send operator.csr to an admin; the key stays where it is. The admin sends back what `add` writes.")
    @Option(name: .shortAndLong, help: "The folder to write.")
    var directory = "operator"

    func run() throws {
      let folder = OperatorFolder(directory)
      _ = try folder.makeKey()
      StandardStreams.print("Send \(folder.request) to an admin: flotilla operator add NAME --role … --request FILE")
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds an operator, and writes the files that they connect with.",
      discussion: """
        With --request the certificate is for the key of somebody who ran `flotilla operator request`: send them the \
        folder's files, which lie beside their key. Without it a key is made here, in the same folder: for a program, \
        or for somebody who sits beside you.
        """)
    @OptionGroup var hub: HubOptions
    @Argument(help: "The operator's name: lowercase letters, digits, dots, dashes, underscores.") var name: String
    @Option(help: "viewer, deployer or admin.") var role: Role
    @Option(
      name: .customLong("environment"),
      help: "An environment that the role is for; may be given again. Without it: all.")
    var environments: [String] = []
    @Option(help: "The operator's certificate request.") var request: String?
    @Option(name: .shortAndLong, help: "The folder to write.") var directory = "operator"

    func run() async throws {
      let folder = OperatorFolder(directory)
      let csr = try request.map { path throws(FleetError) in try OperatorFolder.readRequest(path) }
      let der = try csr ?? folder.makeKey()
      let wanted = FlotillaV1.AddOperatorRequest(
        name: name, role: role.wire, environments: environments, csr: der)
      let answer = try await hub.withOperator { client in try await client.addOperator(wanted) }
      guard let credentials = answer.credentials else { throw FleetError.answerIsPart }
      try folder.write(credentials, address: try hub.address())
      StandardStreams.print(
        "operator \(name) is added; their file is \(folder.file)\(csr == nil ? "" : ", to be put beside their key")")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows all operators.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let accounts = try await hub.withOperator { client in
        var accounts: [FlotillaV1.OperatorAccount] = []
        var token: [UInt8] = []
        repeat {
          let answer = try await client.listOperators(.init(page: .init(token: token)))
          accounts += answer.accounts
          token = answer.page?.next ?? []
        } while !token.isEmpty
        return accounts
      }
      output.write(accounts.map(\.form), names: accounts.map(\.name)) {
        var table = Table("NAME", "ROLE", "ENVIRONMENTS", "CERTIFICATE UNTIL")
        for account in accounts {
          table.add(
            account.name, "\(account.role)",
            account.environments.isEmpty ? "all" : account.environments.joined(separator: ","),
            account.certificateNotAfterUnixMs == 0
              ? "unknown" : Timestamp(milliseconds: account.certificateNotAfterUnixMs).description)
        }
        return table
      }
    }
  }

  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gives an operator another role, or other environments.",
      discussion: "It holds from the operator's next call on; their certificate stays.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The operator's name.", completion: NameCompletion.operators) var name: String
    @Option(help: "viewer, deployer or admin.") var role: Role
    @Option(
      name: .customLong("environment"),
      help: "An environment that the role is for; may be given again. Without it: all.")
    var environments: [String] = []

    func run() async throws {
      let wanted = FlotillaV1.ChangeOperatorRequest(name: name, role: role.wire, environments: environments)
      _ = try await hub.withOperator { client in try await client.changeOperator(wanted) }
      let scope = environments.isEmpty ? "all environments" : environments.joined(separator: ", ")
      StandardStreams.print("operator \(name) is \(role.rawValue) of \(scope)")
    }
  }

  struct Renew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gets you a new certificate for a new key, before yours runs out.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "The folder to write: another one than yours.") var directory: String

    func run() async throws {
      let folder = OperatorFolder(directory)
      let csr = try folder.makeKey()
      let answer = try await hub.withOperator { client in try await client.renewOperator(.init(csr: csr)) }
      guard let credentials = answer.credentials else { throw FleetError.answerIsPart }
      try folder.write(credentials, address: try hub.address())
      StandardStreams.print(
        "your certificate is good until \(Timestamp(milliseconds: credentials.notAfterUnixMs)): \(folder.file)")
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shuts an operator out: their certificates are refused at once, and their connections are cut.",
      aliases: ["revoke"])
    @OptionGroup var hub: HubOptions
    @Argument(help: "The operator's name.", completion: NameCompletion.operators) var name: String
    @OptionGroup var why: ReasonOption

    func run() async throws {
      let wanted = FlotillaV1.RemoveOperatorRequest(name: name, reason: why.reason)
      _ = try await hub.withOperator { client in try await client.removeOperator(wanted) }
      StandardStreams.print("operator \(name) is removed")
    }
  }

  /// A role as the command line has it.
  enum Role: String, ExpressibleByArgument, CaseIterable {
    case viewer
    case deployer
    case admin

    fileprivate var wire: FlotillaV1.OperatorRole {
      switch self {
      case .viewer: .viewer
      case .deployer: .deployer
      case .admin: .admin
      }
    }
  }
}

extension FleetError {
  fileprivate static let answerIsPart = FleetError(
    .internalFailure, "the hub's answer has no certificate", nextStep: "check that the hub is of this version")
}
