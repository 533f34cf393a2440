"""Rules between settings, within a section and across sections; what an environment of profile `prod` must have."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from settings.edge import SecretHeader, VpcOrigin
from settings.network import LAYERS, Layer, Layers, plan_subnets, zone_addresses
from settings.problems import NOTHING, Problem, in_yaml, shown
from settings.web_acl import WebAclSettings

Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True)
class Relation:
    """A rule, and what it reads: settings (`section.field`), the stack's name (`stack`), the names of its `secrets`.

    It is checked whenever these are valid by themselves, whatever else is wrong.
    """

    reads: tuple[str, ...]
    check: Check


RELATIONS: list[Relation] = []


def relation(*reads: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        RELATIONS.append(Relation(reads, check))
        return check

    return register


def _problem(path: str, received: Any, rule: str, write: Any = None, *, fix: str = "") -> Problem:
    parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return Problem(parts, shown(received, parts), rule, fix or in_yaml(parts, write))


@relation("stack", "environment.name")
def environment_is_named_like_its_stack(stack: str, name: str) -> Iterator[Problem]:
    if stack != name and not stack.startswith(f"{name}-"):
        yield _problem(
            "environment.name",
            name,
            f"must be the stack's name `{stack}`, or its beginning up to a hyphen, so that no stack passes for another",
            stack,
        )


@relation("environment.account_id", "environment.assume_role_arn")
def role_is_in_the_account(account_id: str, role_arn: str | None) -> Iterator[Problem]:
    if role_arn is not None and role_arn.split(":")[4] != account_id:
        yield _problem(
            "environment.assume_role_arn",
            role_arn,
            f"must be a role of the environment's account {account_id}",
            ":".join([*role_arn.split(":")[:4], account_id, *role_arn.split(":")[5:]]),
        )


@relation("environment.region", "network.zones")
def zones_lie_in_the_region(region: str, zones: tuple[str, ...]) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone[:-1] != region:
            yield _problem(
                f"network.zones.{position}", zone, f"must be a zone of the Region {region}", f"{region}{zone[-1]}"
            )


@relation("network.zones")
def zones_are_named_once(zones: tuple[str, ...]) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone in zones[:position]:
            yield _problem(
                f"network.zones.{position}",
                zone,
                "names a zone a second time; two subnets in one zone fail together",
                fix="name another zone of the Region, or leave this entry out",
            )


@relation("network.cidr_block", "network.zones", "network.layers")
def subnets_fit_into_the_vpc(cidr_block: str, zones: tuple[str, ...], layers: Layers) -> Iterator[Problem]:
    vpc = IPv4Network(cidr_block)
    listed = True
    for name in LAYERS:
        layer: Layer = getattr(layers, name)
        for position, block in enumerate(layer.cidr_blocks or ()):
            if not IPv4Network(block).subnet_of(vpc):
                yield _problem(
                    f"network.layers.{name}.cidr_blocks.{position}",
                    block,
                    f"must lie inside the VPC's block {cidr_block}",
                    fix="choose a block inside, or a larger `web-store:network.cidr_block`",
                )
        if layer.cidr_blocks is not None and len(layer.cidr_blocks) != len(zones):
            listed = False
            yield _problem(
                f"network.layers.{name}.cidr_blocks",
                layer.cidr_blocks,
                f"must have one block for each of the {len(zones)} zones",
                fix=f"list {len(zones)} blocks, in the order of `zones`",
            )
    masks = {name: getattr(layers, name).mask for name in LAYERS}
    needed = _zone_need(masks)
    room = zone_addresses(cidr_block, len(zones))
    if needed > room:
        sizes = ", ".join(f"{name} /{mask}" for name, mask in masks.items() if mask is not None)
        yield _problem(
            "network.cidr_block",
            cidr_block,
            f"is too small: the subnets of a zone ({sizes}) take {needed} addresses, a zone has {room}",
            fix="take a larger block (at most /16), or larger numbers as `mask` in `layers`",
        )
    elif listed:
        yield from _overlaps(cidr_block, zones, layers)


def _zone_need(masks: dict[Any, int | None]) -> int:
    """Addresses that the layers take in a zone, with the gaps that their order leaves."""
    end = 0
    for mask in masks.values():
        if mask is not None:
            size = 1 << (32 - mask)
            end = -(-end // size) * size + size
    return end


def _overlaps(cidr_block: str, zones: tuple[str, ...], layers: Layers) -> Iterator[Problem]:
    planned = plan_subnets(cidr_block, len(zones), layers)
    subnets = [(name, index, block) for name, blocks in planned.items() for index, block in enumerate(blocks)]
    for (first, first_zone, one), (second, second_zone, other) in combinations(subnets, 2):
        if not one.overlaps(other):
            continue
        name, index, block, against = second, second_zone, other, f"{first} subnet in {zones[first_zone]}, {one}"
        if getattr(layers, second).cidr_blocks is None:
            name, index, block, against = first, first_zone, one, f"{second} subnet in {zones[second_zone]}, {other}"
        yield _problem(
            f"network.layers.{name}.cidr_blocks.{index}",
            str(block),
            f"overlaps the {against}; an address can belong to one subnet only",
            fix="choose blocks that do not share addresses",
        )


@relation("network.nat", "network.interface_endpoints")
def without_nat_services_reach_aws_by_endpoints(nat: str, endpoints: tuple[str, ...]) -> Iterator[Problem]:
    missing = [name for name in ("ecr.api", "ecr.dkr", "logs", "secretsmanager") if name not in endpoints]
    if nat == "none" and missing:
        yield _problem(
            "network.interface_endpoints",
            endpoints,
            f"without NAT gateways no container starts unless image, log and secret services have endpoints; missing: "
            f"{', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation("network.interface_endpoints")
def endpoints_are_named_once(endpoints: tuple[str, ...]) -> Iterator[Problem]:
    if len(set(endpoints)) != len(endpoints):
        yield _problem(
            "network.interface_endpoints", endpoints, "names an endpoint twice", list(dict.fromkeys(endpoints))
        )


@relation("environment.profile", "environment.protect")
def production_is_protected(profile: str, protect: bool) -> Iterator[Problem]:
    if profile == "prod" and not protect:
        yield _problem(
            "environment.protect", protect, "profile `prod` protects what holds customer data from deletion", True
        )


@relation("environment.profile", "environment.region", "network.zones")
def production_spans_three_zones(profile: str, region: str, zones: tuple[str, ...]) -> Iterator[Problem]:
    if profile == "prod" and len(set(zones)) < 3:
        others = [f"{region}{letter}" for letter in "abcdef" if f"{region}{letter}" not in zones]
        yield _problem(
            "network.zones",
            zones,
            "profile `prod` spans at least three zones: with one down, two still share the load",
            [*dict.fromkeys(zones), *others][:3],
        )


@relation("environment.profile", "network.nat")
def production_has_nat_in_each_zone(profile: str, nat: str) -> Iterator[Problem]:
    if profile == "prod" and nat != "one_per_az":
        yield _problem(
            "network.nat",
            nat,
            "profile `prod` has a NAT gateway in each zone: with one for all, its zone takes every other offline",
            "one_per_az",
        )


@relation("environment.profile", "edge.web_acl")
def production_blocks_attacks(profile: str, web_acl: WebAclSettings) -> Iterator[Problem]:
    for path in web_acl.not_blocking if profile == "prod" else ():
        yield _problem(
            f"edge.web_acl.{path}",
            "count",
            "profile `prod` blocks what the web ACL's rules find; counting stops nothing",
            "block",
        )


@relation("edge.origin", "secrets")
def secret_header_has_its_secret(origin: VpcOrigin | SecretHeader, secrets: Collection[str]) -> Iterator[Problem]:
    if origin.kind == "secret_header" and "origin_secret" not in secrets:
        yield _problem(
            "origin_secret",
            NOTHING,
            "`edge.origin.kind: secret_header` needs the secret that CloudFront sends with each request",
            fix='pulumi config set --secret web-store:origin_secret "$(openssl rand -hex 32)"',
        )


@relation("environment.profile", "encryption.deletion_window_days")
def production_keys_can_be_rescued(profile: str, days: int) -> Iterator[Problem]:
    if profile == "prod" and days < 30:
        yield _problem(
            "encryption.deletion_window_days",
            days,
            "profile `prod` leaves the full 30 days to notice that a key is about to be lost",
            30,
        )


@relation("environment.profile", "observability.alarm_emails", "observability.alarm_endpoints")
def production_alarms_are_heard(profile: str, emails: tuple[str, ...], endpoints: tuple[str, ...]) -> Iterator[Problem]:
    if profile == "prod" and not emails and not endpoints:
        yield _problem(
            "observability.alarm_emails",
            emails,
            "profile `prod` needs somebody who hears of alarms, here or in `alarm_endpoints`",
            ["store-oncall@example.com"],
        )
