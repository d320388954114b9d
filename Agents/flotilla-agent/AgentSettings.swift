import DirectoryTarget
import Programs
import Settings

/// Every setting of `flotilla-agent run`.
enum AgentSettings {
  enum Target: String, CaseIterable { case directory, kubernetes }

  static let stateDirectory = Setting(
    "state-directory", .path, default: "/var/lib/flotilla-agent",
    help: "Where the agent keeps its keys, what it trusts and what it accepted.")
  static let tokenFile = Setting(
    optional: "token-file", .path, help: "A file with the join token; read only while the agent is not enrolled.")
  static let adminListen = Setting(
    optional: "admin-listen", .address,
    help: "Where /healthz, /readyz and /metrics answer, without TLS; without one nowhere.")
  static let target = Setting("target", .choice(), default: Target.directory, help: "What the agent manages.")
  static let directory = Setting(
    "directory", .path, default: "/var/lib/flotilla/manifests", help: "The folder that the agent writes.")
  static let directoryKind = Setting(
    "directory-kind", .choice(), default: DirectoryKind.plain, help: "Who reads the folder.")
  static let probeHTTP = Setting(
    optional: "probe-http", .string,
    help: "An http address that answers how the host's objects are; without one their health is Unknown.")
  static let probeCommand = Setting(
    optional: "probe-command", .command,
    help: "A program that answers how the host's objects are, as a JSON list of its absolute path and its arguments; "
      + "not together with probe-http.")
  static let kubeconfig = Setting(
    optional: "kubeconfig", .path,
    help: "How to reach the API server; without one the service account of the agent's Pod is used.")
  static let context = Setting(
    optional: "kube-context", .string, help: "Which context of the kubeconfig; without one the current.")
  static let inventoryNamespace = Setting(
    "inventory-namespace", .string, default: "flotilla-system",
    help: "The namespace that lists, in ConfigMaps, which objects are the agent's.")
  static let namespaces = Setting(
    "namespaces", .list(of: .string), default: [],
    help: "The only namespaces of the API server in which objects are managed; without any everywhere.")
  static let impersonate = Setting(
    optional: "impersonate", .string,
    help: "The service account as which the objects of an app are written, as NAMESPACE/NAME, in which {app} stands "
      + "for the app's name; without one the agent's own.")
  static let fullCheckInterval = Setting(
    "full-check-interval", .duration(in: .seconds(1) ... .seconds(86_400)), default: .seconds(300),
    help: "How often everything is compared although nothing was heard of a change.")

  static let table = SettingsTable(
    program: "flotilla-agent",
    [
      stateDirectory, tokenFile, adminListen, target, directory, directoryKind, probeHTTP, probeCommand, kubeconfig,
      context,
      inventoryNamespace, namespaces, impersonate, fullCheckInterval,
    ] + LogSettings.all)
}
