"""What a stack's program makes, without an engine and without AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from contract import CONTRACT_VERSION
from offline.dynamic import DYNAMIC
from offline.recorder import ORGANIZATION, Recorder, Registered, record_store
from settings.images import OWN_REPOSITORY, source_image
from settings.loader import parse
from settings.problems import PROJECT as NAME
from settings.stack_files import configuration
from settings.store import StoreSettings

_ANY_VERSION = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"
UNREAD = f"sha256:{'0' * 64}"
"""Digest of an image that another stack publishes, which only an update reads."""
PROJECT = Path(__file__).resolve().parent.parent


class DoctorError(Exception):
    """The doctor cannot run; the text says why and what to do."""


@dataclass(frozen=True)
class Program:
    """The AWS resources that `__main__.py` registers for one stack file."""

    stack: str
    settings: StoreSettings
    resources: tuple[Registered, ...]
    """Custom resources of the aws provider, those of the VPC component included."""
    dynamic: frozenset[str] = frozenset()
    """Types of the resources of dynamic providers."""

    @property
    def home(self) -> str:
        """The home Region."""
        return self.settings.environment.region

    @cached_property
    def types(self) -> frozenset[str]:
        return frozenset(resource.type for resource in self.resources)

    def of(self, *types: str) -> list[Registered]:
        """Resources whose token ends with one of `types`, such as `ecs/service:Service`."""
        return [resource for resource in self.resources if resource.type.endswith(types)]

    def region_of(self, resource: Registered) -> str:
        """Region of a resource; that of global services is us-east-1, where their quotas and names are."""
        if resource.type.split(":")[1].split("/")[0] in GLOBAL_MODULES:
            return "us-east-1"
        return str(resource.outputs.get("region") or resource.inputs.get("region") or self.home)

    def regions(self) -> list[str]:
        """Every Region that resources are in, the home Region first."""
        found = {self.region_of(resource) for resource in self.resources}
        return sorted(found, key=lambda region: (region != self.home, region))

    def made(self, arn_or_name: str) -> bool:
        """Whether one of the program's resources has this ARN or physical name."""
        return arn_or_name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        found = (resource.outputs.get(key) for resource in self.resources for key in ("arn", "name", "id"))
        return frozenset(str(name) for name in (*found, *(resource.id for resource in self.resources)) if name)


GLOBAL_MODULES = frozenset({"budgets", "cloudfront", "iam", "route53"})
"""Modules of pulumi_aws whose resources are in no Region; their quotas and control planes are in us-east-1."""


def program_of(stack: str) -> Program:
    """Run the program of a stack file against offline AWS in memory; takes some seconds.

    Third parties are complete, as if their secrets had a value: the deployer makes the rest with the rights, service
    roles and quotas of the first update.

    Raises:
        DoctorError: there is no such stack file.
        SettingsError: the stack file cannot be used; the text names every problem.
    """
    config, secrets = _configuration(stack)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    settings = parse(texts, stack=stack, secret_keys=secrets)
    environment = settings.environment
    for name, party in settings.third_parties.parties.items():
        if party.events and party.events.auth.secret.awaited:
            _below(config, "web-store:third_parties", "parties", name, "events", "auth", "secret")["version_id"] = (
                _ANY_VERSION
            )
    recorder = Recorder(account=environment.account_id, region=environment.region, stacks=_read_stacks(settings))
    record_store(PROJECT, stack, config, secret_keys=secrets, recorder=recorder)
    dynamic = frozenset(it.type for it in recorder.resources if it.type.startswith(DYNAMIC))
    return Program(stack, settings, tuple(_made(recorder)), dynamic)


def _read_stacks(settings: StoreSettings) -> dict[str, dict[str, Any]]:
    """The stack that `images.from` names, as if it published what is asked of it."""
    name, environment = settings.images.from_, settings.environment
    if name is None:
        return {}
    registry = f"{environment.account_id}.dkr.ecr.{environment.region}.amazonaws.com"
    uris = {source_image(it): f"{registry}/{OWN_REPOSITORY}@{UNREAD}" for it in settings.used_images.proven}
    published = {"contract_version": CONTRACT_VERSION, "images_source_uris": uris}
    return {name if "/" in name else f"{ORGANIZATION}/{NAME}/{name}": published}


def _below(node: dict[str, Any], *path: str) -> dict[str, Any]:
    """The mapping at `path`, made where it is missing."""
    for part in path:
        node[part] = dict(node.get(part) or {})
        node = node[part]
    return node


def _made(recorder: Recorder) -> Iterator[Registered]:
    for resource in (*recorder.resources, *recorder.made_by_awsx):
        if resource.type.startswith("aws:"):
            yield resource


def _configuration(stack: str) -> tuple[dict[str, Any], list[str]]:
    """Configuration of a stack, and the keys whose values are encrypted: something made up stands for them."""
    path = PROJECT / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(found.name.split(".")[1] for found in PROJECT.glob("Pulumi.*.yaml"))
        raise DoctorError(f"there is no stack file {path.name}. Stacks: {', '.join(known)}")
    config = configuration(stack, PROJECT)
    secrets = [key for key, value in config.items() if isinstance(value, dict) and value.keys() == {"secure"}]
    return {**config, **dict.fromkeys(secrets, "not-read")}, secrets
