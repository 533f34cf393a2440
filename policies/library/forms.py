"""Resources written in another form than pulumi-aws's own, in the form that rules read.

Cloud Control (`aws:cloudcontrol/resource:Resource`, a CloudFormation type with its state as JSON text) and aws-native
(`aws-native:s3:Bucket`) both carry the properties of CloudFormation, spelled `KMSMasterKeyID` by one and
`kmsMasterKeyId` by the other; so do the templates of CloudFormation stacks (`templates.py`). Old tokens of pulumi-aws
spell blocks in the plural. A `Form` says of a type which kind it is, and where the properties are that rules name; what
has the same name, apart from upper and lower case, needs no word. `cloudformation.py` has the forms.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from policies.library.documents import parse
from policies.library.folded import EACH, Folded, Unread, copy_of, extract, fold, put, tokens_of
from policies.library.templates import STACKS, entries, urn_of
from policies.library.values import MISSING, UNKNOWN, as_list, python_name

if TYPE_CHECKING:
    from policies.library.resources import Resource

CLOUD_CONTROL: Final = "aws:cloudcontrol/resource:Resource"
_NATIVE: Final = re.compile(r"^aws-native:(?P<service>[^:/]+)(/[^:]+)?:(?P<member>[^:]+)$")
_WORD: Final = re.compile(r"[A-Z]+s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


class Shaped(NamedTuple):
    """A property whose value, and not only its name, has another form; `shape` gets known values only."""

    source: str
    shape: Callable[[Any], Any]


Moves = Mapping[str, "str | Shaped"]


@dataclass(frozen=True)
class Part:
    """A resource of its own for rules, which the other form writes as a property of another."""

    kind: str
    at: str
    """Where it is written: an object, or with `[]` at the end one for each item of a list."""
    link: str
    """Its property that names the resource in which it is written; empty when it has none."""
    moves: Moves = field(default_factory=dict)
    """From its own object."""
    shared: Moves = field(default_factory=dict)
    """From the object of the whole resource."""


@dataclass(frozen=True)
class Form:
    kind: str
    moves: Moves = field(default_factory=dict)
    """Property as rules name it -> as the form does; `[]` stands for every item of a list on both sides."""
    parts: tuple[Part, ...] = ()
    lift: str = ""
    """The property that holds all others."""
    tags: str = "Tags"
    """Tags, as a map or a list of keys and values; empty when the type has none."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Values of properties that are left out of a block, where they are others than pulumi-aws's."""


def _source(move: "str | Shaped") -> str:
    return move.source if isinstance(move, Shaped) else move


def _move(target: Folded, origin: Any, moves: Moves) -> None:
    for path, move in moves.items():
        value = extract(origin, tokens_of(_source(move)))
        if isinstance(move, Shaped) and value is not MISSING and value is not UNKNOWN:
            value = move.shape(value)
        put(target, tokens_of(path), copy_of(value))


def _tag_map(value: Any) -> Any:
    """Tags as a map, given as one or as a list of keys and values."""
    if value is UNKNOWN or isinstance(value, dict):
        return value
    pairs = [(extract(item, ["Key"]), extract(item, ["Value"])) for item in as_list(value)]
    if any(not isinstance(key, str) for key, _ in pairs):
        return UNKNOWN
    return {key: item for key, item in pairs if isinstance(key, str)}


class _Edges(Mapping[str, tuple[str, ...]]):
    """Dependencies by the names that rules use, where the engine knows them by those of the program."""

    def __init__(self, find: Callable[[str], tuple[str, ...]]) -> None:
        self._find = find

    def __getitem__(self, key: str) -> tuple[str, ...]:
        return self._find(key)

    def get(self, key: str, default: Any = ()) -> Any:
        return self._find(key) or default

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Spelling(NamedTuple):
    """What is needed to name a property as the program does."""

    moves: Moves
    prefix: str
    """Where the object stands that the moves start from."""
    tree: Any
    document: str = ""
    """The property whose text the object is part of, a desired state or a template; empty for names of an SDK."""

    def __call__(self, path: str, needed: bool) -> str | None:
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
        """Source of a pattern that is moved, or that lies below or above one that is."""
        sources = {path: _source(move) for path, move in sorted(self.moves.items(), key=lambda item: -len(item[0]))}
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
        """A path with every member as the program writes it; members it lacks in the manner of the others."""
        spelled = _forms().spelled
        node: Any = self.tree
        text = ""
        for token in tokens_of(path):
            if token.startswith("["):
                text += token
                node = extract(node, [token])
                continue
            name = node.key(token) if isinstance(node, Folded) else None
            node = MISSING if name is None else node.get(name)
            stated = spelled.get(token.lower(), token[:1].upper() + token[1:])
            ours = stated if self.document else sdk_name(token)
            text += ("." if text else "") + (name or ours)
        return text


