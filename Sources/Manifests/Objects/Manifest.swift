/// A Kubernetes object whose identity and metadata are well formed.
///
/// Checked when it is made and after every change: `apiVersion`, `kind`, `metadata.name`, `namespace`, `labels` and
/// `annotations`. Everything else of the object is as its author wrote it.
public struct Manifest: Sendable {
  /// Where an object comes from, for errors about it.
  public struct Origin: Hashable, Sendable {
    public var file: String
    /// The line the object starts on, counted from 1; nil when unknown.
    public var line: Int?
    public init(file: String, line: Int? = nil) {
      self.file = file
      self.line = line
    }
  }

  public private(set) var object: Object
  public private(set) var id: ObjectID
  public var origin: Origin?

  /// The object that this value is. Errors name the origin and the field.
  public init(_ value: Value, origin: Origin? = nil) throws(FleetError) {
    if let id = ManifestRules.quickID(of: value) {
      self.id = id
      object = value.object ?? Object()
      self.origin = origin
      return
    }
    do {
      id = try ManifestRules.check(Field(value, file: origin?.file ?? ""))
    } catch {
      throw Manifest.located(error, value, origin)
    }
    object = value.object ?? Object()
    self.origin = origin
  }

  /// Changes the object and checks it again; on an error nothing has changed.
  public mutating func change(_ body: (inout Object) throws(FleetError) -> Void) throws(FleetError) {
    var changed = object
    try body(&changed)
    self = try Manifest(.object(changed), origin: origin)
  }

  private static func located(_ error: FleetError, _ value: Value, _ origin: Origin?) -> FleetError {
    var located = error
    located.address.file = origin?.file
    located.address.line = origin?.line
    let id = ObjectID(unchecked: value)
    if !id.kind.isEmpty || !id.name.isEmpty { located.address.object = id.description }
    return located
  }
}

extension Manifest {
  public var apiVersion: String { object["apiVersion"]?.string ?? "" }
  public var kind: String { id.kind }
  public var name: String { id.name }
  /// Empty when the object names none.
  public var namespace: String { id.namespace }
  public var metadata: Object { object["metadata"]?.object ?? Object() }
  public var labels: Object { metadata["labels"]?.object ?? Object() }
  public var annotations: Object { metadata["annotations"]?.object ?? Object() }
  public var value: Value { .object(object) }

  /// The version without the group: `v1` of `apps/v1`.
  public var version: String {
    String(apiVersion.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
  }

  /// What an error about this object carries.
  public var address: FleetError.Address {
    FleetError.Address(file: origin?.file, line: origin?.line, object: id.description)
  }
}

extension Manifest: Hashable {
  /// The same object; where it comes from does not matter.
  public static func == (left: Manifest, right: Manifest) -> Bool { left.object == right.object }
  public func hash(into hasher: inout Hasher) { hasher.combine(object) }
}

extension ObjectID {
  /// What a value says about its identity, as far as it does.
  init(unchecked value: Value) {
    self.init(
      apiVersion: value["apiVersion"]?.string ?? "", kind: value["kind"]?.string ?? "",
      namespace: value[path: "metadata", "namespace"]?.string ?? "",
      name: value[path: "metadata", "name"]?.string ?? "")
  }

  /// - Parameter apiVersion: `group/version`, or `version` for the core group.
  public init(apiVersion: String, kind: String, namespace: String, name: String) {
    let parts = apiVersion.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(group: parts.count == 2 ? String(parts[0]) : "", kind: kind, namespace: namespace, name: name)
  }
}

extension FleetError.Code {
  /// A Kubernetes object that an API server would refuse whatever its kind.
  public static let invalidManifest = FleetError.Code("invalid-manifest")
  /// Two objects of one identity.
  public static let duplicateObject = FleetError.Code("duplicate-object")
}
