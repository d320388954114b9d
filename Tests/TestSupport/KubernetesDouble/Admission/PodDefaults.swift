import Manifests

/// What the server fills into Pods, and into the templates of what makes them.
extension Value {
  /// A Pod's spec, wherever it stands.
  var filledPodSpec: Value {
    var pod = self
    pod.fill(
      [],
      [
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "securityContext": [:], "schedulerName": "default-scheduler",
      ])
    if let account = pod["serviceAccountName"] { pod.fill([], ["serviceAccount": account]) }
    for field in ["initContainers", "containers"] { pod.updateItems(field) { $0.filledContainer } }
    pod.updateItems("volumes") { $0.filledVolume }
    return pod
  }

  /// What only a Pod itself is given, by the server's admission.
  var filledOwnPod: Value {
    var pod = self
    let tolerations = ["not-ready", "unreachable"].map { reason -> Value in
      [
        "key": .string("node.kubernetes.io/\(reason)"), "operator": "Exists", "effect": "NoExecute",
        "tolerationSeconds": 300,
      ]
    }
    pod.fill(
      [],
      [
        "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority", "priority": 0,
        "tolerations": .array(tolerations),
      ])
    pod.updateItems("containers") { container in
      guard let limits = container[path: "resources", "limits"]?.object else { return container }
      var container = container
      container.fill(["resources"], ["requests": [:]])
      container.fill(["resources", "requests"], limits)
      return container
    }
    return pod
  }

  private var filledContainer: Value {
    var container = self
    let isLatest = container["image"]?.string.map { $0.hasSuffix(":latest") || !$0.contains(":") } ?? false
    container.fill(
      [],
      [
        "resources": [:], "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "imagePullPolicy": isLatest ? "Always" : "IfNotPresent",
      ])
    container.updateItems("ports") { $0.filled(["protocol": "TCP"]) }
    container.updateItems("env") { variable in
      var variable = variable
      variable.fill(["valueFrom", "fieldRef"], ["apiVersion": "v1"])
      return variable
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      container.fill([probe], ["timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3])
      container.fill([probe, "httpGet"], ["scheme": "HTTP", "path": "/"])
    }
    return container
  }

  private var filledVolume: Value {
    var volume = self
    for source in ["configMap", "secret", "projected", "downwardAPI"] { volume.fill([source], ["defaultMode": 420]) }
    volume.fill(["hostPath"], ["type": ""])
    return volume
  }

  private mutating func updateItems(_ field: String, _ change: (Value) -> Value) {
    guard let items = self[field]?.array else { return }
    self[field] = .array(items.map(change))
  }
}
