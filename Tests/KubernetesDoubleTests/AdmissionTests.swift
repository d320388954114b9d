import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Errors": what admission refuses.
@Suite("Admission")
struct AdmissionTests {
  @Test("a webhook that is down gets 500 with the reason InternalError", arguments: Plane.tested)
  func webhookDown(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let rule: Value = [
        "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
      ]
      let webhook: Value = [
        "name": "guard.example.com", "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": ["url": "https://127.0.0.1:1/guard"], "failurePolicy": "Fail",
        "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(cluster.namespace)]],
      ]
      let configuration: Value = [
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": ["name": .string(cluster.namespace)], "webhooks": [webhook],
      ]
      try await cluster.create(
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", configuration.labelled(cluster.mark))
      let reply = try await cluster.wait(
        for: "the webhook's refusal", { try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a")) }
      ) { $0.status >= 400 }
      #expect((reply.status, reply.reason) == (500, "InternalError"))
      #expect(
        reply.message.hasPrefix(
          "Internal error occurred: failed calling webhook \"guard.example.com\": failed to call webhook"),
        "\(reply.message)")
      // What the webhook is not about goes on.
      let secret: Value = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"]]
      #expect(try await cluster.apply("\(cluster.secrets)/s", secret).status == 201)
    }
  }

  @Test("a policy's denial gets 422", arguments: Plane.tested)
  func policy(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let api = "/apis/admissionregistration.k8s.io/v1/validatingadmission"
      let rule: Value = [
        "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
      ]
      let name = "\(cluster.namespace).example.com"
      let policy: Value = [
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": ["name": .string(name)],
        "spec": [
          "failurePolicy": "Fail", "matchConstraints": ["resourceRules": [rule]],
          "validations": [["expression": "false", "message": "not here"]],
        ],
      ]
      let selector: Value = ["matchLabels": ["kubernetes.io/metadata.name": .string(cluster.namespace)]]
      let binding: Value = [
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": ["name": .string(name)],
        "spec": [
          "policyName": .string(name), "validationActions": ["Deny"], "matchResources": ["namespaceSelector": selector],
        ],
      ]
      try await cluster.create("\(api)policies", policy.labelled(cluster.mark))
      try await cluster.create("\(api)policybindings", binding.labelled(cluster.mark))
      let reply = try await cluster.wait(
        for: "the denial", { try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a")) }
      ) { $0.status >= 400 }
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(
        reply.message
          == "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy '\(name)' with binding '\(name)' denied request: "
          + "not here", "\(reply.message)")
    }
  }

