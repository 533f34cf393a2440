"""Files that somebody may have damaged: read with messages that name them, written whole or not at all."""

import fcntl
import json
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import yaml

from offline.errors import OfflineError

_MOST_NODES: Final = 200_000
"""Values that a file may hold once its aliases are copied out; a stack file has some 2,000."""
_DEEPEST: Final = 64
"""Lists and mappings within each other; those of a stack file are 10 deep."""
_WIDEST: Final = 1024
"""Bits of the largest number that the engine keeps, a double."""
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map", "merge", "value")
)


def read_text(path: Path, shown: str = "") -> str:
    """
    Args:
        shown: How messages call the file; its path if not given.

    Raises:
        OfflineError: it is no file that can be read, or is not UTF-8.
    """
    name = shown or str(path)
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            raise OfflineError(f"{name} is {_kind(kind)}, but must be a file")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise OfflineError(f"{name} is not valid YAML, JSON or text, for it is not UTF-8: {problem}") from None
    except OSError as problem:
        raise OfflineError(f"{name} cannot be read: {problem.strerror}{_target(path)}") from None


def _kind(mode: int) -> str:
    return "a folder" if stat.S_ISDIR(mode) else "a pipe or device"


def _target(path: Path) -> str:
    return f" (it is a link to {path.readlink()})" if path.is_symlink() else ""


def read_json(path: Path) -> Any:
    """
    Raises:
        OfflineError: it cannot be read, or is not JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except ValueError as problem:
        raise OfflineError(f"{path} is not valid JSON: {problem}") from None
    except RecursionError:
        raise OfflineError(f"{path} is not valid JSON: its lists or mappings are nested too deep") from None


def read_yaml(path: Path, shown: str = "") -> dict[str, Any]:
    """A file that holds one mapping.

    Args:
        shown: How messages call the file; its path if not given.

    Raises:
        OfflineError: it cannot be read, or holds something else.
    """
    name = shown or str(path)
    text = read_text(path, name)
    try:
        content = _Loader(text).get_single_data()
    except yaml.YAMLError as problem:
        told = str(problem).replace("<unicode string>", path.name)
        raise OfflineError(f"{name} is not valid YAML: {told}\nNothing was planned or changed.") from None
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds {content!r:.60}"
        raise OfflineError(f"{name} {found}; it must be a mapping of keys to values.")
    return content


class _Loader(yaml.SafeLoader):
    """Refuses what Pulumi refuses or reads otherwise: keys given twice, aliases that multiply; dates stay text."""

    _depth = 0

    def get_single_data(self) -> Any:
        node = self.get_single_node()
        if node is None:
            return None
        _size(node, {})
        return self.construct_document(node)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _marked(f"more than {_DEEPEST} lists and mappings within each other", self.peek_event())
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag not in _TAGS:
            raise _marked(f"the tag {node.tag} means nothing here", node)
        try:
            made = super().construct_object(node, deep=deep)
        except (ValueError, LookupError, TypeError, AttributeError) as problem:
            raise _marked(f"`{node.value!s:.40}` is no {node.tag.rpartition(':')[2]}: {problem!s:.80}", node) from None
        why = _unfit(made)
        if why:
            raise _marked(why, node)
        return made

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _marked(f"`{key.value}` is given twice", key)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _unfit(value: Any) -> str:
    """Why the engine cannot keep a value; empty if it can."""
    match value:
        case int() if value.bit_length() > _WIDEST:
            return f"a number of more than {_WIDEST} bits; put it between quotes if it is text"
        case float() if not math.isfinite(value):
            return "infinity and `nan` are no numbers of a setting; put it between quotes if it is text"
        case str() if any("\ud800" <= letter <= "\udfff" for letter in value):
            return "half a surrogate pair is no character"
    return ""


# A date is text, as in Pulumi; PyYAML fails on one that the calendar does not have.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _marked(problem: str, place: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Number of values below a node, aliases copied out."""
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise _marked("an alias contains itself", node)
        return sizes[id(node)]
    sizes[id(node)] = 0
    size = 1
    if isinstance(node, yaml.CollectionNode):
        for item in node.value:
            size += sum(_size(one, sizes) for one in (item if isinstance(item, tuple) else (item,)))
    if size > _MOST_NODES:
        raise _marked(f"its aliases stand for more than {_MOST_NODES:,} values", node)
    sizes[id(node)] = size
    return size


def write(path: Path, content: str | bytes) -> None:
    """Write a file that only its user may read, whole or not at all: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock file; another process waits. It is free as soon as its holder ends, however that ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Content of a file that is made if it does not exist; of several processes that make it, the first one wins."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        write(fresh, make())
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
