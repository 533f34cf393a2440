"""Paths of properties as a program writes them, for resources in another form than pulumi-aws's."""

import re
from typing import Any, Final, NamedTuple

from policies.library.cloudformation import ABBREVIATED
from policies.library.folded import EACH, Folded, extract, tokens_of
from policies.library.forms import Moves, source_of
from policies.library.values import MISSING, python_name

_SPELLED: Final = {name.lower(): name for name in ABBREVIATED}
_WORD: Final = re.compile(r"[A-Z]+s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


class SourcePath(NamedTuple):
    """Finds the path at which the program writes a property that a rule names."""

    moves: Moves
    prefix: str
    """Path of the object from which the moves start."""
    tree: Any
    document: str = ""
    """The property with the object as text, a desired state or a template; empty for names of an SDK."""

    def __call__(self, path: str, needed: bool) -> str | None:
        """The path in the program; None if the program's form has no such property and none is needed."""
        numbers = re.findall(r"\[\d+\]", path)
        pattern = re.sub(r"\[\d+\]", "[]", path)
        moved = self._moved(pattern)
        found = ".".join(part for part in (self.prefix, pattern if moved is None else moved) if part)
        root = tokens_of(self.prefix) + tokens_of(pattern)[:1]
        if moved is None and not needed and extract(self.tree, root) is MISSING:
            return None
        for number in numbers:
            found = found.replace("[]", number, 1)
        spelled = self._in_case(found.replace("[]", ""))
        if self.document:
            return f"{spelled} in {self.document} ({python_name(self.document)})"
        snake = python_name(spelled)
        return spelled if snake == spelled else f"{spelled} ({snake})"

    def _moved(self, pattern: str) -> str | None:
        """Source of a pattern that is moved, or is below or above a moved one."""
        sources = {path: source_of(move) for path, move in sorted(self.moves.items(), key=lambda item: -len(item[0]))}
        for path, source in sources.items():
            if pattern == path or pattern.startswith((f"{path}.", f"{path}[")):
                return source + pattern[len(path) :]
        for path, source in sources.items():
            if path.replace("[]", "") == pattern.replace("[]", ""):
                return source
        for path, source in sources.items():
            if path.startswith((f"{pattern}.", f"{pattern}[]")):
                deeper = len([token for token in tokens_of(path[len(pattern) :]) if token != EACH])
                steps = source.split(".")
                if len(steps) > deeper:
                    return ".".join(steps[:-deeper]).removesuffix(EACH)
        return None

    def _in_case(self, path: str) -> str:
        """A path with every member as the program writes it; missing members are spelled like the others."""
        node: Any = self.tree
        text = ""
        for token in tokens_of(path):
            if token.startswith("["):
                text += token
                node = extract(node, [token])
                continue
            name = node.key(token) if isinstance(node, Folded) else None
            node = MISSING if name is None else node.get(name)
            stated = _SPELLED.get(token.lower(), token[:1].upper() + token[1:])
            ours = stated if self.document else sdk_name(token)
            text += ("." if text else "") + (name or ours)
        return text


def sdk_name(name: str) -> str:
    """A CloudFormation name as aws-native spells it: `SSESpecification` as `sseSpecification`."""
    words = _WORD.findall(name)
    return "".join(words[:1]).lower() + "".join(word[:1].upper() + word[1:].lower() for word in words[1:])
