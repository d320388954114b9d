"""What a FileDescriptorSet says, as far as the generator uses it (google/protobuf/descriptor.proto has the numbers)."""

from dataclasses import dataclass, field

from . import wire_format as wire

SCALARS = {3: "int64", 4: "uint64", 5: "int32", 8: "bool", 9: "string", 11: "message", 12: "bytes", 13: "uint32", 14: "enum"}


class NotSupported(Exception):
    pass


@dataclass
class Field:
    name: str
    number: int
    kind: str
    type_name: str  # of a message or enum, without the leading dot
    repeated: bool
    optional: bool  # proto3's keyword
    oneof: int | None
    comment: str


@dataclass
class Message:
    full_name: str
    path: list  # names from the file's outermost message inwards
    fields: list
    oneofs: list  # names; a proto3 optional has one of its own at the end
    messages: list
    enums: list
    is_map_entry: bool
    comment: str


@dataclass
class Enum:
    full_name: str
    path: list
    values: list  # (name, number, comment)
    comment: str


@dataclass
class Method:
    name: str
    request: str
    response: str
    client_streams: bool
    server_streams: bool
    comment: str


@dataclass
class Service:
    name: str
    methods: list
    comment: str


@dataclass
class File:
    name: str
    package: str
    messages: list
    enums: list
    services: list
    comments: dict = field(default_factory=dict)


def files(descriptor_set):
    return [_file(wire.read(data)) for data in wire.every(wire.read(descriptor_set), 1)]


def _file(fields):
    package, comments = wire.text(fields, 2), _comments(fields)
    file = File(wire.text(fields, 1), package, [], [], [])
    for index, data in enumerate(wire.every(fields, 4)):
        file.messages.append(_message(wire.read(data), package, [], (4, index), comments))
    for index, data in enumerate(wire.every(fields, 5)):
        file.enums.append(_enum(wire.read(data), package, [], (5, index), comments))
    for index, data in enumerate(wire.every(fields, 6)):
        file.services.append(_service(wire.read(data), (6, index), comments))
    return file


def _comments(fields):
    """The comment before each declaration, by the declaration's path of numbers."""
    result = {}
    for location in wire.every(wire.read(wire.first(fields, 9, b"")), 1):
        parts = wire.read(location)
        leading = wire.text(parts, 3)
        if leading:
            result[tuple(wire.numbers(wire.first(parts, 1, b"")))] = leading
    return result


def _message(fields, package, outer, path, comments):
    names = outer + [wire.text(fields, 1)]
    full_name = ".".join([package] + names)
    options = wire.read(wire.first(fields, 7, b""))
    message = Message(full_name, names, [], [], [], [], bool(wire.first(options, 7, 0)), comments.get(path, ""))
    for index, data in enumerate(wire.every(fields, 2)):
        message.fields.append(_field(wire.read(data), full_name, comments.get(path + (2, index), "")))
    message.oneofs = [wire.text(wire.read(data), 1) for data in wire.every(fields, 8)]
    for index, data in enumerate(wire.every(fields, 3)):
        message.messages.append(_message(wire.read(data), package, names, path + (3, index), comments))
    for index, data in enumerate(wire.every(fields, 4)):
        message.enums.append(_enum(wire.read(data), package, names, path + (4, index), comments))
    return message


def _field(fields, owner, comment):
    name, number = wire.text(fields, 1), wire.first(fields, 5)
    if number not in SCALARS:
        raise NotSupported(f"{owner}.{name}: fields of descriptor type {number} are not supported")
    repeated = wire.first(fields, 4) == 3
    if repeated and SCALARS[number] not in ("string", "bytes", "message"):
        raise NotSupported(f"{owner}.{name}: repeated {SCALARS[number]} is not supported")
    return Field(
        name=name, number=wire.first(fields, 3), kind=SCALARS[number], type_name=wire.text(fields, 6).lstrip("."),
        repeated=repeated, optional=bool(wire.first(fields, 17, 0)), oneof=wire.first(fields, 9),
        comment=comment)


def _enum(fields, package, outer, path, comments):
    names = outer + [wire.text(fields, 1)]
    values = []
    for index, data in enumerate(wire.every(fields, 2)):
        value = wire.read(data)
        values.append((wire.text(value, 1), wire.first(value, 2, 0), comments.get(path + (2, index), "")))
    return Enum(".".join([package] + names), names, values, comments.get(path, ""))


def _service(fields, path, comments):
    methods = []
    for index, data in enumerate(wire.every(fields, 2)):
        method = wire.read(data)
        methods.append(
            Method(
                wire.text(method, 1), wire.text(method, 2).lstrip("."), wire.text(method, 3).lstrip("."),
                bool(wire.first(method, 5, 0)), bool(wire.first(method, 6, 0)), comments.get(path + (2, index), "")))
    return Service(wire.text(fields, 1), methods, comments.get(path, ""))


def check_not_recursive(all_messages):
    """Bounds how deep a peer's message can nest, by refusing schemas in which a message contains itself."""
    def visit(name, trail):
        if name in trail:
            raise NotSupported(f"{name}: a message that contains itself is not supported")
        for entry in all_messages[name].fields:
            if entry.kind == "message":
                visit(entry.type_name, trail + [name])

    for name in all_messages:
        visit(name, [])
