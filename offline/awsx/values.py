"""Values as a component needs them: what is unknown, secret, or depends on a resource is an `Output`.

A resource reference or an asset stays the mapping that it is on the wire.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

from offline import wire


@dataclass(frozen=True)
class Output:
    """A value from outside. `value` is None while it is unknown."""

    value: Any
    known: bool = True
    secret: bool = False
    dependencies: frozenset[str] = frozenset()


_UNKNOWN = Output(None, known=False)


def decode_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    return wire.decode(struct, _output, _UNKNOWN)


def decode(value: struct_pb2.Value) -> Any:
    return wire.decode_value(value, _output, _UNKNOWN)


def _output(fields: dict[str, Any]) -> Any:
    match fields[wire.SIGNATURE]:
        case wire.SECRET:
            secret, dependencies = True, ()
        case wire.OUTPUT:
            secret, dependencies = bool(fields.get("secret")), fields.get("dependencies") or ()
        case _:
            return fields
    inner = fields.get("value", _UNKNOWN)
    base = inner if isinstance(inner, Output) else Output(inner)
    return Output(base.value, base.known, base.secret or secret, base.dependencies | frozenset(dependencies))


def encode_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Absent (None) entries are left out. An `Output` turns into its value, secret or unknown, without dependencies."""
    return wire.encode(_present(values))


def encode(value: Any) -> struct_pb2.Value:
    """
    Raises:
        TypeError: not a value of Pulumi's wire format.
    """
    encoded = struct_pb2.Value()
    wire.encode_into(encoded, _present(value))
    return encoded


def _present(value: Any) -> Any:
    match value:
        case Output():
            inner = _present(value.value) if value.known else wire.UNKNOWN
            return wire.Secret(inner) if value.secret else inner
        case Mapping():
            return {key: _present(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_present(item) for item in value]
    return value


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
