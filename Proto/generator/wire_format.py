"""The protobuf wire format, as far as descriptors need it: a message as a list of (field number, wire type, value)."""

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def read(data):
    """Splits a serialised message into its fields, in order."""
    fields, position = [], 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == VARINT:
            value, position = _read_varint(data, position)
        elif wire_type == LENGTH:
            length, position = _read_varint(data, position)
            value, position = data[position : position + length], position + length
        elif wire_type in (FIXED64, FIXED32):
            size = 8 if wire_type == FIXED64 else 4
            value, position = data[position : position + size], position + size
        else:
            raise ValueError(f"wire type {wire_type} of field {number}")
        fields.append((number, wire_type, value))
    return fields


def write(fields):
    """The reverse of `read`."""
    out = bytearray()
    for number, wire_type, value in fields:
        out += _varint(number << 3 | wire_type)
        if wire_type == VARINT:
            out += _varint(value)
        elif wire_type == LENGTH:
            out += _varint(len(value)) + value
        else:
            out += value
    return bytes(out)


def first(fields, number, default=None):
    return next((value for n, _, value in fields if n == number), default)


def every(fields, number):
    return [value for n, _, value in fields if n == number]


def text(fields, number):
    return first(fields, number, b"").decode()


def numbers(packed):
    """The values of a packed repeated varint field."""
    values, position = [], 0
    while position < len(packed):
        value, position = _read_varint(packed, position)
        values.append(value)
    return values


def _read_varint(data, position):
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
