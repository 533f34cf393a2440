"""Rules of the network, and of what has to leave it."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Any

from settings.images import OWN_CODE, as_own, in_ecr
from settings.network import (
    Layer,
    LayerName,
    Layers,
    made_layers,
    plan_subnets,
    zone_addresses,
)
from settings.problems import Problem
from settings.relations.reads import Egress, Nat, Region, Zones
from settings.relations.relation import Reads, problem, relation
from settings.service import ServiceSettings


@relation
def zones_lie_in_the_region(region: Region, zones: Zones) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone[:-1] != region:
            meant = [f"{region}{zone[-1]}" for zone in zones]
            yield problem(
                f"network.zones.{position}",
                zone,
                f"must be a zone of the Region {region}",
                edits={"network.zones": meant},
            )


@relation
def zones_are_named_once(zones: Zones) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone in zones[:position]:
            yield problem(
                f"network.zones.{position}",
                zone,
                "must name each zone once: two subnets in one zone fail together",
                fix="name another zone of the Region, or leave this entry out",
            )


@relation
def subnets_fit_into_the_vpc(
    cidr_block: Annotated[str, Reads("network.cidr_block")],
    zones: Zones,
    layers: Annotated[Layers, Reads("network.layers")],
    egress: Egress,
) -> Iterator[Problem]:
    vpc = IPv4Network(cidr_block)
    made = made_layers(egress)
    listed = True
    for name in made:
        layer: Layer = getattr(layers, name)
        for position, block in enumerate(layer.cidr_blocks or ()):
            if not IPv4Network(block).subnet_of(vpc):
                yield problem(
                    f"network.layers.{name}.cidr_blocks.{position}",
                    block,
                    f"must lie inside the VPC's block {cidr_block}",
                    fix="choose a block inside, or a larger `web-store:network.cidr_block`",
                )
        if layer.cidr_blocks is not None and len(layer.cidr_blocks) != len(zones):
            listed = False
            yield problem(
                f"network.layers.{name}.cidr_blocks",
                layer.cidr_blocks,
                f"must have one block for each of the {len(zones)} zones",
                fix=f"list {len(zones)} blocks, in the order of `zones`",
            )
    masks = {name: getattr(layers, name).mask for name in made}
    needed = _zone_need(masks)
    room = zone_addresses(cidr_block, len(zones))
    if needed > room:
        sizes = ", ".join(f"{name} /{mask}" for name, mask in masks.items() if mask is not None)
        yield problem(
            "network.cidr_block",
            cidr_block,
            f"must be larger: the subnets of a zone ({sizes}) take {needed} addresses, a zone has {room}",
            fix="take a larger block (at most /16), or larger numbers as `mask` in `layers`; of a deployed store, whose"
            " subnets stay, list each layer's blocks as `cidr_blocks`, with free ones for the new zone",
        )
    elif listed:
        yield from _overlaps(cidr_block, zones, layers, made)


def _zone_need(masks: dict[Any, int | None]) -> int:
    """Addresses that the layers take in a zone, with the gaps that their order leaves."""
    end = 0
    for mask in masks.values():
        if mask is not None:
            size = 1 << (32 - mask)
            end = -(-end // size) * size + size
    return end


def _overlaps(
    cidr_block: str, zones: tuple[str, ...], layers: Layers, made: tuple[LayerName, ...]
) -> Iterator[Problem]:
    planned = plan_subnets(cidr_block, len(zones), layers, made)
    subnets = [(name, index, block) for name, blocks in planned.items() for index, block in enumerate(blocks)]
    for (first, first_zone, one), (second, second_zone, other) in combinations(subnets, 2):
        if not one.overlaps(other):
            continue
        name, index, block, against = second, second_zone, other, f"{first} subnet in {zones[first_zone]}, {one}"
        if getattr(layers, second).cidr_blocks is None:
            name, index, block, against = first, first_zone, one, f"{second} subnet in {zones[second_zone]}, {other}"
        yield problem(
            f"network.layers.{name}.cidr_blocks.{index}",
            str(block),
            f"must not overlap the {against}: an address can belong to one subnet only",
            fix="choose blocks that do not share addresses",
        )


@relation
def payments_leave_through_nat(nat: Nat, egress: Egress) -> Iterator[Problem]:
    if nat == "none" and egress.engine != "closed":
        yield problem(
            "network.payment_egress.engine",
            egress.engine,
            "must be `closed` with `network.nat: none`: payment services have no way to their provider",
            "closed",
            fix="or `nat: single` or `nat: one_per_az`",
        )


@relation
def services_without_nat_stay_inside(
    nat: Nat, service: Annotated[ServiceSettings, Reads("web_tier.service")]
) -> Iterator[Problem]:
    if nat == "none" and not in_ecr(service.image):
        yield problem(
            "web_tier.service.image",
            service.image,
            "must be in an ECR repository, such as one of the account: `network.nat: none` leaves no way to others",
            as_own(service.image),
        )
    elif nat == "none" and service.reach_internet and service.image != OWN_CODE:
        yield problem(
            "web_tier.service.reach_internet",
            True,
            "must be false with `network.nat: none`: tasks have no way to the internet",
            False,
        )
