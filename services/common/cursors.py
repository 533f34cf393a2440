"""Cursors of lists: opaque to clients, and checked, since nothing keeps a client from making one up."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from services.common.problems import ProblemError

_FORM = re.compile(r"[A-Za-z0-9_-]{1,1024}")

CursorText = Annotated[str | None, Query(alias="cursor")]
"""Query parameter `cursor` of a route."""


def encode(*values: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def decode(cursor: str, *types: type[str] | type[int]) -> Sequence[Any]:
    """Values of a cursor.

    Raises:
        ProblemError: 400 `bad-cursor`, it does not hold values of these types.
    """
    try:
        if not _FORM.fullmatch(cursor):
            raise ValueError("letters")
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(types):
        raise bad_cursor()
    if any(isinstance(value, str) and not _is_key(value) for value in values):
        raise bad_cursor()
    return values


def bad_cursor() -> ProblemError:
    """400: the cursor is none of this list's."""
    return ProblemError(400, "the cursor is none that this list has given", kind="bad-cursor")


def _is_key(value: str) -> bool:
    """Whether DynamoDB takes it in a key: not empty, and text."""
    return bool(value) and value.isprintable()
