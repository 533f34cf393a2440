"""One step, and what exists around it at that moment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from offline.aws.cloud import Cloud, Resource
from offline.aws.steps.run import Run
from offline.checks.block import Block
from offline.kinds import kind_of, tokens_of

Operation = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another resource; in a preview as the updates announced so far would leave it."""

    kind: str
    id: str
    arn: str
    urn: str
    status: str
    inputs: Block
    outputs: Block
    stays: bool
    """False for the predecessor in a preview if nothing tells whether it is deleted before or after this creation: a
    program can say so (`delete_before_replace`), and the engine does not pass it on."""


@dataclass(frozen=True, slots=True)
class Around:
    """What exists in the account and Region, without the resource itself and without what leaves before."""

    cloud: Cloud
    run: Run
    account: str
    region: str
    is_preview: bool
    itself: Resource | None
    """What is updated or deleted; None for a creation."""
    predecessor: Resource | None
    """What a creation replaces, if that still exists."""
    is_replacement: bool

    def all(self, *kinds: str) -> Iterator[Neighbour]:
        yield from self._neighbours(self.cloud.all(*_tokens(kinds), account=self.account))

    def called(self, name: str, *kinds: str) -> Iterator[Neighbour]:
        """Those for which a name, id or ARN stands; also what waits for its deletion."""
        yield from self._neighbours(self.cloud.called(name, *_tokens(kinds), account=self.account))

    def named(self, name: str | None, kind: str) -> Neighbour | None:
        return next(self.called(name, kind), None) if name else None

    def anywhere(self, name: str | None, kind: str) -> Neighbour | None:
        """Like `named`, in all Regions."""
        found = self.cloud.called(name, *tokens_of(kind), account=self.account) if name else []
        return next(self._neighbours(found, everywhere=True), None)

    def mentioning(self, text: str | None, *kinds: str) -> Iterator[Neighbour]:
        """Those that have this text, an id for instance, in an input."""
        if not text:
            return
        tokens = _tokens(kinds)
        found = self.cloud.mentioning(text, *tokens, account=self.account)
        if self.is_preview:
            known = {one.key for one in found}
            updated = [self.cloud.find(*key, account=self.account) for key in self.run.all_wanted() if key[0] in tokens]
            found += [one for one in updated if one and one.key not in known]
        for neighbour in self._neighbours(found):
            if any(text == mentioned for _, mentioned in neighbour.inputs.mentions()):
                yield neighbour

    def users(self, *kinds: str) -> Iterator[Neighbour]:
        """Those that mention the resource itself by its id or ARN."""
        names = {self.itself.id, self.itself.arn} if self.itself else set()
        seen = set()
        for name in sorted(filter(None, names)):
            for user in self.mentioning(name, *kinds):
                if user.id not in seen:
                    seen.add(user.id)
                    yield user

    def is_replaced(self, neighbour: Neighbour) -> bool:
        """Whether this preview has announced a replacement."""
        return self.is_preview and any(
            self.run.is_replaced((token, neighbour.id)) for token in tokens_of(neighbour.kind)
        )

    def is_new(self, neighbour: Neighbour) -> bool:
        """Whether this run has made it."""
        return any(self.run.is_made((token, neighbour.id)) for token in tokens_of(neighbour.kind))

    def was_deleted(self, identifier: str) -> bool:
        return self.cloud.was_deleted(identifier, account=self.account)

    def _neighbours(self, resources: Iterable[Resource], *, everywhere: bool = False) -> Iterator[Neighbour]:
        for found in resources:
            key = (found.token, found.id)
            if self.itself is not None and found.key == self.itself.key:
                continue
            if not everywhere and found.region not in ("", self.region):
                continue
            if self.is_preview and self.run.is_leaving(key):
                continue
            wanted = self.run.wanted(key) if self.is_preview else None
            yield Neighbour(
                kind_of(found.token),
                found.id,
                found.arn,
                found.urn,
                found.status,
                Block(found.inputs if wanted is None else wanted),
                Block(found.outputs),
                not self.is_preview or not self._is_leaf_to_replace(found),
            )

    def _is_leaf_to_replace(self, found: Resource) -> bool:
        """The engine asks for the dependents of what goes first; without dependents it is silent either way."""
        predecessor = self.predecessor
        return predecessor is not None and found.key == predecessor.key and not self.cloud.users(found)


def _tokens(kinds: Iterable[str]) -> list[str]:
    return [token for kind in kinds for token in tokens_of(kind)]


@dataclass(frozen=True, slots=True)
class Step:
    """`old` is empty for a creation, `new` for a deletion. Parts of `new` are unknown in a preview."""

    kind: str
    operation: Operation
    old: Block
    new: Block
    around: Around

    def changes(self, name: str) -> bool:
        """Whether an input is another one than before; not while it is unknown."""
        return self.new.settled(name) and self.old.raw(name) != self.new.raw(name)


Rule = Callable[[Step], Iterator[str]]
RULES: dict[tuple[str, Operation], list[Rule]] = {}


def step_rule(*kinds: str, on: Iterable[Operation]) -> Callable[[Rule], Rule]:
    """Registers a rule. It yields AWS's refusals, code first; its docstring is the AWS source."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            for operation in on:
                RULES.setdefault((kind, operation), []).append(function)
        return function

    return register
