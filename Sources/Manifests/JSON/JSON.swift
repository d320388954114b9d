/// Reads and writes JSON (RFC 8259).
public enum JSON {
  /// The value of a JSON text.
  ///
  /// Strict: one value, UTF-8 without a byte order mark, no duplicate keys, no lone surrogates. Integers of 64 bits are
  /// exact; a number with a fraction or exponent that is such an integer is one; other integers become `.number`, as
  /// kustomize reads them. A number beyond the range of `Double` is refused.
  /// - Parameter file: what errors call this input.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits()
  ) throws(FleetError) -> Value {
    guard bytes.count <= limits.bytes else {
      throw FleetError(
        .limitExceeded, "\(bytes.count) bytes are more than the \(limits.bytes) allowed", at: .init(file: file))
    }
    return try bytes.withUnsafeBufferPointer { buffer throws(FleetError) in
      var parser = JSONParser(buffer, file: file, limits: limits)
      return try parser.parse()
    }
  }

  /// The project's canonical JSON: keys sorted by their UTF-8 bytes, no insignificant space, integers plain, other
  /// numbers in the shortest form that reads back the same (as RFC 8785 writes them).
  ///
  /// Equal values have equal canonical bytes; digests are taken over them. TUF's canonical JSON is another form.
  public static func canonical(_ value: Value) -> [UInt8] {
    var writer = JSONWriter(sortsKeys: true)
    writer.write(value)
    return writer.bytes
  }

  /// The value without insignificant space, its keys in their own order.
  public static func compact(_ value: Value) -> [UInt8] {
    var writer = JSONWriter(sortsKeys: false)
    writer.write(value)
    return writer.bytes
  }

  /// The value for people: two spaces a level, its keys in their own order, no newline at the end.
  public static func pretty(_ value: Value) -> [UInt8] {
    var writer = JSONWriter(sortsKeys: false)
    writer.writePretty(value, indent: 0)
    return writer.bytes
  }
}
