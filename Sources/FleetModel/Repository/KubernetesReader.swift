import Manifests

extension Field {
  /// What charts are rendered for: what this field says, over what holds without it.
  func kubernetes(
    over standard: ClusterDeclaration.Kubernetes, _ log: ErrorLog
  ) -> ClusterDeclaration.Kubernetes? {
    map(log) { fields in
      let version = fields.optional("version", Field.kubernetesVersion)
      let apiVersions = fields.optional("apiVersions")?.list(log, upTo: FleetLimits.apiVersions) { element in
        element.read(log, Field.apiVersion)
      }
      return ClusterDeclaration.Kubernetes(
        version: version ?? standard.version, apiVersions: apiVersions ?? standard.apiVersions)
    }
  }

  /// `1.33`, `1.33.2` or `v1.33.2-eks-1`, as `kubectl version` shows it.
  private func kubernetesVersion() throws(FleetError) -> String {
    switch value {
    case .integer, .unsigned, .number:
      throw error("a number where a version should stand", nextStep: "write it in quotes: \"1.33\"")
    default: break
    }
    return try text("a version of Kubernetes such as 1.33 or v1.33.2", upTo: FleetLimits.textBytes) { text in
      let plain = text.hasPrefix("v") ? String(text.dropFirst()) : text
      let isShort = plain.split(separator: ".", omittingEmptySubsequences: false).count == 2
      return SemanticVersion(isShort ? "\(plain).0" : plain) == nil ? nil : text
    }
  }

  /// `apps/v1`, or with a kind `apps/v1/Deployment`.
  private func apiVersion() throws(FleetError) -> String {
    try text("an API version such as apps/v1 or apps/v1/Deployment", upTo: FleetLimits.textBytes) { text in
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      let isWhole =
        (1...3).contains(parts.count)
        && parts.allSatisfy { part in
          !part.isEmpty && part.utf8.allSatisfy { Field.isOfAPIVersion($0) }
        }
      return isWhole ? text : nil
    }
  }

  /// No commas among them: helm takes those to separate API versions.
  private static func isOfAPIVersion(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
