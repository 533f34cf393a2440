"""Names that AWS wants unique in an account and Region, or in the world."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from offline.checks.block import Block
from offline.checks.generic import plain
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.kinds import kind_of, tokens_of
from offline.tables import rows

# A record or parameter that may take the place of another one.
_OVERWRITING = ("allowOverwrite", "overwrite")


@dataclass(frozen=True, slots=True)
class UniqueName:
    """`says`: AWS's error code, with a message if it has one of its own."""

    inputs: tuple[str, ...]
    says: str
    is_global: bool

    @property
    def what(self) -> str:
        return "this name" if len(self.inputs) == 1 else f"the same {', '.join(self.inputs)}"

    def of(self, args: Block) -> tuple[str, ...] | None:
        """The name that these inputs give; None while it, or a part of it, is not known."""
        parts = [_read(args, path) for path in self.inputs]
        return tuple(part or "" for part in parts) if parts[0] and None not in parts else None


def _read(args: Block, path: str) -> str | None:
    """A scalar, or a list of scalars as one text; empty if it is not given, None if it is not known."""
    block, key = args.inside(path)
    value = block.raw(key)
    if isinstance(value, (list, tuple)):
        return " ".join(sorted(map(str, value))) if block.settled(key) else None
    if value is None or isinstance(value, (str, int, float)):
        return "" if value is None else plain(value)
    return None


@cache
def unique_names() -> Mapping[str, UniqueName]:
    """Type to what names it."""
    return {
        kind.rstrip("!"): UniqueName(tuple(inputs.split()), says, kind.endswith("!"))
        for kind, inputs, says in rows("checks/names.txt", 3)
    }


def is_overwriting(args: Block) -> bool:
    return any(args.flag(name) for name in _OVERWRITING)


def name_problems(token: str, args: Block, planned: Planned) -> Iterator[Problem]:
    """A name that an earlier resource of this run has already; nothing while a part of the name is unknown."""
    kind = kind_of(token)
    unique = unique_names().get(kind)
    if unique is None or is_overwriting(args):
        return
    name = unique.of(args)
    place = "" if unique.is_global else _region(args)
    if name is None or place is None:
        return
    for same in tokens_of(kind):
        for urn, inputs in planned.of(same):
            other = Block(inputs)
            if unique.of(other) == name and (unique.is_global or _region(other) == place):
                owner = urn.rsplit("::", 1)[-1]
                rule = f"{owner} has {unique.what} already; it must be unique"
                yield args.problem(unique.inputs[0].split(".")[0], rule)
                return


def _region(args: Block) -> str | None:
    """Empty for the provider's; None while it is not known."""
    return None if args.unknown("region") else args.text("region") or ""
