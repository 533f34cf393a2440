"""The guard: tells in words, in the preview, what an update would cost, and stops what must not happen unseen."""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

import pulumi
from pulumi._types import is_input_type

from changes.consequences import CONSEQUENCES
from changes.deployed import Deployed, deployed
from changes.fixed import changed, handed_over
from changes.steps import STEPS, Values, refused
from components.registration import begin_registrations
from policies.library.waivers import LONGEST_DAYS, RegisterError, Waiver, load
from settings import MESSAGE_SHOWN
from settings.environment import EnvironmentSettings
from settings.store import StoreSettings

REGISTER: Final = Path(__file__).with_name("waivers.yaml")
RULE: Final = "replacement-guard"
_LIFE: Final = timedelta(days=LONGEST_DAYS["critical"])
_STEPPED: Final = {step.type for step in STEPS}
# Children of a component of another program's language: this program does not see them registered.
_REMOTE: Final = "$awsx:ec2:Vpc$"
_ZONE: Final = "$webstore:edge:Dns$"
_UNKNOWN: Final = object()
_Key = tuple[str, str]
"""Type and logical name."""


@dataclass(frozen=True)
class _Seen:
    resource: pulumi.Resource
    inputs: Values
    kept: bool
    """Pulumi leaves the old one in AWS."""
    beside: bool
    """A replacement is made before the old one goes."""


