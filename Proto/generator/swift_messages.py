"""Swift values for messages and enums, and their mapping to and from protobuf-c's structures."""

from . import names

PLAIN = {"int32": "Int32", "int64": "Int64", "uint32": "UInt32", "uint64": "UInt64", "bool": "Bool"}
ZERO = {"bool": "false", "string": '""', "bytes": "[]"}


class Schema:
    """Every declaration by full name, with its Swift spelling."""

    def __init__(self, files):
        self.messages, self.enums, self.spelling = {}, {}, {}
        for file in files:
            for message in file.messages:
                self._add(file, message)
            for enum in file.enums:
                self._name(file, enum, self.enums)

    def _add(self, file, message):
        self._name(file, message, self.messages)
        for inner in message.messages:
            self._add(file, inner)
        for enum in message.enums:
            self._name(file, enum, self.enums)

    def _name(self, file, declaration, table):
        table[declaration.full_name] = declaration
        self.spelling[declaration.full_name] = ".".join([names.namespace(file.package)] + declaration.path)

    def map_entry(self, field):
        entry = self.messages.get(field.type_name) if field.kind == "message" and field.repeated else None
        return entry if entry and entry.is_map_entry else None

    def element(self, field):
        """The Swift type of one value of the field."""
        if field.kind in PLAIN:
            return PLAIN[field.kind]
        return {"string": "String", "bytes": "[UInt8]"}.get(field.kind) or self.spelling[field.type_name]

    def type(self, field):
        entry = self.map_entry(field)
        if entry:
            key, value = entry.fields
            return f"[{self.element(key)}: {self.element(value)}]"
        if field.repeated:
            return f"[{self.element(field)}]"
        return self.element(field) + ("?" if field.optional or field.kind == "message" else "")

    def default(self, field):
        if self.map_entry(field):
            return "[:]"
        if field.repeated:
            return "[]"
        if field.optional or field.kind == "message":
            return "nil"
        if field.kind == "enum":
            return "." + names.enum_case(self.enums[field.type_name].path[-1], self.enums[field.type_name].values[0][0])
        return ZERO.get(field.kind, "0")


def comment(text, indent=""):
    return [f"{indent}///{line.rstrip()}" for line in text.rstrip("\n").split("\n")] if text else []


def members(message):
    """The message's stored properties: plain fields and, in the place of its first field, each oneof."""
    result, seen = [], set()
    for field in message.fields:
        if field.oneof is None or field.optional:
            result.append(field)
        elif field.oneof not in seen:
            seen.add(field.oneof)
            result.append(message.oneofs[field.oneof])
    return result


def oneof_fields(message, name):
    return [f for f in message.fields if f.oneof is not None and not f.optional and message.oneofs[f.oneof] == name]


def declare_enum(schema, enum, indent=""):
    name, out = enum.path[-1], []
    cases = [(names.enum_case(name, value), number, note) for value, number, note in enum.values]
    out += comment(enum.comment, indent)
    out += [f"{indent}public enum {name}: WireEnum {{"]
    for case, _, note in cases:
        out += comment(note, indent + "  ") + [f"{indent}  case {case}"]
    out += [
        f"{indent}  /// A value that this version does not know, by its number.",
        f"{indent}  case unrecognized(Int32)",
        "",
        f"{indent}  public static let allCases: [{name}] = [{', '.join('.' + case for case, _, _ in cases)}]",
        "",
        f"{indent}  public init(rawValue: Int32) {{",
        f"{indent}    self =",
        f"{indent}      switch rawValue {{",
    ]
    out += [f"{indent}      case {number}: .{case}" for case, number, _ in cases]
    out += [
        f"{indent}      default: .unrecognized(rawValue)", f"{indent}      }}", f"{indent}  }}", "",
        f"{indent}  public var rawValue: Int32 {{", f"{indent}    switch self {{",
    ]
    out += [f"{indent}    case .{case}: {number}" for case, number, _ in cases]
    out += [f"{indent}    case .unrecognized(let number): number", f"{indent}    }}", f"{indent}  }}", f"{indent}}}"]
    return out


