internal import CLibYAML

/// The events of a YAML stream, from libyaml.
///
/// The buffer must outlive this value; `YAML.compose`, its only maker, sees to that. The parser and the event are owned
/// here alone and freed once, in `deinit`.
struct YAMLEvents: ~Copyable {
  /// What a scalar is beside its text.
  struct Scalar {
    var isPlain: Bool
    var isFolded: Bool
    /// The tag in full, or nil when there is none (or only `!`).
    var tag: String?
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let event: UnsafeMutablePointer<yaml_event_t>
  private let source: UnsafeBufferPointer<UInt8>
  private let file: String

  init(_ source: UnsafeBufferPointer<UInt8>, file: String) {
    self.source = source
    self.file = file
    parser = .allocate(capacity: 1)
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    // Without memory for its buffers the parser is left zeroed; then parsing fails with an error below.
    parser.initialize(to: yaml_parser_t())
    if yaml_parser_initialize(parser) == 1, let base = source.baseAddress {
      yaml_parser_set_input_string(parser, base, source.count)
    }
  }

  deinit {
    yaml_event_delete(event)
    yaml_parser_delete(parser)
    event.deallocate()
    parser.deallocate()
  }

  /// Goes to the next event; its details are read through the properties below until the next call.
  mutating func next() throws(FleetError) -> yaml_event_type_t {
    // libyaml insists on an input handler; an empty array may have no bytes to point at.
    guard source.baseAddress != nil else { return YAML_STREAM_END_EVENT }
    yaml_event_delete(event)
    guard yaml_parser_parse(parser, event) == 1 else { throw problem() }
    return event.pointee.type
  }

  var position: TextPosition { TextPosition(event.pointee.start_mark) }
  var end: TextPosition { TextPosition(event.pointee.end_mark) }

  /// Whether the event begins a list or map in brackets; nil when it begins none.
  var beginsFlow: Bool? {
    switch event.pointee.type {
    case YAML_SEQUENCE_START_EVENT: event.pointee.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
    case YAML_MAPPING_START_EVENT: event.pointee.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
    default: nil
    }
  }

  func error(
    _ message: String, at position: TextPosition? = nil, code: FleetError.Code = .invalidYAML, nextStep: String = ""
  ) -> FleetError {
    let place = position ?? self.position
    return FleetError(
      code, message, at: .init(file: file, line: place.line, column: place.column), nextStep: nextStep)
  }

  /// The bytes of the scalar at hand, for as long as the closure runs.
  func withScalarBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let scalar = event.pointee.data.scalar
    return body(UnsafeBufferPointer(start: scalar.value, count: scalar.length))
  }

  var scalar: Scalar {
    let scalar = event.pointee.data.scalar
    return Scalar(
      isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, isFolded: scalar.style == YAML_FOLDED_SCALAR_STYLE,
      tag: YAMLEvents.tag(scalar.tag))
  }

  var scalarAnchor: String? { YAMLEvents.text(event.pointee.data.scalar.anchor) }
  var sequenceAnchor: String? { YAMLEvents.text(event.pointee.data.sequence_start.anchor) }
  var sequenceTag: String? { YAMLEvents.tag(event.pointee.data.sequence_start.tag) }
  var mappingAnchor: String? { YAMLEvents.text(event.pointee.data.mapping_start.anchor) }
  var mappingTag: String? { YAMLEvents.tag(event.pointee.data.mapping_start.tag) }
  var alias: String { YAMLEvents.text(event.pointee.data.alias.anchor) ?? "" }

  // libyaml checks that its input is UTF-8, so nothing is repaired here.
  private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    bytes.map { String(cString: $0) }
  }

  private static func tag(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text(bytes).flatMap { $0 == "!" ? nil : $0 }
  }
}

extension YAMLEvents {
  /// The error that libyaml stopped with.
  private func problem() -> FleetError {
    let state = parser.pointee
    guard state.error != YAML_MEMORY_ERROR else {
      return FleetError(.limitExceeded, "no memory", at: .init(file: file))
    }
    let what = state.problem.map { String(cString: $0) } ?? "not readable"
    let cause = state.context.map { "\(what) (\(String(cString: $0)))" } ?? what
    let place =
      state.error == YAML_READER_ERROR
      ? TextPosition(ofByte: min(state.problem_offset, source.count), in: source) : TextPosition(state.problem_mark)
    return FleetError(
      .invalidYAML, "not YAML", at: .init(file: file, line: place.line, column: place.column), cause: cause,
      nextStep: nextStep(cause))
  }

  private func nextStep(_ cause: String) -> String {
    if cause.contains("cannot start any token"), parser.pointee.problem_mark.index < source.count {
      let line = TextPosition(parser.pointee.problem_mark).line
      if lineStartsWithTab(line) { return "indent with spaces instead of tabs" }
    }
    return ""
  }

  private func lineStartsWithTab(_ line: Int) -> Bool {
    let lines = source.split(separator: 0x0a, maxSplits: line, omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return false }
    return lines[line - 1].prefix { $0 == 0x20 || $0 == 0x09 }.contains(0x09)
  }
}

extension TextPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
  }
}
