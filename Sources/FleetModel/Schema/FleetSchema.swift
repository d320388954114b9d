public import Manifests

/// The JSON Schemas (draft 2020-12) of what a fleet repository declares, so that editors complete and check it.
///
/// A schema says what a file can look like by itself: whatever it accepts may still name something that is not there,
/// and `flotilla validate` has the last word. Of fields that nothing acts on yet it takes what says nothing, as the reader does.
public enum FleetSchema {
  public enum Kind: String, CaseIterable, Sendable {
    case fleet = "Fleet"
    case cluster = "Cluster"
    case app = "App"

    /// Where the schema lies in the project: `Docs/reference/schema/fleet.json`.
    public var fileName: String { "\(rawValue.lowercased()).json" }
  }

  public static func schema(of kind: Kind) -> Value {
    let (metadata, spec) =
      switch kind {
      case .fleet: (SchemaNode.map(["name": .name], required: ["name"]), fleet)
      case .cluster: (SchemaNode.map(["name": .name, "labels": .labels], required: ["name"]), cluster)
      case .app: (SchemaNode.map(["name": .name], required: ["name"]), app)
      }
    let document = SchemaNode.map(
      [
        "apiVersion": .constant(Document.apiVersion), "kind": .constant(kind.rawValue), "metadata": metadata,
        "spec": spec,
      ], required: ["apiVersion", "kind", "metadata", "spec"])
    var value: Object = [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "title": .string("Flotilla \(kind.rawValue)"),
    ]
    for entry in document.object.entries { value[entry.key] = entry.value }
    return .object(value)
  }

  private static let fleet = SchemaNode.map(
    [
      "environments": .list(of: .name, atLeast: 1, atMost: FleetLimits.environments, isSet: true)
        .saying("The order of promotion."),
      "layout": .map(["clusters": .text, "apps": .text]),
      "pipelines": .entries(of: pipeline),
      "kubernetes": kubernetes.saying("What charts are rendered for on clusters that do not say."),
      "freezes": .list(of: freeze, atMost: FleetLimits.freezes),
      "namespaces": .map([
        "undeclared": .one(of: FleetDeclaration.Namespaces.Undeclared.allCases.map(\.rawValue))
          .saying("What follows for an object in a namespace that its cluster is not known to have. Without it warn."),
        "existing": .list(of: .name, atMost: FleetLimits.namespaces)
          .saying("Those that every cluster has without an app's doing."),
      ]), "git": .map(["commitSignatures": .one(of: ["none"])]),
    ], required: ["environments"])

  private static let pipeline = SchemaNode.map(
    [
      "stages": .list(of: stage, atLeast: 1, atMost: FleetLimits.stages),
      "onFailure": .one(of: Pipeline.OnFailure.allCases.map(\.rawValue))
        .saying("What follows a stage that halts. Without it halt."),
      "onNewRelease": .one(of: Pipeline.OnNewRelease.allCases.map(\.rawValue))
        .saying("What a newer commit does to a rollout under way. Without it supersede."),
      "minStageInterval": .span,
    ], required: ["stages"])

  private static let freeze = SchemaNode.map(
    [
      "kind": .one(of: Freeze.Kind.allCases.map(\.rawValue))
        .saying("deny: nothing new while it is open. allow: something new only while one is open."),
      "environments": .list(of: .name, atMost: FleetLimits.environments),
      "schedule": .text.saying("When it begins: minute, hour, day of the month, month, day of the week."),
      "duration": .span, "timeZone": .text.saying("An IANA name. Without it UTC."), "reason": .text,
    ], required: ["environments", "schedule", "duration"])

  private static let analysis = SchemaNode.map(
    [
      "name": .text,
      "http": .map(["url": .url], required: ["url"]).saying("A status of 2xx passes."),
      "prometheus": .map(["address": .url, "query": .text], required: ["address", "query"]),
      "success": .condition, "failure": .condition, "interval": .span,
      "count": .number(1...FleetLimits.measurements), "failureLimit": .number(0...FleetLimits.measurements),
      "inconclusiveLimit": .number(0...FleetLimits.measurements), "errorLimit": .number(0...FleetLimits.measurements),
      "timeout": .span,
    ]
  ).exactlyOne(of: ["http", "prometheus"])

  private static let stage = SchemaNode.map(
    [
      "name": .name,
      "environment": .name.saying("This or clusterSelector."),
      "clusterSelector": .labelSelector.saying("This or environment."),
      "approval": .one(of: ["required", "none"]).saying("required: an operator agrees before the stage begins."),
      "approvalAfter": .one(of: ["required", "none"]).saying("required: an operator agrees before the stage succeeds."),
      "waves": .list(of: .width(atLeast: 1), atLeast: 1, atMost: FleetLimits.waves)
        .saying("Cumulative, each a barrier. Without it 1, 25%, 100%."),
      "maxConcurrent": .width(atLeast: 1).saying("How many clusters may be in flight at once."),
      "maxFailures": .width(atLeast: 0).saying("How many clusters may fail before the stage halts. Without it 0."),
      "minAvailable": .width(atLeast: 0).saying("How many clusters must be healthy. Without it 50%."),
      "pullDeadline": .span, "progressDeadline": .span, "soak": .span,
      "offlinePolicy": .one(of: Stage.OfflinePolicy.allCases.map(\.rawValue)),
      "analysis": .list(of: analysis, atMost: FleetLimits.analyses).saying("What decides after the soak."),
    ]
  ).exactlyOne(of: ["environment", "clusterSelector"])

  private static let cluster = SchemaNode.map(
    [
      "environment": .name,
      "connectivity": .one(of: ["connected", "edge", "airgapped"]),
      "values": SchemaNode(["type": "object"]).saying("What ${cluster.values.…} reads."),
      "kubernetes": kubernetes.saying("What charts are rendered for."),
    ], required: ["environment"])

  private static let kubernetes = SchemaNode.map([
    "version": .kubernetesVersion.saying("Such as 1.33, in quotes."),
    "apiVersions": .list(of: .apiVersion, atMost: FleetLimits.apiVersions)
      .saying("What the cluster knows beside Kubernetes' own, such as monitoring.coreos.com/v1."),
  ])

  private static let app = SchemaNode.map(
    [
      "clusterSelector": .labelSelector,
      "overlays": .list(of: .text, atLeast: 1, atMost: FleetLimits.overlays)
        .saying("The first that exists is built; {cluster}, {environment} and {label:NAME} stand for the cluster's."),
      "substitute": .boolean, "namespace": .name, "dependsOn": .list(of: .name, isSet: true), "pipeline": .name,
      "prune": .boolean, "selfHeal": .boolean,
      "conflicts": .one(of: AppPolicy.Conflicts.allCases.map(\.rawValue)),
      "gate": .one(of: AppDeclaration.Gate.allCases.map(\.rawValue)),
      "ignoreDifferences": .list(
        of: .map(
          ["group": .anyText, "kind": .text, "jsonPointers": .list(of: .pointer)], required: ["kind", "jsonPointers"])),
      "health": .list(
        of: .map(
          ["group": .anyText, "kind": .text, "inProgress": .text, "failed": .text, "healthy": .text],
          required: ["kind", "healthy"])),
    ], required: ["overlays"])
}
