"""How a name of the schema is spelt in C (as protobuf-c spells it) and in Swift."""

import re

# What protobuf-c appends an underscore to.
C_KEYWORDS = set(
    """and and_eq asm auto bitand bitor bool break case catch char class compl const const_cast continue default delete
    do double dynamic_cast else enum explicit extern false float for friend goto if inline int long mutable namespace
    new not not_eq operator or or_eq private protected public register reinterpret_cast return short signed sizeof
    static static_cast struct switch template this throw true try typedef typeid typename union unsigned using virtual
    void volatile wchar_t while xor xor_eq""".split())

SWIFT_KEYWORDS = set(
    """associatedtype class deinit enum extension fileprivate func import init inout internal let open operator private
    protocol public rethrows static struct subscript typealias var break case continue default defer do else
    fallthrough for guard if in repeat return switch where while as catch false is nil super self throw throws true
    try Any Self Type Protocol""".split())

ACRONYMS = {"id": "ID", "uid": "UID", "url": "URL", "csr": "CSR", "ca": "CA", "sha256": "SHA256"}


def c_type(full_name):
    return "__".join(_camel(part) for part in full_name.split("."))


def c_lower(full_name):
    return "__".join(snake(part) for part in full_name.split("."))


def c_field(name):
    name = name.lower()
    return name + "_" if name in C_KEYWORDS else name


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def namespace(package):
    """`flotilla.v1` is `FlotillaV1` in Swift."""
    return "".join(part[:1].upper() + part[1:] for part in package.split("."))


def swift_member(name):
    words = name.strip("_").lower().split("_")
    spelt = words[0] + "".join(ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in words[1:])
    return f"`{spelt}`" if spelt in SWIFT_KEYWORDS else spelt


def swift_type(name):
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def swift_method(name):
    return swift_member(snake(name))


def enum_case(enum_name, value_name):
    prefix = snake(enum_name).upper() + "_"
    return swift_member(value_name[len(prefix) :] if value_name.startswith(prefix) else value_name)


def _camel(name):
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
