"""Texts in YAML, read within bounds: a few bytes of it can stand for gigabytes, or for minutes."""

from pathlib import Path
from typing import Any, Final

import yaml

from policies.library.values import UNKNOWN, plain

DEPTH_MAX: Final = 100
"""Rules go through structures by recursion; no document of AWS is nested deeper."""
_NODES_MAX: Final = 200_000
"""With what aliases repeat: rules see a tree."""
_REFUSED: Final = (
    yaml.YAMLError,
    # What constructors of single values raise, such as those of `!!bool maybe` and `!!int ""`.
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Loader(yaml.CSafeLoader):
    """Dates, such as a policy's version, stay text: also those that no calendar has. libyaml reads brackets in linear
    time, which PyYAML's own parser does not."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str, loader: type[Loader] = Loader) -> Any:
    """The text as plain structures; `UNKNOWN` if it is no YAML, nested too deep, or too large with its aliases."""
    try:
        if not _is_bounded(text, loader):
            return UNKNOWN
        return plain(yaml.load(text, loader))
    except _REFUSED:
        return UNKNOWN


def _is_bounded(text: str, loader: type[Loader]) -> bool:
    """Whether the document is small enough to be built, and aliases name only what is complete before them."""
    depth = 0
    total = 0
    sizes: dict[str, int] = {}
    begun: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.AliasEvent):
            # One inside its own anchor would have no end.
            total += sizes.get(str(event.anchor), _NODES_MAX)
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            begun.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            anchor, before = begun.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if depth > DEPTH_MAX or total > _NODES_MAX:
            return False
    return True


class DamagedFileError(Exception):
    """A file of the packs that cannot be read; the message names file, line and mistake."""


def read_file(path: Path) -> Any:
    """The content of a YAML file that people write; dates stay text.

    Raises:
        DamagedFileError: it cannot be read, or says something twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_repeated_keys(yaml.compose(text, Loader) if _is_bounded(text, Loader) else None)
        content = load(text)
    except OSError as error:
        raise DamagedFileError(f"{path.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"{path.name}: cannot be read: must be UTF-8; byte {error.start + 1} is not") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise DamagedFileError(f"{path.name}{line}: cannot be read: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise DamagedFileError(f"{path.name}: cannot be read: {error}") from error
    if content is UNKNOWN:
        raise DamagedFileError(f"{path.name}: cannot be read: must be plain YAML, nested at most {DEPTH_MAX} deep")
    return content


def _refuse_repeated_keys(node: yaml.Node | None) -> None:
    """YAML takes the last one in silence."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item)
    if isinstance(node, yaml.MappingNode):
        first: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in first:
                raise yaml.MarkedYAMLError(problem=f"`{name}` is given twice", problem_mark=key.start_mark)
            first.add(name)
            _refuse_repeated_keys(value)
