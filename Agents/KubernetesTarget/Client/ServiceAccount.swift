public import Manifests

/// The service account that the kubelet gives a Pod.
public enum ServiceAccount {
  /// Where the kubelet mounts it.
  public static let directory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// The access of the Pod that this process runs in.
  ///
  /// The token and the certificate authorities are files and are read again as they are rotated.
  /// - Parameter environment: the process's, for the API server's address.
  public static func access(
    environment: [String: String], directory: String = directory
  ) throws(FleetError) -> ClusterAccess {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
      let port = environment["KUBERNETES_SERVICE_PORT"].flatMap(UInt16.init)
    else {
      throw FleetError(
        .clusterAccess, "this process does not run in a Pod: KUBERNETES_SERVICE_HOST and _PORT are not set",
        nextStep: "give a kubeconfig with --kubeconfig")
    }
    let token = "\(directory)/token"
    _ = try ClusterAccess.Material.content(of: token)
    return ClusterAccess(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)", authorities: .file("\(directory)/ca.crt"),
      credentials: .token(.file(token)), origin: directory)
  }
}
