"""Settings that are fixed once they are deployed, judged on the state."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from changes.deployed import Deployed
from components.dns import HANDED_OVER
from settings.dns import AdoptZone
from settings.network import NetworkSettings
from settings.store import StoreSettings

_IN_VPC = "$awsx:ec2:Vpc$"


def changed(state: Iterable[Deployed], settings: StoreSettings) -> Iterator[str]:
    """Changes of such settings, with the way to go."""
    state = tuple(state)
    yield from _moved(state, settings)
    yield from _subnets(state, settings.network)
    if isinstance(settings.dns.zone, AdoptZone):
        yield from _adopted(state, settings.dns.zone)


def handed_over(state: Iterable[Deployed]) -> bool:
    """The zone stays in AWS when it leaves the stack."""
    return any(HANDED_OVER in (zone.outputs.get("tags") or {}) for zone in _of(state, "aws:route53/zone:Zone"))


def _of(state: Iterable[Deployed], type_: str) -> Iterator[Deployed]:
    return (resource for resource in state if resource.urn.rpartition("::")[0].endswith(type_))


def _moved(state: Iterable[Deployed], settings: StoreSettings) -> Iterator[str]:
    """A Region or an account cannot be changed under a store."""
    environment = settings.environment
    for vpc in _of(state, "aws:ec2/vpc:Vpc"):
        region, account = str(vpc.outputs["arn"]).split(":")[3:5]
        for what, old, new in (
            ("region", region, environment.region),
            ("account_id", account, environment.account_id),
        ):
            if old != new:
                yield (
                    f"environment.{what}: the stack is deployed with {old} and cannot become {new}; a store elsewhere"
                    " is a new stack: `pulumi stack init`"
                )


def _subnets(state: Iterable[Deployed], network: NetworkSettings) -> Iterator[str]:
    """AWS changes no subnet, and replaces none that nodes, mount targets or network interfaces sit in
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""
    planned = {
        (str(layer), zone): block
        for layer, blocks in network.subnets().items()
        for zone, block in zip(network.zones, blocks, strict=True)
    }
    before: dict[int, str] = {}
    moved: dict[str, list[str]] = defaultdict(list)
    for subnet in _of(state, f"{_IN_VPC}aws:ec2/subnet:Subnet"):
        layer, zone = str((subnet.outputs.get("tags") or {}).get("tier")), str(subnet.outputs["availabilityZone"])
        before[int(subnet.name.rpartition("-")[2])] = zone
        old, new = IPv4Network(str(subnet.outputs["cidrBlock"])), planned.get((layer, zone))
        if new is not None and new != old:
            moved[layer].append(f"{old} to {new} in {zone}")
    zones = [before[number] for number in sorted(before)]
    gone = [zone for zone in zones if zone not in network.zones]
    if gone:
        further = [zone for zone in network.zones if zone not in zones]
        yield (
            f"network.zones: {', '.join(gone)} cannot be taken away, because nodes of caches and brokers stay in its"
            f" subnets. Write it back: `zones: [{', '.join(zones + further)}]`"
        )
    for layer, moves in sorted(moved.items()):
        yield (
            f"network: subnets of layer {layer} cannot change from {', '.join(sorted(moves))}, because AWS changes no"
            " subnet, and what sits in them would go. Take the change of `cidr_block`, `zones` or `layers` back"
        )


def _adopted(state: Iterable[Deployed], zone: AdoptZone) -> Iterator[str]:
    own = any(found.outputs.get("zoneId") == zone.zone_id for found in _of(state, "aws:route53/zone:Zone"))
    if own and not handed_over(state):
        yield (
            f"dns.zone: {zone.zone_id} is the zone that this stack has made, and a stack that adopts it would delete it"
            f" with all its records. First write `zone: {{kind: create, name: {zone.name}, hand_over: true}}` and run"
            " `pulumi up`, then adopt it"
        )