class Guard:
    """Compares what the program registers with what is deployed.

    Make it before the first resource, and give `run` to `pulumi.run`. A preview then fails when AWS would refuse a
    change. It warns of what replacements and deletions cost, and fails where `environment.protect` is on, unless
    `changes/waivers.yaml` names the resource. `pulumi up` previews first; with `--skip-preview` nobody is told.
    """

    def __init__(
        self,
        environment: EnvironmentSettings,
        *,
        settings: StoreSettings | None = None,
        waivers: Iterable[Waiver] | None = None,
        state: Iterable[Deployed] | None = None,
        today: date | None = None,
    ) -> None:
        """
        Args:
            settings: Those that are fixed once they are deployed are compared with what is deployed.
            waivers: Instead of those of the register.
            state: Instead of the state that the stack's backend has.
            today: The day that waivers are judged by, in UTC; now, unless given.

        Raises:
            pulumi.RunError: the register of waivers has an entry that cannot be used.
        """
        self._environment = environment
        self._settings = settings
        self._today = today or datetime.now(UTC).date()
        self._waivers = _checked(_register() if waivers is None else waivers, self._today)
        if state is None:
            state = deployed().values() if pulumi.runtime.is_dry_run() else ()
        self._deployed = {(resource.type, resource.name): resource for resource in state}
        self._seen: dict[_Key, _Seen] = {}
        pulumi.runtime.register_stack_transformation(self._see)

    async def run(self) -> None:
        """Begin the registrations, unless AWS would refuse a change, and tell what follows from them."""
        said = self.refused()
        if said:
            _stop("AWS refuses these changes of what is deployed, so nothing was planned:\n" + _list(said))
        await begin_registrations()
        costs = await self.costs()
        refused_ = [key for key, _ in costs if self._environment.protect and not self._waived(key)]
        words = "This update takes away what customers or other teams would miss:\n" + _list(_grouped(costs))
        if refused_:
            pulumi.log.error(
                f"{words}\n`environment.protect` is on. Take the change back; or have it reviewed, and name each "
                "resource in changes/waivers.yaml (one that leaves the program also needs `pulumi state unprotect`):\n"
                + "".join(self._example(key) for key in refused_)
            )
            sys.exit(MESSAGE_SHOWN)
        if costs:
            pulumi.log.warn(words)

    def refused(self) -> list[str]:
        """Changes of deployed resources that AWS does not do; complete when the program's last line has run."""
        said = [*changed(self._deployed.values(), self._settings)] if self._settings else []
        for key, seen in self._seen.items():
            if key in self._deployed:
                old = self._deployed[key].outputs
                said += [f"{key[0]} `{key[1]}`: {words}" for words in refused(key[0], old, seen.inputs)]
        return said

    async def costs(self) -> list[tuple[_Key, str]]:
        """What is replaced or deleted that customers or other teams would miss; waits for the registrations."""
        return [*await self._replaced(), *self._deleted()] if self._deployed else []

    def _see(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ not in CONSEQUENCES and args.type_ not in _STEPPED:
            return None
        key = self._known_as(args)
        ignored = {name.partition(".")[0].partition("[")[0] for name in args.opts.ignore_changes or ()}
        inputs = {_camel(name): _plain(value) for name, value in args.props.items()}
        self._seen[key] = _Seen(
            args.resource,
            {name: value for name, value in inputs.items() if value is not _UNKNOWN and name not in ignored},
            kept=bool(args.opts.retain_on_delete),
            beside=not args.opts.delete_before_replace,
        )
        if not self._waived(key):
            return None
        # Pulumi replaces a protected resource in one update with the removal of its protection.
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
        return pulumi.ResourceTransformationResult(args.props, options)

    def _known_as(self, args: pulumi.ResourceTransformationArgs) -> _Key:
        """Under an earlier name, if an alias has one and it is deployed."""
        names = [args.name]
        for alias in args.opts.aliases or ():
            if isinstance(alias, pulumi.Alias) and isinstance(alias.name, str):
                names.append(alias.name)
        keys = [(args.type_, name) for name in names]
        return next((key for key in keys if key in self._deployed), keys[0])

    async def _replaced(self) -> list[tuple[_Key, str]]:
        """A resource that exists and whose id is not known in the preview is going to be another one."""
        existing = [key for key in self._seen if self._is_missed(key)]
        known = await asyncio.gather(
            *(self._seen[key].resource.id.is_known() for key in existing),  # pyright: ignore[reportAttributeAccessIssue]
            return_exceptions=True,  # the engine tells of a registration that failed
        )
        told = []
        for key, is_known in zip(existing, known, strict=True):
            seen = self._seen[key]
            words = CONSEQUENCES[key[0]].of_replacement(
                kept=seen.kept, beside=seen.beside, protected=self._environment.protect
            )
            if is_known is False and words:
                told.append((key, f"replaced: {words}"))
        return told

    def _deleted(self) -> Iterator[tuple[_Key, str]]:
        stays = _ZONE if handed_over(self._deployed.values()) else None
        for key, resource in self._deployed.items():
            if stays and stays in resource.urn:
                continue
            if self._is_missed(key) and key not in self._seen and _REMOTE not in resource.urn:
                yield key, f"deleted: {CONSEQUENCES[key[0]].of_deletion()}"

    def _is_missed(self, key: _Key) -> bool:
        """Whether it is deployed and somebody would miss it."""
        old = self._deployed.get(key)
        return old is not None and key[0] in CONSEQUENCES and CONSEQUENCES[key[0]].missed(old.outputs)

    def _waived(self, key: _Key) -> bool:
        urn = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{key[0]}::{key[1]}"
        profile = self._environment.profile
        return any(
            waiver.covers(RULE, urn, profile) and waiver.is_live(self._today) and waiver.is_for(pulumi.get_project())
            for waiver in self._waivers
        )

    def _example(self, key: _Key) -> str:
        return (
            f"  - rule: {RULE}\n"
            f'    urn: "*::{key[0]}::{key[1]}"\n'
            f"    environments: [{self._environment.profile}]\n"
            "    reason: <why the loss is accepted, and what customers are told>\n"
            f"    owner: {self._environment.owner}\n"
            f"    granted: {self._today}\n"
            f"    expires: {self._today + _LIFE}\n"
        )


def _stop(message: str) -> NoReturn:
    """End the process: an exception would let the SDK send all registrations first."""
    pulumi.log.error(message)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(MESSAGE_SHOWN)


def _register() -> tuple[Waiver, ...]:
    try:
        return load(REGISTER)
    except RegisterError as error:
        raise pulumi.RunError(f"{REGISTER.parent.name}/{error}") from error


def _checked(waivers: Iterable[Waiver], today: date) -> tuple[Waiver, ...]:
    waivers = tuple(waivers)
    said = [f"{waiver}: rule must be {RULE}" for waiver in waivers if waiver.rule != RULE]
    said += [
        f"{waiver}: must expire within {_LIFE.days} days of {waiver.granted}"
        for waiver in waivers
        if not timedelta(0) <= waiver.expires - waiver.granted <= _LIFE
    ]
    said += [f"{waiver}: expired; remove it" for waiver in waivers if waiver.expires < today]
    if said:
        raise pulumi.RunError(f"{REGISTER.parent.name}/{REGISTER.name} cannot be used:\n" + _list(said))
    return waivers


def _grouped(costs: Iterable[tuple[_Key, str]]) -> list[str]:
    """One line for all resources of a type that cost the same."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (type_, name), words in costs:
        names[type_, words].append(name)
    order = list(CONSEQUENCES)
    return [
        f"{CONSEQUENCES[type_].noun} {', '.join(f'`{name}`' for name in sorted(found))}: {words}"
        for (type_, words), found in sorted(names.items(), key=lambda item: order.index(item[0][0]))
    ]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _plain(value: Any) -> Any:
    """The value under the provider's names, without what is not known before the engine has answered."""
    if isinstance(value, pulumi.Output):
        return _UNKNOWN
    if isinstance(value, Mapping):
        pairs = {_camel(str(key)): _plain(item) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item is not _UNKNOWN}
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        return _UNKNOWN if any(item is _UNKNOWN for item in items) else items
    return _plain(vars(value)) if is_input_type(type(value)) else value
