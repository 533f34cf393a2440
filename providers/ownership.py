"""Which resource of which stack something in AWS is: in its tags, or in a text of its own where AWS keeps none."""

import json
from typing import Any, Final

OWNER: Final = "pulumi-resource"
"""Tag that says which resource of which stack it is: an interrupted creation is found again by it."""
_DOC: Final = "doc"
_MARK: Final = f"{OWNER}="


def owned(document: str, owner: str) -> str:
    """An Avro schema whose documentation ends with the owner.

    Raises:
        ValueError: it is no JSON object.
    """
    record = _record(document)
    if record is None:
        raise ValueError(f"is {document!r:.80}, but must be JSON text of an Avro record: the owner is written into it")
    told = str(record.get(_DOC, "")).partition(_MARK)[0].rstrip()
    return json.dumps({**record, _DOC: f"{told} {_MARK}{owner}".lstrip()})


def owner_of(document: str) -> str:
    """The owner of an Avro schema; empty if it names none."""
    record = _record(document) or {}
    return str(record.get(_DOC, "")).partition(_MARK)[2]


def without_owner(document: Any) -> Any:
    """What an Avro schema says, whoever owns it; other values as they are."""
    record = _record(document) if isinstance(document, str) else None
    if record is None:
        return document
    told = str(record.get(_DOC, "")).partition(_MARK)[0].rstrip()
    return {**{name: value for name, value in record.items() if name != _DOC}, **({_DOC: told} if told else {})}


def _record(document: str) -> dict[str, Any] | None:
    try:
        read = json.loads(document)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
