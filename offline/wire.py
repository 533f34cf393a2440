"""Property values of Pulumi's protocol: protobuf structs on the wire, plain Python inside.

Wire form of unknowns, secrets, assets and references:
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from google.protobuf import struct_pb2

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_FILES: Final = frozenset({"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"})
# An unknown value of any type, and those of one type that older SDKs send.
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

Properties = dict[str, Any]


@final
class Unknown:
    """The type of `UNKNOWN`: a value that is known only after the deployment."""

    _only: "Unknown | None" = None

    def __new__(cls) -> "Unknown":
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine encrypts in the state and hides in messages."""

    value: Any

    def __repr__(self) -> str:
        return "<secret>"


@dataclass(frozen=True, slots=True)
class File:
    """An asset or an archive, as the engine sent it (with its hash)."""

    raw: Properties

    @property
    def digest(self) -> str:
        return str(self.raw.get("hash", ""))


def _marked(fields: Properties) -> Any:
    signature = fields[SIGNATURE]
    if signature == SECRET:
        return Secret(fields.get("value"))
    if signature == OUTPUT:
        value = fields.get("value", UNKNOWN)
        return Secret(value) if fields.get("secret") else value
    if signature == REFERENCE:
        return fields.get("id") or UNKNOWN
    if signature in _FILES:
        return File(fields)
    raise ValueError(f"the engine sent a value with the unknown signature {signature}")


def decode(
    struct: struct_pb2.Struct, marked: Callable[[Properties], Any] = _marked, unknown: Any = UNKNOWN
) -> Properties:
    """A wire struct as Python values: numbers without a fraction are `int`.

    Args:
        marked: Reads a mapping that bears a signature: a secret, an output, a reference or a file.
        unknown: Stands for an unknown value.
    """
    return {key: decode_value(value, marked, unknown) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value, marked: Callable[[Properties], Any] = _marked, unknown: Any = UNKNOWN) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return unknown if text in _UNKNOWNS else text
    if kind == "struct_value":
        fields = decode(value.struct_value, marked, unknown)
        return marked(fields) if SIGNATURE in fields else fields
    if kind == "list_value":
        return [decode_value(item, marked, unknown) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """The reverse of `decode`."""
    struct = struct_pb2.Struct()
    _encode_fields(struct, values)
    return struct


def _encode_fields(target: struct_pb2.Struct, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        encode_into(target.fields[key], value)


def encode_into(target: struct_pb2.Value, value: Any) -> None:
    """
    Raises:
        TypeError: not a value of the protocol.
    """
    match value:
        case str():
            target.string_value = value
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case Mapping():
            target.struct_value.SetInParent()
            _encode_fields(target.struct_value, value)
        case list() | tuple():
            target.list_value.SetInParent()
            for item in value:
                encode_into(target.list_value.values.add(), item)
        case _:
            encode_into(target, _mark(value))


def _mark(value: Any) -> Any:
    """The reverse of `_marked`."""
    match value:
        case Unknown():
            return UNKNOWN_TEXT
        case Secret():
            return {SIGNATURE: SECRET, "value": value.value}
        case File():
            return value.raw
    raise TypeError(f"a {type(value).__name__} cannot be sent to the Pulumi engine")


def plain(value: Any) -> Any:
    """The value without its secret wrappers, at any depth."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN


def has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_secret, value.values()))
    if isinstance(value, list):
        return any(map(has_secret, value))
    return isinstance(value, Secret)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every known text in a value, secrets left out, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")
