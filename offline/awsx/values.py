"""Pulumi's wire values <-> Python, as far as a component needs them.

A plain value stays a plain value. What is unknown, secret, or depends on a resource is an `Output`; a resource
reference or an asset stays the mapping that it is on the wire.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, struct_pb2

# Fixed by Pulumi's wire protocol: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class Output:
    """A value from outside. `value` is None while it is unknown."""

    value: Any
    known: bool = True
    secret: bool = False
    dependencies: frozenset[str] = frozenset()


def decode_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {key: decode(value) for key, value in struct.fields.items()}


def decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_mapping(value.struct_value)
    if kind == "list_value":
        return [decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return Output(None, known=False) if value.string_value == UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _decode_mapping(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else None
    if signature is None:
        return decode_struct(struct)
    if signature == SECRET:
        inner = decode(struct.fields["value"])
        if isinstance(inner, Output):
            return Output(inner.value, inner.known, True, inner.dependencies)
        return Output(inner, secret=True)
    if signature == OUTPUT:
        inner = decode(struct.fields["value"]) if "value" in struct.fields else Output(None, known=False)
        base = inner if isinstance(inner, Output) else Output(inner)
        dependencies = {decode(urn) for urn in struct.fields["dependencies"].list_value.values}
        secret = struct.fields["secret"].bool_value
        return Output(base.value, base.known, base.secret or secret, base.dependencies | dependencies)
    return json_format.MessageToDict(struct)


def encode_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Absent (None) entries are left out. An `Output` turns into its value, secret or unknown, without dependencies."""
    return struct_pb2.Struct(fields={key: encode(value) for key, value in values.items() if value is not None})


def encode(value: Any) -> struct_pb2.Value:
    """
    Raises:
        TypeError: not a value of Pulumi's wire format.
    """
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case Output(secret=True):
            bare = Output(value.value, value.known)
            return encode({SIGNATURE: SECRET, "value": bare})
        case Output(known=False):
            return struct_pb2.Value(string_value=UNKNOWN)
        case Output():
            return encode(value.value)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            return struct_pb2.Value(struct_value=encode_struct(value))
        case list() | tuple():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[encode(item) for item in value]))
    raise TypeError(f"cannot send a {type(value).__name__} to the Pulumi engine")


def outputs_within(value: Any) -> Iterable[Output]:
    """Every `Output` at any depth."""
    if isinstance(value, Output):
        yield value
        yield from outputs_within(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from outputs_within(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from outputs_within(item)


def plain(value: Any) -> Any:
    """The value without the wrappers; ask only for what is known at every depth."""
    if isinstance(value, Output):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
