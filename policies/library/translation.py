"""Resources written in another form than pulumi-aws's own, in the form that rules read.

Cloud Control (`aws:cloudcontrol/resource:Resource`, a CloudFormation type with its state as JSON text) and aws-native
(`aws-native:s3:Bucket`) both carry the properties of CloudFormation, spelled `KMSMasterKeyID` by one and
`kmsMasterKeyId` by the other; so do the templates of CloudFormation stacks (`templates.py`). Dynamic providers of the
program (`pulumi-python:dynamic/personalize:DatasetGroup`) spell them as aws-native does. Old tokens of pulumi-aws spell
blocks in the plural. A `Form` gives the kind of a type and the places of the properties that rules name; a property
whose name differs in upper and lower case only needs no entry.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from policies.library.cloudformation import FORMS, TOKENS
from policies.library.documents import parse
from policies.library.folded import EACH, Folded, Unread, copy_of, extract, fold, put, tokens_of
from policies.library.forms import Form, Moves, Part, Shaped, source_of
from policies.library.resources import Origin, Resource
from policies.library.source_paths import SourcePath
from policies.library.templates import STACKS, entries, urn_of
from policies.library.values import MISSING, UNKNOWN, as_list

CLOUD_CONTROL: Final = "aws:cloudcontrol/resource:Resource"
_NATIVE: Final = re.compile(
    r"^(aws-native:(?P<service>[^:/]+)(/[^:]+)?|pulumi-python:dynamic/(?P<dynamic>[^:/]+)):(?P<member>[^:]+)$"
)
_BY_TYPE: Final = {name.lower(): form for name, form in FORMS.items()}


def translate(resource: Resource) -> tuple[Resource, ...]:
    """The resource as rules read it, and its parts that rules judge as separate resources."""
    if resource.type in STACKS:
        return (resource, *_templated(resource))
    if resource.type in TOKENS:
        return (_renamed(resource, TOKENS[resource.type]),)
    if resource.type == CLOUD_CONTROL:
        named = resource.props.get("typeName")
        if named is UNKNOWN:
            # It may be of the kind that a rule needs beside one of its dependencies.
            held = resource.property_dependencies.get("desiredState", ())
            origin = Origin(kind=resource.kind, unread="typeName", sources=lambda _: held)
            return (replace(resource, load=Unread, inputs=None, origin=origin),)
    else:
        match = _NATIVE.match(resource.type)
        named = f"AWS::{match['service'] or match['dynamic']}::{match['member']}" if match else None
    form = _BY_TYPE.get(named.lower()) if isinstance(named, str) else None
    return tuple(_Translation(resource, form).resources()) if form else (resource,)


def _templated(stack: Resource) -> Iterator[Resource]:
    """The resources of a CloudFormation stack's template, each as if from Cloud Control."""
    for entry in entries(stack):
        form = _BY_TYPE.get(entry.type.lower())
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
        )
        yield from _Translation(stated, form, stack, f"Resources.{entry.name}").resources()


def _renamed(resource: Resource, form: Form) -> Resource:
    """A resource with an old token of pulumi-aws."""
    tree = fold(resource.props)

    def load() -> Folded:
        target = copy_of(tree)
        _move(target, tree, form.moves)
        return target

    def sources(key: str) -> tuple[str, ...]:
        edges = resource.property_dependencies
        return tuple(urn for root in sorted({key} | _roots(form.moves, key)) for urn in edges.get(root, ()))

    origin = Origin(kind=form.kind, sources=sources, source_path=SourcePath(form.moves, "", tree))
    return replace(resource, load=load, inputs=None, origin=origin)