def declare_message(schema, message, indent=""):
    inner, name = indent + "  ", message.path[-1]
    out = comment(message.comment, indent)
    if message.is_map_entry:
        out += [f"{indent}struct {name}: CMapped {{"]
    else:
        out += [f"{indent}public struct {name}: WireMessage {{"]
    access = "" if message.is_map_entry else "public "
    for enum in message.enums:
        out += declare_enum(schema, enum, inner) + [""]
    for nested in message.messages:
        out += declare_message(schema, nested, inner) + [""]
    parameters, assignments = [], []
    for member in members(message):
        if isinstance(member, str):
            out += _declare_oneof(schema, message, member, inner)
            label, type_, default = names.swift_member(member), names.swift_type(member) + "?", "nil"
            out += [f"{inner}{access}var {label}: {type_} = {default}"]
        else:
            label, type_, default = names.swift_member(member.name), schema.type(member), schema.default(member)
            out += comment(member.comment, inner) + [f"{inner}{access}var {label}: {type_} = {default}"]
        parameters.append(f"{label}: {type_} = {default}")
        assignments.append(f"{inner}  self.{label.strip('`')} = {label}")
    out += ["", f"{inner}{access}init() {{}}"]
    if parameters:
        out += ["", f"{inner}{access}init("] + [f"{inner}  {p}," for p in parameters[:-1]] + [f"{inner}  {parameters[-1]}"]
        out += [f"{inner}) {{"] + assignments + [f"{inner}}}"]
    if not message.is_map_entry:
        out += [
            "", f'{inner}public static let messageName = "{message.full_name}"', "",
            f"{inner}public init(wire bytes: RawSpan, limit: Int) throws(FleetError) {{",
            f"{inner}  self = try Codec.decode(bytes, limit: limit)", f"{inner}}}", "",
            f"{inner}public func encoded<Bytes: GRPCContiguousBytes>() -> Bytes {{",
            f"{inner}  Codec.encode(self)", f"{inner}}}",
        ]
    return out + [f"{indent}}}"]


def _declare_oneof(schema, message, oneof, indent):
    out = [f"{indent}public enum {names.swift_type(oneof)}: Hashable, Sendable {{"]
    for field in oneof_fields(message, oneof):
        out += comment(field.comment, indent + "  ")
        out += [f"{indent}  case {names.swift_member(field.name)}({schema.element(field)})"]
    return out + [f"{indent}}}"]


def every_message(message):
    yield message
    for nested in message.messages:
        yield from every_message(nested)


def map_message(schema, message):
    """The mapping to and from C."""
    c_type, c_lower = names.c_type(message.full_name), names.c_lower(message.full_name)
    out = [f"extension {schema.spelling[message.full_name]}: CMapped {{" if not message.is_map_entry else f"extension {schema.spelling[message.full_name]} {{"]
    out += [
        f"  typealias C = {c_type}", "",
        f"  static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {{ wire_descriptor_{c_lower}() }}", "",
        "  init(c: UnsafePointer<C>) throws(FleetError) {", "    self.init()",
    ]
    reads = [line for member in members(message) for line in _read(schema, message, member)]
    out += ["    " + line for line in reads] + ["  }", "", "  func fill(_ c: UnsafeMutablePointer<C>, _ arena: inout Arena) {", f"    {c_lower}__init(c)"]
    writes = [line for member in members(message) for line in _write(schema, message, member)]
    return out + ["    " + line for line in writes] + ["  }", "}"]


def _case_type(message, oneof):
    return names.c_type(message.full_name) + "__" + names.swift_type(oneof) + "Case"


def _value(schema, message, field, source):
    """The Swift expression that takes one value out of C."""
    where = f'"{message.full_name}.{field.name}"'
    return {
        "string": f"try Codec.text({source}, {where})", "bytes": f"Codec.bytes({source})", "bool": f"{source} != 0",
        "enum": f"{schema.spelling.get(field.type_name)}(rawValue: {source})",
    }.get(field.kind, source)


