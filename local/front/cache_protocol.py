"""Requests and replies of Valkey's protocol, one at a time.

https://valkey.io/topics/protocol/
"""

import asyncio
from typing import Final

_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of an argument."""
_MOST: Final = 100_000
"""Arguments of a command."""
_PAIRS: Final = b"%|"
_SEQUENCES: Final = b"*~>" + _PAIRS
_BULKS: Final = b"$!="


class ProtocolError(Exception):
    """What a peer sent is not of the protocol."""


async def read_command(reader: asyncio.StreamReader) -> list[bytes] | None:
    """Name and arguments of a command; None at the end of the connection.

    Raises:
        ProtocolError: it is not an array of strings, or too large.
    """
    line = await _line(reader)
    if line is None:
        return None
    count = _number(line, b"*", _MOST)
    parts: list[bytes] = []
    for _ in range(count):
        head = await _line(reader)
        size = _number(head or b"", b"$", _LONGEST)
        parts.append((await reader.readexactly(size + 2))[:-2])
    return parts


async def read_reply(reader: asyncio.StreamReader) -> bytes:
    """A whole reply as it was sent, with pushed messages before it.

    Raises:
        ProtocolError: the connection ended, or it is not a reply.
    """
    line = await _line(reader)
    if line is None:
        raise ProtocolError("the connection has ended")
    kind, size = line[:1], line[1:]
    whole = line + b"\r\n"
    if kind in _BULKS and size != b"-1":
        return whole + await reader.readexactly(int(size) + 2)
    if kind in _SEQUENCES and size != b"-1":
        count = int(size) * (2 if kind in _PAIRS else 1)
        whole += b"".join([await read_reply(reader) for _ in range(count)])
    # Attributes and pushed messages come before a reply.
    return whole + await read_reply(reader) if kind in b"|>" else whole


def command(*parts: str | bytes) -> bytes:
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in raw)


def reply(value: object) -> bytes:
    """A reply of the second version of the protocol, which clients of the third read, too."""
    match value:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % value
        case list():
            return b"*%d\r\n" % len(value) + b"".join(map(reply, value))
        case dict():
            return reply([part for pair in value.items() for part in pair])
    raw = str(value).encode()
    return b"$%d\r\n%s\r\n" % (len(raw), raw)


def error(text: str) -> bytes:
    return f"-{text}\r\n".encode()


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise ProtocolError("the connection ended within a line") from None
        return None
    except asyncio.LimitOverrunError:
        raise ProtocolError("a line is too long") from None


def _number(line: bytes, kind: bytes, most: int) -> int:
    digits = line[1:]
    if line[:1] != kind or not digits.isdigit() or not int(digits) <= most:
        raise ProtocolError(f"expected {kind.decode()} and a number of at most {most}")
    return int(digits)
