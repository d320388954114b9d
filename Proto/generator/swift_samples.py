"""For the tests: random values of every message."""

from . import names
from .swift_messages import every_message, members, oneof_fields


def generate(schema, files):
    kinds = [message for file in files for outer in file.messages for message in every_message(outer) if not message.is_map_entry]
    out = ["/// Every kind of message.", "let everyMessageKind: [any RandomMessage.Type] = ["]
    out += [f"  {schema.spelling[message.full_name]}.self," for message in kinds] + ["]"]
    for message in kinds:
        spelling = schema.spelling[message.full_name]
        out += ["", f"extension {spelling}: RandomMessage {{", f"  static func random(_ random: inout RandomSource) -> {spelling} {{"]
        fields = members(message)
        out += [f"    {'var' if fields else 'let'} message = {spelling}()"]
        for member in fields:
            out += ["    " + line for line in _assign(schema, message, member)]
        out += ["    return message", "  }", "}"]
    return out


def _assign(schema, message, member):
    if isinstance(member, str):
        choices = [f".{names.swift_member(f.name)}({_value(schema, f)})" for f in oneof_fields(message, member)]
        lines = [f"switch random.below({len(choices) + 1}) {{"]
        lines += [f"case {index}: message.{names.swift_member(member)} = {choice}" for index, choice in enumerate(choices)]
        return lines + ["default: break", "}"]
    label, value = f"message.{names.swift_member(member.name)}", _value(schema, member)
    entry = schema.map_entry(member)
    if entry:
        key, item = entry.fields
        return [f"for _ in 0..<random.below(4) {{ {label}[{_value(schema, key)}] = {_value(schema, item)} }}"]
    if member.repeated:
        return [f"for _ in 0..<random.below(4) {{ {label}.append({value}) }}"]
    if member.optional or member.kind == "message":
        return [f"if random.below(2) == 0 {{ {label} = {value} }}"]
    return [f"{label} = {value}"]


def _value(schema, field):
    if field.kind == "message":
        return f"{schema.spelling[field.type_name]}.random(&random)"
    if field.kind == "enum":
        return f"random.member({schema.spelling[field.type_name]}.self)"
    numbers = {"int32": "Int32", "uint32": "UInt32", "uint64": "UInt64"}
    if field.kind in numbers:
        return f"{numbers[field.kind]}(truncatingIfNeeded: random.number())"
    return {"string": "random.text()", "bytes": "random.bytes()", "bool": "random.below(2) == 0"}.get(field.kind, "random.number()")