def sdk_name(name: str) -> str:
    """A name of CloudFormation as aws-native spells it: `SSESpecification` as `sseSpecification`."""
    words = _WORD.findall(name)
    return "".join(words[:1]).lower() + "".join(word[:1].upper() + word[1:].lower() for word in words[1:])


class _Forms(NamedTuple):
    by_type: Mapping[str, Form]
    """By the type of CloudFormation in lower case."""
    by_token: Mapping[str, Form]
    spelled: Mapping[str, str]
    """Names of properties by their lower case, where they are no plain words."""


@lru_cache(maxsize=1)
def _forms() -> _Forms:
    # The tables are made of the classes above.
    from policies.library.cloudformation import ABBREVIATED, FORMS, TOKENS

    return _Forms({name.lower(): form for name, form in FORMS.items()}, TOKENS, {n.lower(): n for n in ABBREVIATED})


def translate(resource: "Resource") -> "tuple[Resource, ...]":
    """The resource as rules read it, and its parts that are resources of their own to them."""
    by_type, by_token, _ = _forms()
    if resource.type in STACKS and not resource.as_kind:
        return (resource, *_templated(resource, by_type))
    if resource.type in by_token:
        return (_renamed(resource, by_token[resource.type]),)
    if resource.type == CLOUD_CONTROL:
        named = resource.props.get("typeName")
        if named is UNKNOWN and not resource.as_kind:
            # It may be what another resource lacks.
            held = resource.property_dependencies.get("desiredState", ())
            edges = _Edges(lambda _: held)
            return (
                replace(
                    resource,
                    load=Unread,
                    inputs=None,
                    as_kind=resource.kind,
                    unread="typeName",
                    property_dependencies=edges,
                ),
            )
    else:
        match = _NATIVE.match(resource.type)
        named = f"AWS::{match['service']}::{match['member']}" if match else None
    found = by_type.get(named.lower()) if isinstance(named, str) else None
    return (resource,) if found is None or resource.as_kind else tuple(_translated(resource, found))


def _templated(stack: "Resource", by_type: Mapping[str, Form]) -> "Iterator[Resource]":
    """What the template of a CloudFormation stack makes, as if each were a resource of Cloud Control."""
    for entry in entries(stack):
        form = by_type.get(entry.type.lower())
        if form is None:
            continue
        stated = replace(
            stack,
            urn=urn_of(stack, entry.name),
            type=CLOUD_CONTROL,
            load=lambda entry=entry: {"typeName": entry.type, "desiredState": entry.properties},
            inputs=None,
            parent=stack.urn,
            dependencies=tuple(urn for urns in entry.edges.values() for urn in urns),
            property_dependencies=entry.edges,
            protect=stack.protect or entry.retained,
            within=f"Resources.{entry.name}",
        )
        for part in _translated(stated, form):
            yield replace(part, part_of=stack)


def _roots(moves: Moves, key: str) -> set[str]:
    """First members of the sources from which a property of rules is made."""
    return {tokens_of(_source(move))[0] for path, move in moves.items() if tokens_of(path)[0] == key and _source(move)}


def _renamed(resource: "Resource", form: Form) -> "Resource":
    """A resource of an old token of pulumi-aws."""
    tree = fold(resource.props)

    def load() -> Folded:
        target = copy_of(tree)
        _move(target, tree, form.moves)
        return target

    def find(key: str) -> tuple[str, ...]:
        edges = resource.property_dependencies
        return tuple(urn for root in sorted({key} | _roots(form.moves, key)) for urn in edges.get(root, ()))

    return replace(
        resource,
        load=load,
        inputs=None,
        as_kind=form.kind,
        spell=_Spelling(form.moves, "", tree),
        property_dependencies=_Edges(find),
    )


