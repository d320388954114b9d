/// What an API server demands of every object, whatever its kind.
///
/// The rules are those of `k8s.io/apimachinery/pkg/api/validation` and `pkg/util/validation`. Names are held to what
/// every kind demands (a path segment), not to what most do (a DNS name): roles have colons in theirs.
enum ManifestRules {
  /// Bounds of `k8s.io/apimachinery`.
  enum Limits {
    static let nameBytes = 253
    static let namespaceBytes = 63
    static let labelValueBytes = 63
    static let keyNameBytes = 63
    static let keyPrefixBytes = 253
    /// All annotations of an object, keys and values.
    static let annotationBytes = 256 << 10
  }

  /// The identity of an object that is surely well formed; nil for any that has to be looked at more closely.
  ///
  /// Nearly every object passes here, for a fraction of what it takes to say where a fault is.
  static func quickID(of value: Value) -> ObjectID? {
    guard case .object(let object) = value, case .string(let apiVersion)? = object["apiVersion"],
      case .string(let kind)? = object["kind"], case .object(let metadata)? = object["metadata"],
      isKind(kind), isAPIVersion(apiVersion)
    else { return nil }
    var name = ""
    var namespace = ""
    for (key, value) in metadata {
      switch (key, value) {
      case ("name", .string(let text)): name = text
      case ("namespace", .string(let text)): namespace = text
      case ("labels", .object(let labels)): guard labels.allSatisfy(isLabel) else { return nil }
      case ("annotations", .object(let annotations)): guard areAnnotations(annotations) else { return nil }
      case ("name", _), ("namespace", _), ("labels", _), ("annotations", _), ("generateName", _): return nil
      default: continue
      }
    }
    guard isName(name), namespace.isEmpty || Names.isLabel(namespace[...]) else { return nil }
    return ObjectID(apiVersion: apiVersion, kind: kind, namespace: namespace, name: name)
  }

  private static func isLabel(_ entry: Object.Entry) -> Bool {
    guard case .string(let text) = entry.value else { return false }
    return Names.isKey(entry.key) && Names.isLabelValue(text)
  }

  private static func areAnnotations(_ annotations: Object) -> Bool {
    var bytes = 0
    for (key, value) in annotations {
      guard case .string(let text) = value, Names.isKey(key) else { return false }
      bytes += key.utf8.count + text.utf8.count
    }
    return bytes <= Limits.annotationBytes
  }

  /// The identity of a well-formed object.
  static func check(_ field: Field) throws(FleetError) -> ObjectID {
    guard case .object? = Optional(field.value) else {
      throw field.error("\(field.kindName) where an object should stand", code: .invalidManifest)
    }
    return try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let apiVersion = try fields.required("apiVersion").nonEmptyString()
      let kind = try fields.required("kind")
      try check(kind: kind)
      try check(apiVersion: try fields.required("apiVersion"))
      let metadata = try fields.required("metadata").object { metadata throws(FleetError) in
        metadata.ignoreRest()
        return try check(metadata: &metadata)
      }
      return ObjectID(
        apiVersion: apiVersion, kind: try kind.string(), namespace: metadata.namespace, name: metadata.name)
    }
  }

  private static func check(kind field: Field) throws(FleetError) {
    guard isKind(try field.nonEmptyString()) else {
      throw field.error("not a kind: letters and digits, the first a letter", code: .invalidManifest)
    }
  }

  private static func isKind(_ kind: String) -> Bool {
    guard let first = kind.utf8.first else { return false }
    return Bytes.isLetter(first) && kind.utf8.allSatisfy { Bytes.isLetter($0) || Bytes.isDigit($0) }
  }

  private static func check(apiVersion field: Field) throws(FleetError) {
    guard isAPIVersion(try field.string()) else {
      throw field.error("not group/version or version", code: .invalidManifest)
    }
  }

  private static func isAPIVersion(_ text: String) -> Bool {
    guard let slash = text.utf8.firstIndex(of: 0x2f) else { return Names.isLabel(text[...]) }
    return Names.isSubdomain(text[..<slash]) && Names.isLabel(text[text.utf8.index(after: slash)...])
  }

  private static func check(metadata: inout Fields) throws(FleetError) -> (namespace: String, name: String) {
    let generateName = try metadata.optional("generateName")
    if let generateName, try metadata.optional("name") == nil {
      throw generateName.error(
        "an object that is kept in sync needs a name of its own", code: .invalidManifest,
        nextStep: "write metadata.name instead")
    }
    let name = try metadata.required("name")
    try check(name: name)
    let namespace = try metadata.optional("namespace")
    if let namespace { try check(namespace: namespace) }
    if let labels = try metadata.optional("labels") { try check(labels: labels) }
    if let annotations = try metadata.optional("annotations") { try check(annotations: annotations) }
    return (try namespace?.string() ?? "", try name.string())
  }

  private static func check(name field: Field) throws(FleetError) {
    let name = try field.nonEmptyString()
    guard name.utf8.count <= Limits.nameBytes else {
      throw field.error("longer than \(Limits.nameBytes) bytes", code: .invalidManifest)
    }
    guard isName(name) else {
      throw field.error("not a name: no '/', '%', space or control character", code: .invalidManifest)
    }
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= Limits.nameBytes && name != "." && name != ".."
      && !name.utf8.contains { $0 == 0x2f || $0 == 0x25 || $0 <= 0x20 || $0 == 0x7f }
  }

  private static func check(namespace field: Field) throws(FleetError) {
    // An empty namespace is the same as none.
    let namespace = try field.string()
    guard namespace.isEmpty || Names.isLabel(namespace[...]) else {
      throw field.error(
        "not a namespace: small letters, digits and '-', at most \(Limits.namespaceBytes)", code: .invalidManifest)
    }
  }

  private static func check(labels field: Field) throws(FleetError) {
    for entry in try field.entries() {
      try check(key: entry)
      let value = try entry.field.string()
      guard Names.isLabelValue(value) else {
        throw entry.field.error(
          "not a label's value: letters, digits, '-', '_' and '.', at most \(Limits.labelValueBytes)",
          code: .invalidManifest)
      }
    }
  }

  private static func check(annotations field: Field) throws(FleetError) {
    var bytes = 0
    for entry in try field.entries() {
      try check(key: entry)
      bytes += entry.key.utf8.count + (try entry.field.string()).utf8.count
    }
    guard bytes <= Limits.annotationBytes else {
      throw field.error("\(bytes) bytes of annotations, at most \(Limits.annotationBytes)", code: .invalidManifest)
    }
  }

  private static func check(key entry: Field.Entry) throws(FleetError) {
    guard Names.isKey(entry.key) else {
      throw FleetError(.invalidManifest, "not a key of labels or annotations: [prefix/]name", at: entry.keyAddress)
    }
  }
}

