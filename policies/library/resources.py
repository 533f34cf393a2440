"""One index of a stack for all rules: resources by kind and URN, components opened, references resolved."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from policies.library.kinds import kind_of
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, plain, python_name, read, spread

STACK_TYPE: Final = "pulumi:pulumi:Stack"
_IDENTITIES: Final = ("id", "arn", "bucket", "name", "url", "bucketRegionalDomainName", "bucketDomainName", "dnsName")
_PLACES: Final = ("availabilityZone", "availabilityZoneId", "region")
"""Where AWS placed a resource; rules read it although the provider may compute it."""
_PASS_THROUGH_DEPTH: Final = 3
"""Number of resources between a value and its source that are searched."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the program writes a resource that has another form than pulumi-aws's (`translation.py`)."""

    kind: str = ""
    """Kind by which rules judge it; its type stays that of the program."""
    part_of: "Resource | None" = None
    """The resource around it, as a bucket of CloudFormation around a public access block."""
    within: str = ""
    """Path in the program's resource, for an entry of a template: `Resources.Uploads`."""
    unread: str = ""
    """The property with all others, if it is unknown: nothing can be judged then."""
    source_path: Callable[[str, bool], str | None] | None = None
    """Path of a property as the program wrote it; None if the form has no such property and none is needed."""
    sources: Callable[[str], tuple[str, ...]] | None = None
    """URNs of the resources that a property's value comes from."""


@dataclass
class Resource:
    """A resource as the engine sends it; its properties are decoded at the first read, once for all rules."""

    urn: str
    type: str
    name: str
    load: Callable[[], Any]
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    load_provider: Callable[[], Any] = dict
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    """Paths of properties in the option ignore_changes."""
    origin: Origin = Origin()
    inputs: frozenset[str] | None = None
    """Properties that the program set, if known. For a rule, an unknown value of another property is not set: the
    provider computes it."""
    managed: bool = True
    """False for a resource that the program reads by `.get`: the program that creates it answers for it."""
    load_secrets: Callable[[], frozenset[str]] = frozenset

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Values that no message may show; decoded only for a message."""
        return self.load_secrets()

    @property
    def kind(self) -> str:
        return self.origin.kind or kind_of(self.type)

    @property
    def home(self) -> "Resource":
        """The resource that the program registers: this one, or the one around this part."""
        return self.origin.part_of or self

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """All known properties, also those that the provider computed."""
        props = self.load()
        return props if isinstance(props, dict) else {}

    @cached_property
    def props(self) -> dict[str, Any]:
        """Properties that the program set; rules judge these.

        Values computed by the provider are unknown in a preview: rules that judged them would report in an update what
        its preview did not.
        """
        if self.inputs is None:
            return self.outputs
        kept = (*_IDENTITIES, *_PLACES)
        return {
            key: value
            for key, value in self.outputs.items()
            if key in self.inputs or (key in kept and value is not UNKNOWN)
        }

    def written(self, path: str, *, needed: bool = True) -> str | None:
        """A property's path as the program writes it, with its Python name.

        For a resource in another form it is `None` if the resource has no such property, unless a path is needed.
        """
        if self.origin.source_path:
            return self.origin.source_path(path, needed)
        snake = python_name(path)
        return path if snake == path else f"{path} ({snake})"

    def sources_of(self, key: str) -> tuple[str, ...]:
        """URNs of the resources that a property's value comes from."""
        return self.origin.sources(key) if self.origin.sources else self.property_dependencies.get(key, ())

    @cached_property
    def provider(self) -> dict[str, Any]:
        """Settings of the provider; empty if not known."""
        props = self.load_provider()
        return props if isinstance(props, dict) else {}

    @property
    def region(self) -> Any:
        """Region of the resource: its own, else its provider's; `UNKNOWN` if neither has one."""
        for value in (read(self.props, "region"), read(self.provider, "region")):
            if value is not MISSING:
                return as_text(value)
        return UNKNOWN

    @classmethod
    def of(
        cls,
        type_: str,
        name: str,
        props: Mapping[str, Any] | None = None,
        *,
        urn: str = "",
        parent: str = "",
        refers: Mapping[str, Iterable["Resource | str"]] | None = None,
        provider: Mapping[str, Any] | None = None,
        protect: bool = False,
        ignore_changes: Iterable[str] = (),
    ) -> "Resource":
        """A resource from plain values, with the SDK's sentinels for unknown ones.

        `refers` lists, by property, the resources (or URNs) that the property's value comes from.
        """
        edges = {
            key: tuple(item if isinstance(item, str) else item.urn for item in items)
            for key, items in (refers or {}).items()
        }
        return cls(
            urn=urn or f"urn:pulumi:test::project::{type_}::{name}",
            type=type_,
            name=name,
            load=lambda: plain(props or {}),
            parent=parent,
            dependencies=tuple(dict.fromkeys(urn for urns in edges.values() for urn in urns)),
            property_dependencies=edges,
            load_provider=lambda: plain(provider or {}),
            protect=protect,
            ignore_changes=tuple(ignore_changes),
        )


