"""The schema that protobuf-c gets: the same bytes on the wire, in types that C can hold without loss.

protobuf-c ends a string at its first NUL and does not check UTF-8, so every `string` becomes `bytes` and Swift makes
the checks. An `enum` becomes `int32`, so that values of a newer peer pass. A map becomes what it is on the wire, a
repeated message of key and value. A proto3 `optional` becomes a oneof of one. Services and comments are not C's
business.
"""

from . import wire_format as wire

STRING, ENUM, BYTES, INT32 = 9, 14, 12, 5


def derive(descriptor_set):
    return wire.write([(n, t, _file(v)) for n, t, v in wire.read(descriptor_set)])


def _file(data):
    out = []
    for number, wire_type, value in wire.read(data):
        if number in (5, 6, 9):  # enums, services, source positions
            continue
        out.append((number, wire_type, _message(value) if number == 4 else value))
    return wire.write(out)


def _message(data):
    out = []
    for number, wire_type, value in wire.read(data):
        if number in (4, 7):  # enums, options (map_entry is the only one in use)
            continue
        if number == 2:
            value = _field(value)
        elif number == 3:
            value = _message(value)
        out.append((number, wire_type, value))
    return wire.write(out)


def _field(data):
    fields = wire.read(data)
    declared = wire.first(fields, 5)
    out = []
    for number, wire_type, value in fields:
        if number == 17 or (number == 6 and declared == ENUM):  # proto3_optional, the enum's name
            continue
        if number == 5:
            value = {STRING: BYTES, ENUM: INT32}.get(declared, declared)
        out.append((number, wire_type, value))
    return wire.write(out)
