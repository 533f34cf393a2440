"""Values as a rule reads them: plain structures with separate values for missing and unknown.

The policy SDK's proxies raise on access to an unknown value; one access ends the rule for every resource that follows.
Here unknown is an ordinary value, and nothing raises.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from pulumi_policy import deserialize, proxy


class _Marker:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __bool__(self) -> bool:
        raise TypeError(f"{self._name} is neither true nor false: compare with `is`")


MISSING: Final = _Marker("MISSING")
"""Not set, or set to null: the provider's default applies."""

UNKNOWN: Final = _Marker("UNKNOWN")
"""Set, to a value that is known only in the update; or to a value of a type that cannot be judged."""

UNKNOWN_TEXTS: Final = frozenset(
    {
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
    }
)
_SIGNATURE: Final = deserialize.SPECIAL_SIG_KEY
_SECRET: Final = deserialize.SPECIAL_SECRET_SIG
_REDACTED: Final = "[secret]"
"""Value that `pulumi policy analyze` sends, whatever the type, for a secret of a state that it cannot decrypt."""
HIDDEN: Final = "(hidden)"
_SHOWN: Final = 80
_SECRET_NAME: Final = re.compile(
    r"password|passwd|secret(?!s?manager)|token(?!Validity)|credential|private_?key|api_?key", re.I
)
_PATH_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def decode(value: struct_pb2.Value) -> Any:
    """A protobuf value as plain Python: secrets unwrapped, unknowns as `UNKNOWN`, assets and archives as `UNKNOWN`."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWN_TEXTS else text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return value.number_value
    if kind == "struct_value":
        return decode_struct(value.struct_value)
    if kind == "list_value":
        return [decode(item) for item in value.list_value.values]
    return None


def decode_struct(struct: struct_pb2.Struct) -> Any:
    """A protobuf struct as a dict; the value inside for a wrapped secret."""
    fields = struct.fields
    if _SIGNATURE in fields:
        if fields[_SIGNATURE].string_value == _SECRET and "value" in fields:
            value = decode(fields["value"])
            return UNKNOWN if value == _REDACTED else value
        return UNKNOWN
    return {name: decode(item) for name, item in fields.items()}


def secret_texts(struct: struct_pb2.Struct) -> frozenset[str]:
    """Texts and numbers wrapped as secrets, as a message would show them; short ones are left out."""
    if _SECRET.encode() not in struct.SerializeToString():
        return frozenset()
    return frozenset(text for text in _secrets(json_format.MessageToDict(struct), wrapped=False) if len(text) > 3)


def _secrets(value: Any, *, wrapped: bool) -> Iterator[str]:
    if isinstance(value, dict):
        wrapped = wrapped or value.get(_SIGNATURE) == _SECRET
        for name, item in value.items():
            if name != _SIGNATURE:
                yield from _secrets(item, wrapped=wrapped)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, wrapped=wrapped)
    elif wrapped and isinstance(value, str):
        yield value
        yield value[:_SHOWN]
    elif wrapped and isinstance(value, float):
        yield show("", value)


def plain(value: Any) -> Any:
    """Any JSON-like value as plain Python with `UNKNOWN` for unknown values."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWN_TEXTS else value
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return plain(value.get("value")) if value[_SIGNATURE] == _SECRET else UNKNOWN
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float) or value is UNKNOWN:
        return value
    return UNKNOWN


def read(props: Any, path: str) -> Any:
    """The value at a dotted path (`viewerCertificate.sslSupportMethod`, `origins[0].domainName`).

    A list of one block is read like the block itself, because providers write single blocks either way.

    Returns:
        the value; `MISSING` if it, or a block around it, is not set; `UNKNOWN` if one of these is unknown.
    """
    value = props
    for name, index in _PATH_PART.findall(path):
        if value is UNKNOWN:
            return UNKNOWN
        if value is None:
            return MISSING
        if index:
            if not isinstance(value, list):
                return UNKNOWN
            value = value[int(index)] if int(index) < len(value) else None
            continue
        if isinstance(value, list):
            if not value:
                return MISSING
            if len(value) > 1:
                return UNKNOWN
            value = value[0]
            if value is UNKNOWN:
                return UNKNOWN
            if value is None:
                return MISSING
        if not isinstance(value, dict):
            return UNKNOWN
        value = value.get(name)
    return MISSING if value is None else value


def spread(props: Any, path: str) -> Any:
    """Like `read`, with `[]` for every item: `subnetMappings[].subnetId` gives the list of all subnet ids."""
    head, star, tail = path.partition("[]")
    value = read(props, head)
    if not star or value is MISSING or value is UNKNOWN:
        return value
    found = [spread(item, tail.lstrip(".")) if tail and item is not UNKNOWN else item for item in as_list(value)]
    return [item for item in found if item is not MISSING]


def as_flag(value: Any) -> Any:
    """`True`, `False`, `MISSING` or `UNKNOWN`; the bridge accepts "true" and "false" as well."""
    if isinstance(value, bool) or value is MISSING:
        return value
    return {"true": True, "false": False}.get(value.lower(), UNKNOWN) if isinstance(value, str) else UNKNOWN


def as_number(value: Any) -> Any:
    """A float, `MISSING` or `UNKNOWN`."""
    if value is MISSING:
        return MISSING
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    return UNKNOWN


def as_text(value: Any) -> Any:
    """A string, `MISSING` (also for the empty string, which the provider treats as unset) or `UNKNOWN`."""
    if value is MISSING or value == "":
        return MISSING
    return value if isinstance(value, str) else UNKNOWN


def is_aws_key(value: Any) -> bool:
    """Whether a key's id, alias or ARN is an AWS managed key: `alias/aws/s3`."""
    return isinstance(value, str) and value.rpartition("alias/")[2].startswith("aws/") and "alias/" in value


def as_list(value: Any) -> list[Any]:
    """The items of a list; a single value as a list of one; `[UNKNOWN]` for an unknown list; nothing for `MISSING`."""
    if value is MISSING or value is None:
        return []
    return value if isinstance(value, list) else [value]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a structure with its path."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def python_name(path: str) -> str:
    """The path as a Python program spells it: `webAclId` as `web_acl_id`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path)
    return re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", spaced).lower()


def is_secret(path: str) -> bool:
    """Whether a property of this name may hold a secret, so that no message may show its value."""
    return bool(_SECRET_NAME.search(path.rsplit(".", 1)[-1]))


def show(path: str, value: Any) -> str:
    """A value for a message: short, and hidden if the property's name suggests a secret."""
    if value is MISSING:
        return "not set"
    if value is UNKNOWN:
        return "not known yet"
    if is_secret(path):
        return HIDDEN
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        text = ", ".join(show(path, item) for item in value)
        return f"[{text}]" if len(text) <= 120 else f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = str(value)
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
