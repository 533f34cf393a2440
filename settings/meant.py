"""The value that was probably meant where a stack file has one that the settings do not accept."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from settings.examples import Schema, entries_of, options, required_part, tag_of, variant_key

_YES = frozenset({"true", "yes", "on", "y", "1", "enabled", "enable"})
_NO = frozenset({"false", "no", "off", "n", "0", "disabled", "disable", "none", "null", ""})
_OFF_WORDS = ("off", "none", "closed")
"""Values that switch something off, where the settings have them."""

_MENDED: tuple[Callable[[str], str], ...] = (
    str.strip,
    lambda text: text.strip().lower(),
    lambda text: text.strip().upper(),
    lambda text: re.sub(r"[\s_]+", "-", text.strip().lower()),
    lambda text: re.sub(r"[\s-]+", "_", text.strip().lower()),
    # An address where a host name is wanted.
    lambda text: re.sub(r"^[a-z]+://|[/?#].*$|:\d+$", "", text.strip().lower()),
    lambda text: text.strip().rstrip("./"),
    lambda text: re.sub(r"^http://", "https://", text.strip()),
    lambda text: f"https://{text.strip()}",
    lambda text: f"/{text.strip().lstrip('/')}",
    lambda text: f"/{text.strip().strip('/')}",
    lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"),
    lambda text: re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_"),
    lambda text: re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", text).lower(),
    lambda text: re.sub(r"(?:^|[\s_-]+)([A-Za-z])", lambda found: found[1].upper(), text.strip()),
)
"""What people mix up in texts of a form, the least change first."""


def meant(received: Any, node: Schema, defs: Mapping[str, Schema]) -> Iterator[Any]:
    """Values that the schema accepts by type and form, the likeliest first."""
    seen: list[Any] = []
    for found in _meant(received, node, defs):
        if found != received and found not in seen:
            seen.append(found)
            yield found


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The one of the words that is meant, by another spelling, case or ending, or by a slip of the hand."""
    known = list(known)
    plain = {_plain(name): name for name in reversed(known)}
    if _plain(word) in plain:
        return plain[_plain(word)]
    begun = [name for name in known if len(_plain(word)) > 2 and _plain(name).startswith(_plain(word))]
    longer = [name for name in known if len(_plain(name)) > 2 and _plain(word).startswith(_plain(name))]
    if len(begun or longer) == 1:
        return (begun or longer)[0]
    near = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def holds(text: str, node: Schema) -> bool:
    """Whether the text has the form and length of the schema."""
    return (
        len(text) >= node.get("minLength", 0)
        and len(text) <= node.get("maxLength", len(text))
        and re.search(node.get("pattern", ""), text) is not None
    )


def _meant(received: Any, node: Schema, defs: Mapping[str, Schema]) -> Iterator[Any]:
    if (key := variant_key(node, defs)) is not None:
        yield from _member(received, node, key, defs)
        return
    for option in options(node, defs):
        kind = option.get("type")
        if "enum" in option or "const" in option:
            yield from _choice(received, option)
        elif kind == "boolean":
            yield from _truth(received)
        elif kind in ("integer", "number"):
            yield from _number(received, option, whole=kind == "integer")
        elif kind == "string":
            yield from _text(received, option)
        elif kind == "array":
            yield from _list(received, option, defs)
        elif kind == "object":
            yield from _object(received, option, defs)


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _word(received: Any) -> str:
    return "" if received is None else str(received).strip().lower()


def _truth(received: Any) -> Iterator[bool]:
    if isinstance(received, str | int | float):
        if _word(received) in _YES:
            yield True
        if _word(received) in _NO:
            yield False


def _choice(received: Any, node: Schema) -> Iterator[Any]:
    known = node["enum"] if "enum" in node else [node["const"]]
    if all(isinstance(value, int) for value in known):
        for number in _number(received, {}, whole=False) if isinstance(received, str) else [received]:
            if isinstance(number, int | float):
                yield min(known, key=lambda value: abs(value - number))
        return
    words = [value for value in known if isinstance(value, str)]
    if isinstance(received, bool):
        # Without quotes YAML may read a word as a truth value.
        same = (_YES if received else _NO) & {word.lower() for word in words}
        yield from (word for word in words if word.lower() in same)
    elif received is not None and not isinstance(received, dict | list):
        near = nearest_word(str(received), words)
        if near is not None and (_word(received) not in _YES | _NO or _plain(near) == _plain(str(received))):
            yield near
    yield from _switched(received, words)