/// The forms of names that Kubernetes knows.
public enum Names {
  /// RFC 1123: small letters, digits and `-`, not at the ends, at most 63.
  public static func isLabel(_ text: Substring) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
    return first != 0x2d && last != 0x2d
      && bytes.allSatisfy { Bytes.isSmallLetter($0) || Bytes.isDigit($0) || $0 == 0x2d }
  }

  /// RFC 1123: such labels with points between them, at most 253 bytes.
  public static func isSubdomain(_ text: Substring) -> Bool {
    guard text.utf8.count <= 253 else { return false }
    // Kubernetes bounds the whole, not the parts; each begins and ends with a letter or digit.
    var last: UInt8 = 0x2e
    for byte in text.utf8 {
      guard Bytes.isSmallLetter(byte) || Bytes.isDigit(byte) || byte == 0x2d || byte == 0x2e else { return false }
      if last == 0x2e && (byte == 0x2d || byte == 0x2e) || last == 0x2d && byte == 0x2e { return false }
      last = byte
    }
    return last != 0x2d && last != 0x2e
  }

  /// A key of labels or annotations: `name`, or a prefix of the form of a subdomain and `/name`.
  public static func isKey(_ text: String) -> Bool {
    guard let slash = text.utf8.firstIndex(of: 0x2f) else {
      return isQualifiedPart(text[...], atMost: ManifestRules.Limits.keyNameBytes)
    }
    return isSubdomain(text[..<slash])
      && isQualifiedPart(text[text.utf8.index(after: slash)...], atMost: ManifestRules.Limits.keyNameBytes)
  }

  /// What a label may have as its value; empty is allowed.
  public static func isLabelValue(_ text: String) -> Bool {
    text.isEmpty || isQualifiedPart(text[...], atMost: ManifestRules.Limits.labelValueBytes)
  }

  /// Letters, digits, `-`, `_` and `.`, at the ends a letter or digit.
  static func isQualifiedPart(_ text: Substring, atMost limit: Int) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= limit else { return false }
    func isPlain(_ byte: UInt8) -> Bool { Bytes.isLetter(byte) || Bytes.isDigit(byte) }
    return isPlain(first) && isPlain(last)
      && bytes.allSatisfy { isPlain($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
  }
}

/// Classes of ASCII characters.
enum Bytes {
  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  static func isSmallLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool { isSmallLetter(byte | 0x20) && byte & 0x80 == 0 }
}