class _Translation:
    """One CloudFormation resource in the form that rules read, and its parts."""

    def __init__(self, resource: Resource, form: Form, stack: Resource | None = None, within: str = "") -> None:
        """Read the state that the program declares.

        Args:
            resource: Of Cloud Control or aws-native; an entry of a template as one of Cloud Control.
            form: Of its type.
            stack: The CloudFormation stack with the entry in its template.
            within: Path in the stack.
        """
        self._resource, self._form, self._stack, self._within = resource, form, stack, within
        self._control = resource.type == CLOUD_CONTROL
        self._document = "templateBody" if within else "desiredState" if self._control else ""
        state: Any = parse(resource.props.get("desiredState", MISSING)) if self._control else resource.props
        self._known = isinstance(state, dict) or state is MISSING
        self._whole: Folded = fold(state) if isinstance(state, dict) else Folded() if self._known else Unread()
        tree: Any = self._whole
        if not isinstance(tree, Unread):
            tree = extract(tree, tokens_of(form.lift))
        if not isinstance(tree, Folded):
            tree = Folded() if tree is MISSING else Unread()
        self._tree: Folded = tree

    def resources(self) -> Iterator[Resource]:
        form = self._form
        lifted = {tokens_of(form.lift)[0]} if form.lift else None
        main = replace(
            self._resource,
            load=self._props,
            inputs=None,
            load_provider=self._provider,
            origin=Origin(
                kind=form.kind,
                part_of=self._stack,
                within=self._within,
                unread="" if self._known else "desiredState",
                source_path=self._source_path(form.moves, form.lift),
                sources=lambda key: self._sources(lifted or {key} | _roots(form.moves, key)),
            ),
        )
        yield main
        for part in form.parts:
            yield from self._parts(main, part)

    def _parts(self, main: Resource, part: Part) -> Iterator[Resource]:
        place = ".".join(filter(None, (self._form.lift, part.at.removesuffix(EACH))))
        value = extract(self._whole, tokens_of(place))

        def sources(key: str) -> tuple[str, ...]:
            if key == part.link:
                return (main.urn,)
            return self._sources(_roots(part.shared, key) or {tokens_of(place)[0]})

        for number, item in enumerate(as_list(value) if part.at.endswith(EACH) else [value]):
            if item is MISSING or item is None:
                continue
            where = f"{place}[{number}]" if isinstance(value, list) else place
            origin = replace(
                main.origin,
                kind=part.kind,
                part_of=self._stack or main,
                source_path=self._source_path(part.moves, where),
                sources=sources,
            )
            load = partial(_part_props, part, item, self._tree)
            yield replace(main, urn=f"{main.urn}#{where}", load=load, origin=origin)

    def _source_path(self, moves: Moves, prefix: str) -> SourcePath:
        return SourcePath(moves, prefix, self._whole, self._document)

    def _sources(self, roots: set[str]) -> tuple[str, ...]:
        """URNs of the sources of CloudFormation properties."""
        wanted = {"desiredstate"} if self._document == "desiredState" else {root.lower() for root in roots}
        edges = self._resource.property_dependencies
        return tuple(urn for key, urns in edges.items() if key.lower() in wanted for urn in urns)

    def _props(self) -> Folded:
        form, tree = self._form, self._tree
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
            target["tags"] = target["tagsAll"] = _tag_map(self._whole.get(form.tags, MISSING))
        for key, value in self._assigned().items():
            if key not in target:
                target[key] = value
        if self._control and "region" in self._resource.props:
            target["region"] = self._resource.props["region"]
        return target

    def _assigned(self) -> dict[str, str]:
        """Values assigned by AWS by which other resources refer to the resource: id, ARN and URL."""
        outputs, inputs = self._resource.outputs, self._resource.inputs
        found: dict[str, Any] = {"id": outputs.get("id")}
        stated = parse(outputs.get("properties", MISSING)) if self._control else outputs
        given = inputs if inputs is not None else frozenset(outputs)
        for key, value in stated.items() if isinstance(stated, dict) else ():
            for end in ("arn", "url"):
                if key.lower() == end or (key.lower().endswith(end) and (self._control or key not in given)):
                    found.setdefault(end, value)
        return {key: value for key, value in found.items() if isinstance(value, str) and value}

    def _provider(self) -> dict[str, Any]:
        """Settings of the provider; its default tags do not apply to a desired state."""
        provider = self._resource.provider
        settings = {key: value for key, value in provider.items() if key != "defaultTags"}
        tags = MISSING if self._control else parse(provider.get("defaultTags", MISSING))
        if tags is not MISSING:
            tags = fold(tags)
            settings["defaultTags"] = {"tags": _tag_map(tags.get("tags", tags) if isinstance(tags, Folded) else tags)}
        return settings


def _part_props(part: Part, item: Any, tree: Folded) -> Folded:
    if item is UNKNOWN or isinstance(item, Unread):
        return Unread()
    props = copy_of(item) if isinstance(item, Folded) else Folded()
    _move(props, item, part.moves)
    _move(props, tree, part.shared)
    if part.link:
        props[part.link] = UNKNOWN
    return props


def _move(target: Folded, origin: Any, moves: Moves) -> None:
    for path, move in moves.items():
        value = extract(origin, tokens_of(source_of(move)))
        if isinstance(move, Shaped) and value is not MISSING and value is not UNKNOWN:
            value = move.shape(value)
        put(target, tokens_of(path), copy_of(value))


def _roots(moves: Moves, key: str) -> set[str]:
    """First members of the source paths of a property."""
    return {
        tokens_of(source_of(move))[0] for path, move in moves.items() if tokens_of(path)[0] == key and source_of(move)
    }


def _tag_map(value: Any) -> Any:
    """Tags as a map, given as one or as a list of keys and values."""
    if value is UNKNOWN or isinstance(value, dict):
        return value
    pairs = [(extract(item, ["Key"]), extract(item, ["Value"])) for item in as_list(value)]
    if any(not isinstance(key, str) for key, _ in pairs):
        return UNKNOWN
    return {key: item for key, item in pairs if isinstance(key, str)}