def _switched(received: Any, words: list[str]) -> Iterator[str]:
    """`on` and `off`, in the words that the setting has for them."""
    off = [word for word in words if word in _OFF_WORDS]
    if received is None or isinstance(received, str | bool):
        if off and _word(received) in _NO:
            yield off[0]
        elif off and _word(received) in _YES:
            yield from (word for word in words if word not in off)


def _number(received: Any, node: Schema, *, whole: bool) -> Iterator[int | float]:
    number: int | float
    if isinstance(received, bool):
        return
    if isinstance(received, str):
        found = re.findall(r"-?\d+(?:[_,]\d{3})*(?:\.\d+)?", received) if len(received) < 60 else []
        if len(found) != 1:
            return
        digits = re.sub(r"[_,]", "", found[0])
        number = float(digits) if "." in digits else int(digits)
    elif isinstance(received, int | float):
        number = received
    else:
        return
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    low = above + 1 if low is None and above is not None and number <= above else low
    high = below - 1 if high is None and below is not None and number >= below else high
    bounded = min(max(number, number if low is None else low), number if high is None else high)
    if bounded != bounded or abs(bounded) == float("inf"):
        return
    step = node.get("multipleOf")
    bounded = round(bounded / step) * step if step else bounded
    yield round(bounded) if whole else bounded


def _text(received: Any, node: Schema) -> Iterator[str]:
    if isinstance(received, list) and len(received) == 1:
        received = received[0]
    if isinstance(received, bool) or not isinstance(received, str | int | float):
        return
    if isinstance(received, str) and "pattern" not in node and "format" not in node:
        return
    written = [received] if isinstance(received, str) else [str(received), _clock(received)]
    for text in written:
        for change in (str, *_MENDED):
            mended = change(text)
            if mended and holds(mended, node):
                yield mended


def _clock(number: float) -> str:
    """YAML 1.1 reads `12:30` as the number 750."""
    return f"{int(number // 60):02}:{int(number % 60):02}" if 0 <= number < 24 * 60 else ""


def _list(received: Any, node: Schema, defs: Mapping[str, Schema]) -> Iterator[list[Any]]:
    if isinstance(received, list):
        # Each entry that cannot stay has a problem of its own; here is one too many, or one too few.
        yield received[: node.get("maxItems", len(received))]
        return
    items = node.get("items", {})
    if isinstance(received, str):
        parts = [part for part in re.split(r"[\s,;]+", received.strip("[] \n")) if part]
    elif isinstance(received, int | float):
        parts = [received]
    else:
        return
    found: list[Any] = []
    for part in parts:
        found.append(next(_meant(part, items, defs), part))
    if found:
        yield found
    if isinstance(received, str) and received and [received] != found:
        yield [received]


def _object(received: Any, node: Schema, defs: Mapping[str, Schema]) -> Iterator[dict[str, Any]]:
    if isinstance(received, list) and received and all(isinstance(item, dict) for item in received):
        yield {key: value for item in received for key, value in item.items()}
    required = node.get("required", ())
    # The one that must be given, or the one that names a thing which exists.
    single = required if len(required) == 1 else [key for key in node.get("properties", ()) if key == "arn"]
    if single and not isinstance(received, dict | list) and received is not None:
        field = node["properties"][single[0]]
        if any(option.get("type") == "string" and holds(str(received), option) for option in options(field, defs)):
            yield {single[0]: received}
    if received is None and (entries_of(node) is not None or not required):
        yield {}


def _member(received: Any, node: Schema, key: str, defs: Mapping[str, Schema]) -> Iterator[dict[str, Any]]:
    """Members of a union told apart by `key`: by the word given in its place, or by the keys given beside it."""
    members = {tag_of(option, key): option for option in options(node, defs)}
    if isinstance(received, dict):
        if key not in received:
            others = set(received)
            yield from ({key: tag, **received} for tag, one in members.items() if others <= set(one["properties"]))
        return
    if isinstance(received, list):
        return
    for tag in _choice(received, {"enum": list(members)}):
        yield {**required_part(members[tag], defs), key: tag}
