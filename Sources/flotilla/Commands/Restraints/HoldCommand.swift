import ArgumentParser
import Manifests
import Wire

/// `flotilla hold list|add|lift`.
struct HoldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Keeps releases from being assigned, and lets them go.",
    subcommands: [List.self, Add.self, Lift.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists what is held, with who held it and why.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "Only this app's.", completion: NameCompletion.apps) var app: String?
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let app = app ?? ""
      let holds = try await hub.withOperator { client in try await client.listRestraints(.init(app: app)) }.holds
      output.write(holds.map(\.form), names: holds.map { "\($0.app)/\($0.number)" }) {
        var table = Table(
          ["APP", "HOLD", "KIND", "STAGES", "CLUSTERS", "BY", "AGE"] + (output == .wide ? ["ROLLOUT", "DIGESTS"] : [])
            + ["REASON"])
        for hold in holds { table.add(hold.row(wide: output == .wide)) }
        return table
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Holds a release: nobody is assigned what it gives. Who has it keeps it. Needs a reason.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The app's name.", completion: NameCompletion.apps) var app: String
    @OptionGroup var which: ReleaseOptions
    @Option(name: .customLong("stage"), help: "Only in this stage; again for each. By default in all.")
    var stages: [String] = []
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func validate() throws {
      _ = try which.digest()
      try why.require("the hold")
    }

    func run() async throws {
      var act = FlotillaV1.HoldApp(stages: stages)
      if let rollout = which.rollout { act.which = .rollout(rollout) }
      if let digest = try which.digest() { act.which = .release(digest) }
      try await hub.operate(app, why, shown, .hold(act))
    }
  }

  struct Lift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a hold. What Git asks for now is rolled out, from the first stage on.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The app's name.", completion: NameCompletion.apps) var app: String
    @Argument(help: "The hold's number, as `flotilla hold list` shows it.") var number: Int64
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws { try await hub.operate(app, why, shown, .liftHold(.init(number: number))) }
  }
}

extension FlotillaV1.Hold {
  fileprivate func row(wide: Bool) -> [String] {
    let names = stages.isEmpty ? "all" : stages.joined(separator: ",")
    let more = [
      rollout.isEmpty ? "-" : rollout, digests.map { String(hex($0).prefix(12)) }.joined(separator: ","),
    ]
    return [app, "\(number)", automatic ? "automatic" : "manual", names, "\(clusters)", actor, age(sinceUnixMs)]
      + (wide ? more : []) + [reason]
  }

  var form: Value {
    [
      "app": .string(app), "number": .integer(number), "automatic": .bool(automatic),
      "stages": .array(stages.map { .string($0) }), "digests": .array(digests.map { hex($0) }),
      "clusters": .integer(clusters), "actor": .string(actor), "reason": .string(reason), "rollout": .string(rollout),
      "since": instant(sinceUnixMs),
    ]
  }

  /// One line: what is held, by whom and why.
  var line: String {
    let names = stages.isEmpty ? "" : " in \(stages.joined(separator: ", "))"
    return
      "held\(names) by \(actor) for \(age(sinceUnixMs)) (hold \(number)\(automatic ? ", automatic" : "")): \(reason)"
  }
}