class Reference(NamedTuple):
    """The resources of the stack that a property's value refers to."""

    resources: tuple[Resource, ...]
    outside: bool
    """Whether the value also refers to a resource outside this stack, or an unknown one."""
    doubtful: bool
    """Whether the value is unknown and has no dependency: it may refer to any resource."""
    sure: bool = True
    """Whether the value refers to each of the resources; otherwise to some of them, as of a component's children."""


def count_zones(subnets: Iterable[Resource]) -> tuple[int, set[str]]:
    """Maximum number of zones of subnets, and the known zones; each unknown zone counts as another one."""
    known: set[str] = set()
    unplaced = 0
    for subnet in subnets:
        zones = [subnet.props.get(key) for key in ("availabilityZone", "availabilityZoneId")]
        texts = [zone for zone in zones if isinstance(zone, str)]
        known.update(texts[:1])
        unplaced += not texts
    return len(known) + unplaced, known


class Stack:
    """All resources of a stack, in the form that rules read."""

    def __init__(
        self, resources: Iterable[Resource], *, name: str = "", config: Mapping[str, str] | None = None
    ) -> None:
        self.resources = tuple(resources)
        # `pulumi policy analyze` does not send the stack's name.
        self.name = name or self._part_of_urns(0).removeprefix("urn:pulumi:")
        self.project = self._part_of_urns(1)
        self.config = dict(config or {})
        self.waiver_problems: tuple[str, ...] = ()
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._pointing: dict[tuple[str, str, frozenset[str]], dict[str, list[Resource]]] = {}

    def _part_of_urns(self, position: int) -> str:
        """A part of `urn:pulumi:<stack>::<project>::...`, which all resources share."""
        parts = self.resources[0].urn.split("::") if self.resources else []
        return parts[position] if position < len(parts) else ""

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.kind].append(resource)
        return dict(found)

    @cached_property
    def _of_any_kind(self) -> tuple[Resource, ...]:
        """Cloud Control resources with an unknown type."""
        return tuple(resource for resource in self.resources if resource.origin.unread == "typeName")

    @cached_property
    def _children(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            if resource.parent:
                found[resource.parent].append(resource)
        return dict(found)

    @cached_property
    def _by_identity(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            for key in _IDENTITIES:
                value = resource.outputs.get(key)
                if isinstance(value, str) and value and resource not in found[value]:
                    found[value].append(resource)
        return dict(found)

    @cached_property
    def secrets(self) -> frozenset[str]:
        return frozenset().union(*(resource.secrets for resource in self.resources))

    @cached_property
    def root(self) -> Resource:
        """The stack's own resource, which findings about the whole stack name."""
        roots = self._by_kind.get(STACK_TYPE)
        return roots[0] if roots else Resource.of(STACK_TYPE, self.name or "stack", urn=" ")

    def of_kind(self, *kinds: str) -> list[Resource]:
        return [resource for kind in kinds for resource in self._by_kind.get(kind, ())]

    def get(self, urn: str) -> Resource | None:
        return self._by_urn.get(urn)

    def descendants(self, urn: str) -> list[Resource]:
        """Everything below a component, at any depth."""
        found: list[Resource] = []
        queue = list(self._children.get(urn, ()))
        while queue:
            resource = queue.pop()
            found.append(resource)
            queue += self._children.get(resource.urn, ())
        return found

    def _sources(self, urns: Iterable[str], kinds: Collection[str]) -> list[Resource]:
        """Resources of the kinds that values come from, also through components and other resources."""
        seen: set[str] = set()
        frontier = list(urns)
        for _ in range(_PASS_THROUGH_DEPTH):
            found: dict[str, Resource] = {}
            further: list[str] = []
            for urn in frontier:
                if urn in seen:
                    continue
                seen.add(urn)
                resource = self._by_urn.get(urn)
                if resource is None:
                    continue
                if resource.kind in kinds:
                    found[urn] = resource
                    continue
                below = [child for child in self.descendants(urn) if child.kind in kinds]
                found.update({child.urn: child for child in below})
                further += resource.dependencies
            if found:
                return list(found.values())
            frontier = further
        return []

    def _named(self, item: Any, kinds: Collection[str]) -> list[Resource]:
        """Resources of the kinds that have this id, ARN or name."""
        named = self._by_identity.get(item, ()) if isinstance(item, str) else ()
        return [resource for resource in named if resource.kind in kinds]

    def referred(self, resource: Resource, path: str, *kinds: str) -> Reference:
        """The resources of the kinds that the value at a path refers to: by equal known text, else by dependency."""
        items = as_list(spread(resource.props, path))
        if not items:
            return Reference((), outside=False, doubtful=False)
        found: dict[str, Resource] = {}
        unmatched: list[Any] = []
        for item in items:
            same = self._named(item, kinds)
            found.update({candidate.urn: candidate for candidate in same})
            if not same:
                unmatched.append(item)
        if not unmatched:
            return Reference(tuple(found.values()), outside=False, doubtful=False)
        edges = resource.sources_of(path.split(".")[0].split("[")[0])
        by_dependency = [self._sources((edge,), kinds) for edge in edges]
        found.update({candidate.urn: candidate for candidates in by_dependency for candidate in candidates})
        unknown = any(not isinstance(item, str) for item in unmatched)
        return Reference(
            tuple(found.values()),
            outside=not all(by_dependency) or not edges,
            doubtful=unknown and not edges,
            sure=sum(map(len, by_dependency)) <= len(unmatched),
        )

    def pointing_at(self, target: Resource, kind: str, path: str, *, sure: bool = False) -> list[Resource]:
        """Resources of a kind whose property refers to the target, or may refer to it because its source is unknown.

        With `sure`, only those that refer to the target and nothing else.
        """
        kinds = frozenset({target.kind})
        key = (kind, path, kinds)
        if sure:
            return [
                resource
                for resource in self.pointing_at(target, kind, path)
                if [meant.urn for meant in self.referred(resource, path, *kinds).resources] == [target.urn]
            ]
        if key not in self._pointing:
            table: dict[str, list[Resource]] = defaultdict(list)
            for resource in (*self._by_kind.get(kind, ()), *self._of_any_kind):
                reference = self.referred(resource, path, *kinds)
                for meant in reference.resources:
                    table[meant.urn].append(resource)
                if reference.doubtful and resource.kind == kind:
                    table[""].append(resource)
            self._pointing[key] = table
        table = self._pointing[key]
        return [*table.get(target.urn, ()), *table.get("", ())]

    def zones(self, resource: Resource, path: str) -> tuple[int, set[str]] | None:
        """Maximum number of zones of the subnets at a path, and the known zones.

        A subnet in an unknown zone counts as one in another zone.

        Returns:
            None if the number of subnets is not known.
        """
        value = spread(resource.props, path)
        items = as_list(value)
        kinds = ("ec2/subnet", "ec2/defaultSubnet")
        reference = self.referred(resource, path, *kinds)
        possible, known = count_zones(reference.resources)
        if value is UNKNOWN:
            return None if reference.outside else (possible, known)
        if reference.outside:
            possible += sum(not self._named(item, kinds) for item in items)
        return min(possible, len(items)), known
