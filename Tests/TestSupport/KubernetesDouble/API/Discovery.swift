import Digests
import Manifests

/// Which kinds there are, in the aggregated form and in the older one.
extension ClusterState {
  func discovery(_ segments: [String], _ request: APIRequest) throws(StatusError) -> APIResponse {
    let isCore = segments.first == "api"
    switch segments.count {
    case 1:
      if let form = AggregatedForm(accept: request.accept, offered: settings.aggregatedDiscovery) {
        return aggregated(isCore, form, request)
      }
      return .json(isCore ? coreVersions : groupList)
    case 2 where !isCore:
      guard let group = group(segments[1]) else { throw .pageNotFound }
      return .json(group)
    default: return .json(try resourceList(isCore ? "" : segments[1], segments[segments.count - 1]))
    }
  }

  private var coreVersions: Value {
    ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]
  }

  private var namedGroups: [String] { catalog.groups.filter { !$0.isEmpty } }

  private var groupList: Value {
    let stale = catalog.staleGroups.keys.sorted().filter { !namedGroups.contains($0) }
    return [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": .array((namedGroups + stale).compactMap { group($0) }),
    ]
  }

  private func group(_ name: String) -> Value? {
    let versions = catalog.versions(of: name) + [catalog.staleGroups[name]].compactMap(\.self)
    let entries = versions.map { version -> Value in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    guard let preferred = entries.first else { return nil }
    return [
      "kind": "APIGroup", "apiVersion": "v1", "name": .string(name), "versions": .array(entries),
      "preferredVersion": preferred,
    ]
  }

  private func resourceList(_ group: String, _ version: String) throws(StatusError) -> Value {
    if catalog.staleGroups[group] == version {
      throw StatusError(503, nil, "service unavailable\n", isBareText: true)
    }
    let kinds = catalog.kinds(group: group, version: version)
    guard let first = kinds.first else { throw .pageNotFound }
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(first.apiVersion),
      "resources": .array(kinds.flatMap(\.discoveryEntries)),
    ]
  }

  private func aggregated(_ isCore: Bool, _ form: AggregatedForm, _ request: APIRequest) -> APIResponse {
    let names = isCore ? [""] : namedGroups + catalog.staleGroups.keys.sorted().filter { !namedGroups.contains($0) }
    let list: Value = [
      "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(form.version)"),
      "metadata": .object(Object()), "items": .array(names.map(aggregatedGroup)),
    ]
    let bytes = JSON.compact(list)
    let tag = "\"\(Digest(of: bytes).hex.uppercased())\""
    let headers = [
      ("Content-Type", "application/json;g=apidiscovery.k8s.io;v=\(form.version);as=APIGroupDiscoveryList"),
      ("ETag", tag), ("Vary", "Accept"),
    ]
    if request.ifNoneMatch == tag { return APIResponse(status: 304, headers: headers, body: .bytes([])) }
    return APIResponse(status: 200, headers: headers, body: .bytes(bytes))
  }

  private func aggregatedGroup(_ name: String) -> Value {
    var versions = catalog.versions(of: name).map { version -> Value in
      [
        "version": .string(version), "freshness": "Current",
        "resources": .array(catalog.kinds(group: name, version: version).map(\.aggregatedEntry)),
      ]
    }
    if let stale = catalog.staleGroups[name] {
      versions.append(["version": .string(stale), "freshness": "Stale", "resources": []])
    }
    var metadata: Object = ["creationTimestamp": nil]
    if !name.isEmpty { metadata["name"] = .string(name) }
    return ["metadata": .object(metadata), "versions": .array(versions)]
  }
}

/// The aggregated form that a client accepts: v2 since 1.30, v2beta1 before.
private struct AggregatedForm {
  var version: String

  init?(accept: String, offered: [String]) {
    for part in accept.split(separator: ",") where part.contains("as=APIGroupDiscoveryList") {
      for version in offered where part.contains("v=\(version);") || part.hasSuffix("v=\(version)") {
        self.version = version
        return
      }
    }
    return nil
  }
}

extension ResourceKind {
  /// The entries of the older form: one for the resource, one for each subresource.
  fileprivate var discoveryEntries: [Value] {
    var entry: Object = [
      "name": .string(plural), "singularName": .string(singular), "namespaced": .bool(isNamespaced),
      "kind": .string(kind), "verbs": .array(verbs.map(Value.string)),
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .array(shortNames.map(Value.string)) }
    if !categories.isEmpty { entry["categories"] = .array(categories.map(Value.string)) }
    return [.object(entry)]
      + subresources.map { name -> Value in
        [
          "name": .string("\(plural)/\(name)"), "singularName": "", "namespaced": .bool(isNamespaced),
          "kind": .string(name == "scale" ? "Scale" : kind), "verbs": ["get", "patch", "update"],
        ]
      }
  }

  private var subresources: [String] { ["scale", "status"].filter(serves) }

  fileprivate var aggregatedEntry: Value {
    var entry: Object = [
      "resource": .string(plural),
      "responseKind": ["group": .string(group), "version": .string(version), "kind": .string(kind)],
      "scope": .string(isNamespaced ? "Namespaced" : "Cluster"), "singularResource": .string(singular),
      "verbs": .array(verbs.map(Value.string)),
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .array(shortNames.map(Value.string)) }
    if !categories.isEmpty { entry["categories"] = .array(categories.map(Value.string)) }
    if !subresources.isEmpty {
      entry["subresources"] = .array(
        subresources.map { name -> Value in
          let isScale = name == "scale"
          return [
            "subresource": .string(name),
            "responseKind": [
              "group": .string(isScale ? "autoscaling" : group), "version": .string(isScale ? "v1" : version),
              "kind": .string(isScale ? "Scale" : kind),
            ],
            "verbs": ["get", "patch", "update"],
          ]
        })
    }
    return .object(entry)
  }
}
