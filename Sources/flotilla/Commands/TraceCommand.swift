import ArgumentParser
import FleetModel
import Manifests
import Wire

/// `flotilla trace`.
struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Follows an object on a cluster back to its commit, and to who let it go there.",
    discussion: """
      The object is group/kind/namespace/name or the end of that: apps/Deployment/shop/web, Deployment shop/web, \
      Namespace shop, web.
      """)
  @OptionGroup var hub: HubOptions
  @Argument(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String
  @Argument(help: "The object, in one word or two.") var object: [String]
  @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

  func validate() throws {
    guard (1...2).contains(object.count) else {
      throw ValidationError("an object in one word or two, such as Deployment shop/web")
    }
  }

  func run() async throws {
    let (cluster, object) = (cluster, object.joined(separator: "/"))
    let answer = try await hub.withOperator { client in
      try await client.traceObject(.init(cluster: cluster, object: object))
    }
    output.write(answer.form, name: answer.object) { answer.tree.text }
  }
}

extension FlotillaV1.TraceObjectResponse {
  fileprivate var tree: Tree {
    let place = line > 0 ? "\(file):\(line)" : file
    var chain: [String] = []
    chain.append(
      "app \(app?.app ?? "") on \(cluster) (\(environment)), \(String(hex(app?.appDigest ?? []).prefix(12)))")
    chain.append("manifest set \(hex(manifests).prefix(12))")
    chain.append("release \(hex(release).prefix(12))")
    chain.append(
      "commit \((commit?.id ?? "").prefix(12)) \"\(commit?.subject ?? "")\"" + (author.isEmpty ? "" : " by \(author)")
        + (place.isEmpty ? "" : ", in \(place)"))
    if let rollout {
      let where_ = stage.isEmpty ? "" : ", stage \(stage)"
      chain.append("rollout \(rollout.id)\(where_), \(rollout.state), started \(age(rollout.startedUnixMs)) ago")
    } else {
      chain.append("rollout \(app?.rollout ?? ""), of which nothing is kept any longer")
    }
    for given in approvals {
      let approval = given.approval ?? .init()
      chain.append("stage \(given.stage) approved by \(approval.actor) \(age(approval.timeUnixMs)) ago")
    }
    let state = "\(sync), \(health)\(reason.isEmpty ? "" : ": \(reason)")"
    return Tree("\(object)  \(state)", chain.map { Tree($0) })
  }

  fileprivate var form: Value {
    [
      "object": .string(object), "cluster": .string(cluster), "environment": .string(environment),
      "app": app?.form ?? .null, "sync": .string("\(sync)"), "health": .string("\(health)"), "reason": .string(reason),
      "manifests": hex(manifests), "release": hex(release), "commit": .string(commit?.id ?? ""),
      "subject": .string(commit?.subject ?? ""), "author": .string(author), "file": .string(file),
      "line": line > 0 ? .integer(line) : .null, "rollout": rollout?.form ?? .null, "stage": .string(stage),
      "approvals": .array(
        approvals.map { given in
          [
            "stage": .string(given.stage), "actor": .string(given.approval?.actor ?? ""),
            "time": instant(given.approval?.timeUnixMs ?? 0),
          ]
        }),
    ]
  }
}