  @Test("an exceeded quota gets 403", arguments: Plane.tested)
  func quota(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let quota: Value = [
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
        "spec": ["hard": ["count/secrets": "1"]],
      ]
      let path = "/api/v1/namespaces/\(cluster.namespace)/resourcequotas"
      try await cluster.create(path, quota)
      // What counts is the status, which a controller writes in its own time.
      let counted: Value = ["status": ["hard": ["count/secrets": "1"], "used": ["count/secrets": "0"]]]
      _ = try await cluster.call("PATCH", "\(path)/q/status", counted, type: "application/merge-patch+json")
      // A real server may take a moment to know of its quota.
      var count = 0
      let reply = try await cluster.wait(
        for: "the refusal",
        {
          count += 1
          let secret: Value = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string("s\(count)")],
          ]
          return try await cluster.apply("\(cluster.secrets)/s\(count)", secret)
        }
      ) { $0.status >= 400 }
      #expect(count > 1)
      #expect((reply.status, reply.reason) == (403, "Forbidden"))
      #expect(
        reply.message
          == "secrets \"s\(count)\" is forbidden: exceeded quota: q, requested: count/secrets=1, used: "
          + "count/secrets=1, limited: count/secrets=1", "\(reply.message)")
    }
  }

  @Test("a verb that a user lacks gets 403 with verb, resource and namespace", arguments: Plane.tested)
  func missingVerb(_ plane: Plane) async throws {
    try await plane.run(Self.withRoles) { cluster in
      let somebody = ["Impersonate-User": "somebody"]
      let reply = try await cluster.call("GET", "\(cluster.deployments)/web", headers: somebody)
      #expect((reply.status, reply.reason) == (403, "Forbidden"))
      #expect(
        reply.message
          == "deployments.apps \"web\" is forbidden: User \"somebody\" cannot get resource \"deployments\" in API group "
          + "\"apps\" in the namespace \"\(cluster.namespace)\"", "\(reply.message)")
      let cluster2 = try await cluster.call("GET", "/api/v1/namespaces", headers: somebody)
      #expect(
        cluster2.message
          == "namespaces is forbidden: User \"somebody\" cannot list resource \"namespaces\" in API group \"\" at the "
          + "cluster scope", "\(cluster2.message)")
    }
  }

  @Test("an apply of a new object needs create as well as patch", arguments: Plane.tested)
  func applyNeedsCreate(_ plane: Plane) async throws {
    try await plane.run(Self.withRoles) { cluster in
      let path = "\(cluster.configMaps)/a"
      try await cluster.grant(["get", "patch"], "configmaps", to: "somebody")
      func apply(_ value: Value) async throws -> Reply {
        try await cluster.call(
          "PATCH", "\(path)?fieldManager=flotilla", TestCluster.configMap("a", ["x": value]),
          type: "application/apply-patch+yaml", headers: ["Impersonate-User": "somebody"])
      }
      let refused = try await cluster.wait(for: "the role to count", { try await apply("1") }) {
        !$0.message.contains("cannot patch")
      }
      #expect((refused.status, refused.reason) == (403, "Forbidden"))
      #expect(refused.message.contains("cannot create resource \"configmaps\""), "\(refused.message)")
      _ = try await cluster.apply(path, TestCluster.configMap("a"))
      #expect(try await apply("2").status == 200)
    }
  }

  @Test("who may do what can be asked", arguments: Plane.tested)
  func accessReview(_ plane: Plane) async throws {
    try await plane.run(Self.withRoles) { cluster in
      try await cluster.grant(["get"], "configmaps", to: "somebody")
      func isAllowed(_ verb: String) async throws -> Reply {
        let attributes: Value = [
          "namespace": .string(cluster.namespace), "verb": .string(verb), "resource": "configmaps",
        ]
        return try await cluster.call(
          "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": ["resourceAttributes": attributes],
          ], headers: ["Impersonate-User": "somebody", "Impersonate-Group": "system:authenticated"])
      }
      try await cluster.wait(for: "the role to count", { try await isAllowed("get") }) {
        $0.value[path: "status", "allowed"] == true
      }
      let denied = try await isAllowed("delete")
      #expect(denied.status == 201)
      #expect(denied.value[path: "status", "allowed"] == false)
    }
  }

  @Test("a token that nobody has gets 401", arguments: Plane.tested)
  func unknownToken(_ plane: Plane) async throws {
    var settings = DoubleSettings()
    settings.users = ["right": .administrator]
    settings.administratorToken = "right"
    try await plane.run(settings) { cluster in
      let reply = try await TestCluster.ask(RunningPlane(url: cluster.plane.url, token: "wrong"), cluster.configMaps)
      #expect((reply.status, reply.reason) == (401, "Unauthorized"))
    }
  }

  @Test("a service account's token can be asked for, and lets it in as itself", arguments: Plane.tested)
  func serviceAccountToken(_ plane: Plane) async throws {
    try await plane.run(Self.withRoles) { cluster in
      try await cluster.create(
        "/api/v1/namespaces/\(cluster.namespace)/serviceaccounts",
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]])
      let token = try await cluster.serviceAccountToken(of: "robot")
      let reply = try await TestCluster.ask(RunningPlane(url: cluster.plane.url, token: token), cluster.configMaps)
      #expect((reply.status, reply.reason) == (403, "Forbidden"))
      #expect(
        reply.message.contains("User \"system:serviceaccount:\(cluster.namespace):robot\" cannot list resource"),
        "\(reply.message)")
    }
  }

  static var withRoles: DoubleSettings {
    var settings = DoubleSettings()
    settings.enforcesRBAC = true
    return settings
  }
}

extension TestCluster {
  /// Lets a user do something in the test's namespace.
  func grant(_ verbs: [String], _ resource: String, group: String = "", to user: String) async throws {
    let api = "/apis/rbac.authorization.k8s.io/v1/namespaces/\(namespace)"
    let rule: Value = [
      "apiGroups": [.string(group)], "resources": [.string(resource)], "verbs": .array(verbs.map(Value.string)),
    ]
    try await create(
      "\(api)/roles",
      [
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": ["name": "granted"], "rules": [rule],
      ])
    let subject: Value = ["kind": "User", "name": .string(user), "apiGroup": "rbac.authorization.k8s.io"]
    try await create(
      "\(api)/rolebindings",
      [
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "granted"],
        "subjects": [subject],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "granted"],
      ])
  }
}