def _read(schema, message, member):
    if isinstance(member, str):
        lines = [f"switch c.pointee.{names.c_field(member)}_case.rawValue {{"]
        for field in oneof_fields(message, member):
            lines += [f"case {field.number}:"] + _read_choice(schema, message, field, f"{names.swift_member(member)} = .{names.swift_member(field.name)}")
        return lines + ["default: break", "}"]
    label, source = names.swift_member(member.name), f"c.pointee.{names.c_field(member.name)}"
    count = f"c.pointee.n_{names.c_field(member.name)}"
    if schema.map_entry(member):
        entry = schema.spelling[member.type_name]
        return [f'{label} = try Codec.map({source}, {count}, of: {entry}.self, "{message.full_name}.{member.name}") {{ ($0.key, $0.value) }}']
    if member.repeated:
        return [_read_list(schema, message, member, label, source, count)]
    if member.optional:
        case = f"c.pointee.{names.c_field(message.oneofs[member.oneof])}_case.rawValue"
        return [f"if {case} == {member.number} {{ {label} = {_value(schema, message, member, source)} }}"]
    if member.kind == "message":
        return [f"if let value = {source} {{ {label} = try .init(c: value) }}"]
    return [f"{label} = {_value(schema, message, member, source)}"]


def _read_choice(schema, message, field, target):
    source = f"c.pointee.{names.c_field(field.name)}"
    if field.kind == "message":
        return [f"  if let value = {source} {{ {target}(try .init(c: value)) }}"]
    return [f"  {target}({_value(schema, message, field, source)})"]


def _read_list(schema, message, field, label, source, count):
    if field.kind == "message":
        return f"{label} = try Codec.messages({source}, {count})"
    if field.kind == "string":
        return f'{label} = try Codec.texts({source}, {count}, "{message.full_name}.{field.name}")'
    return f"{label} = Codec.blobs({source}, {count})"


def _to_c(field, value):
    """The Swift expression that gives one value to C."""
    return {
        "string": f"arena.text({value})", "bytes": f"arena.bytes({value})", "bool": f"{value} ? 1 : 0",
        "enum": f"{value}.rawValue", "message": f"arena.message({value})",
    }.get(field.kind, value)


def _write(schema, message, member):
    if isinstance(member, str):
        lines, case = [f"switch {names.swift_member(member)} {{"], _case_type(message, member)
        for field in oneof_fields(message, member):
            lines += [
                f"case .{names.swift_member(field.name)}(let value):",
                f"  c.pointee.{names.c_field(member)}_case = {case}(rawValue: {field.number})",
                f"  c.pointee.{names.c_field(field.name)} = {_to_c(field, 'value')}"]
        return lines + ["case nil: break", "}"]
    label, target = names.swift_member(member.name), f"c.pointee.{names.c_field(member.name)}"
    count = f"c.pointee.n_{names.c_field(member.name)}"
    if schema.map_entry(member):
        entry = schema.spelling[member.type_name]
        return [f"({count}, {target}) = arena.messages(Codec.sorted({label}) {{ {entry}(key: $0, value: $1) }})"]
    if member.repeated:
        write = {"message": "messages", "string": "texts", "bytes": "blobs"}[member.kind]
        return [f"({count}, {target}) = arena.{write}({label})"]
    if member.optional:
        oneof = message.oneofs[member.oneof]
        return [
            f"if let value = {label} {{",
            f"  c.pointee.{names.c_field(oneof)}_case = {_case_type(message, oneof)}(rawValue: {member.number})",
            f"  {target} = {_to_c(member, 'value')}", "}"]
    if member.kind == "message":
        return [f"if let value = {label} {{ {target} = arena.message(value) }}"]
    return [f"{target} = {_to_c(member, label)}"]