def _translated(resource: "Resource", form: Form) -> "Iterator[Resource]":
    control = resource.type == CLOUD_CONTROL
    document = "templateBody" if resource.within else "desiredState" if control else ""
    state: Any = parse(resource.props.get("desiredState", MISSING)) if control else resource.props
    known = isinstance(state, dict) or state is MISSING
    whole = fold(state) if isinstance(state, dict) else Folded() if known else Unread()
    tree: Any = whole if isinstance(whole, Unread) else extract(whole, tokens_of(form.lift))
    if not isinstance(tree, Folded):
        tree = Folded() if tree is MISSING else Unread()

    def edges(roots: set[str]) -> tuple[str, ...]:
        wanted = {"desiredstate"} if document == "desiredState" else {root.lower() for root in roots}
        return tuple(
            urn for key, urns in resource.property_dependencies.items() if key.lower() in wanted for urn in urns
        )

    def load() -> Folded:
        if isinstance(tree, Unread):
            return tree
        target = copy_of(tree)
        _move(target, tree, form.moves)
        for path, value in form.defaults.items():
            *block, member = tokens_of(path)
            holder = extract(target, block)
            if isinstance(holder, Folded) and member not in holder:
                holder[member] = value
        if form.tags:
            target["tags"] = target["tagsAll"] = _tag_map(whole.get(form.tags, MISSING))
        for key, value in _told(resource, control).items():
            if key not in target:
                target[key] = value
        if control and "region" in resource.props:
            target["region"] = resource.props["region"]
        return target

    main = replace(
        resource,
        load=load,
        inputs=None,
        as_kind=form.kind,
        unread="" if known else "desiredState",
        load_provider=lambda: _provider(resource, control),
        spell=_Spelling(form.moves, form.lift, whole, document),
        property_dependencies=_Edges(
            lambda key: edges({tokens_of(form.lift)[0]} if form.lift else {key} | _roots(form.moves, key))
        ),
    )
    yield main
    for part in form.parts:
        listed = part.at.endswith(EACH)
        place = ".".join(filter(None, (form.lift, part.at.removesuffix(EACH))))
        value = extract(whole, tokens_of(place))
        for number, item in enumerate(as_list(value) if listed else [value]):
            if item is MISSING or item is None:
                continue
            where = f"{place}[{number}]" if isinstance(value, list) else place

            def find(key: str, part: Part = part, place: str = place) -> tuple[str, ...]:
                if key == part.link:
                    return (main.urn,)
                return edges(_roots(part.shared, key) or {tokens_of(place)[0]})

            yield replace(
                main,
                urn=f"{main.urn}#{where}",
                load=lambda part=part, item=item: _part_props(part, item, tree),
                as_kind=part.kind,
                part_of=main,
                spell=_Spelling(part.moves, where, whole, document),
                property_dependencies=_Edges(find),
            )


def _part_props(part: Part, item: Any, tree: Folded) -> Folded:
    if item is UNKNOWN or isinstance(item, Unread):
        return Unread()
    props = copy_of(item) if isinstance(item, Folded) else Folded()
    _move(props, item, part.moves)
    _move(props, tree, part.shared)
    if part.link:
        props[part.link] = UNKNOWN
    return props


def _told(resource: "Resource", control: bool) -> dict[str, Any]:
    """What AWS made up for a resource and others name it by: its id, ARN and URL."""
    told: dict[str, Any] = {"id": resource.outputs.get("id")}
    stated = parse(resource.outputs.get("properties", MISSING)) if control else resource.outputs
    given = resource.inputs if resource.inputs is not None else frozenset(resource.outputs)
    for key, value in stated.items() if isinstance(stated, dict) else ():
        for end in ("arn", "url"):
            if key.lower() == end or (key.lower().endswith(end) and (control or key not in given)):
                told.setdefault(end, value)
    return {key: value for key, value in told.items() if isinstance(value, str) and value}


def _provider(resource: "Resource", control: bool) -> dict[str, Any]:
    """Settings of the provider; default tags of pulumi-aws do not reach what is written in a desired state."""
    settings = {key: value for key, value in resource.provider.items() if key != "defaultTags"}
    tags = MISSING if control else parse(resource.provider.get("defaultTags", MISSING))
    if tags is not MISSING:
        tags = fold(tags)
        settings["defaultTags"] = {"tags": _tag_map(tags.get("tags", tags) if isinstance(tags, Folded) else tags)}
    return settings
