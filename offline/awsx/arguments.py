"""The arguments of an `awsx:ec2:Vpc`: reading them, and the checks that come before any arithmetic.

Messages are those of pulumi-awsx 3.11.0, but for values that are not known yet, where it has no message of its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offline.awsx.layout import LayoutError, Spec, checked_specs
from offline.awsx.plan import apply
from offline.awsx.values import Output, outputs_within, plain

DEFAULT_ZONE_COUNT = 3
# They decide which children exist, so they must be known.
DECIDE_THE_LAYOUT: dict[str, type] = {
    "availabilityZoneCidrMask": int,
    "availabilityZoneNames": list,
    "cidrBlock": str,
    "numberOfAvailabilityZones": int,
    "subnetNameTagStrategy": str,
    "subnetStrategy": str,
    "vpcEndpointStrategy": str,
}
DECIDE_THE_LAYOUT_NESTED: dict[str, dict[str, type]] = {
    "natGateways": {"strategy": str},
    "subnetSpecs": {"type": str, "name": str, "cidrMask": int, "size": int, "cidrBlocks": list},
    "vpcEndpointSpecs": {"serviceName": str},
}
REQUIRED = ("subnetSpecs", "type"), ("vpcEndpointSpecs", "serviceName")
# What comes before the Region's number: `us-east-` of us-east-1a, `us-gov-west-` of us-gov-west-1a.
ZONE_AREA = re.compile(r"^[a-z]{2}(?:-[a-z]+)+-")


@dataclass(frozen=True)
class ZoneLookup:
    """Zones are not given: take the first `count` that AWS offers. `region` None: the provider's."""

    count: int
    region: str | None

    def choose(self, names: Sequence[str] | None) -> list[str]:
        """
        Raises:
            LayoutError: AWS offers too few zones.
        """
        if not names:
            raise LayoutError(
                "Could not fetch default Availability Zones. If this is an opt-in region, please enable the region "
                "first. Alternatively, you may specify an explicit list of zones in `availabilityZoneNames`."
            )
        if len(names) < self.count:
            raise LayoutError(
                f"The configured region for this provider does not have at least {self.count} Availability Zones. "
                "Either specify an explicit list of zones in availabilityZoneNames or choose a region with at least "
                f"{self.count} AZs."
            )
        return list(names[: self.count])


def zones_of(args: Mapping[str, Any]) -> list[str] | ZoneLookup:
    """Zones given by the caller, or how to find them.

    Raises:
        LayoutError: contradictory arguments, or a Region that is not known yet.
    """
    zones, count = plain(args.get("availabilityZoneNames")), plain(args.get("numberOfAvailabilityZones"))
    if zones and count:
        raise LayoutError("Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified")
    if zones is not None:
        return zones
    region = args.get("region")
    if isinstance(region, Output) and not region.known:
        raise LayoutError(
            "Vpc.region must be a plain string when availabilityZoneNames is not set. If region is dynamic, specify "
            "availabilityZoneNames explicitly."
        )
    return ZoneLookup(DEFAULT_ZONE_COUNT if count is None else count, plain(region) or None)


def check_usable(args: Mapping[str, Any]) -> None:
    """
    Raises:
        LayoutError: names every argument that decides which children there are but is missing, of a wrong type, or not
            known yet.
    """
    problems: list[str] = []
    unknown: list[str] = []
    for place, value, wanted, required in _deciding(args):
        if value is None:
            problems += [f"{place} is missing"] if required else []
        elif _is_unknown(value):
            unknown.append(place)
        elif not isinstance(plain(value), wanted):
            problems.append(f"{place} must be of type {wanted.__name__}, but is {plain(value)!r}")
    if unknown:
        problems.append(
            f"{', '.join(unknown)}: not known before other resources exist, but decides which subnets, routes and "
            "endpoints there are. Give a plain value, not an output of a resource made in the same update."
        )
    if problems:
        raise LayoutError("\n".join(problems))


def _deciding(args: Mapping[str, Any]) -> Iterator[tuple[str, Any, type, bool]]:
    """Place, value, wanted type and necessity of every argument that decides the layout."""
    for key, wanted in DECIDE_THE_LAYOUT.items():
        yield key, args.get(key), wanted, False
    for argument, members in DECIDE_THE_LAYOUT_NESTED.items():
        whole = args.get(argument)
        value = opened(whole)
        if value is None:
            yield argument, whole, object, False
            continue
        single = isinstance(value, Mapping)
        for index, item in enumerate([value] if single else value):
            place = argument if single else f"{argument}[{index}]"
            given = opened(item)
            if not isinstance(given, Mapping):
                yield place, item, dict, True
                continue
            for key, wanted in members.items():
                yield f"{place}.{key}", given.get(key), wanted, (argument, key) in REQUIRED


def check_address_source(args: Mapping[str, Any]) -> None:
    """
    Raises:
        LayoutError: an IPAM pool without, or with too many, ways to say how large the block is.
    """
    if args.get("ipv4IpamPoolId") is None:
        return
    given = [key for key in ("cidrBlock", "ipv4NetmaskLength") if args.get(key) is not None]
    if len(given) == 2:
        raise LayoutError("Only one of 'cidrBlock', 'ipv4NetmaskLength' is allowed.")
    if not given:
        raise LayoutError(
            "If 'ipv4IpamPoolId' is specified, 'ipv4NetmaskLength' or 'cidrBlock' must also be specified."
        )


def check_eips(strategy: str, given: int, zones: int) -> None:
    """
    Raises:
        LayoutError: unknown NAT strategy, or a number of addresses that does not fit it.
    """
    match strategy.lower():
        case "none":
            if given:
                raise LayoutError(
                    f"Elastic IP allocation IDs cannot be specified when NAT Gateway strategy is '{strategy}'."
                )
        case "single":
            if given > 1:
                raise LayoutError(f"Exactly one Elastic IP may be specified when NAT Gateway strategy is '{strategy}'.")
        case "oneperaz":
            if given not in (0, zones):
                raise LayoutError(
                    "The number of Elastic IPs, if specified, must match the number of availability zones for the VPC "
                    f"({zones}) when NAT Gateway strategy is '{strategy}'"
                )
        case _:
            raise LayoutError(f"Unknown NatGatewayStrategy '{strategy}'")


def nat_of(args: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """NAT strategy, and the allocation ids given (which may be unknown one by one)."""
    nat = opened(args.get("natGateways")) or {}
    ids = nat.get("elasticIpAllocationIds")
    if _is_unknown(ids) and isinstance(ids, Output):
        raise LayoutError(
            "natGateways.elasticIpAllocationIds: the list is not known before other resources exist, but its length "
            "must fit the zones. Give a list; its items may be outputs."
        )
    items = opened(ids) or []
    if isinstance(ids, Output):
        items = [Output(plain(item), secret=ids.secret, dependencies=ids.dependencies) for item in items]
    return plain(nat.get("strategy")) or "OnePerAz", list(items)


def specs_of(args: Mapping[str, Any], strategy: str, zone_count: int) -> tuple[Spec, ...] | None:
    """
    Raises:
        LayoutError: lists every mistake at once.
    """
    given = opened(args.get("subnetSpecs"))
    if given is None:
        return None
    specs = [_spec(opened(item)) for item in given]
    if strategy == "AutoMerge" and any(spec.cidr_blocks is not None for spec in specs):
        raise LayoutError(
            'subnetStrategy="AutoMerge" does not support subnetSpecs with explicit cidrBlocks. Use '
            'subnetStrategy="Auto" or "Exact" to fully specify the subnet layout.'
        )
    return checked_specs(specs, zone_count)


def zone_suffixes(zones: Sequence[str]) -> list[str]:
    """What tells zones of a Region apart: `1a` of us-east-1a.

    Raises:
        LayoutError: two zones (of different Regions) share it.
    """
    seen: dict[str, str] = {}
    for zone in zones:
        suffix = ZONE_AREA.sub("", zone)
        if suffix in seen:
            raise LayoutError(
                'subnetNaming="AvailabilityZone" requires availability zones with distinct suffixes, but '
                f'"{seen[suffix]}" and "{zone}" both reduce to "{suffix}".'
            )
        seen[suffix] = zone
    return list(seen)


def merged_tags(*parts: Any) -> Any:
    """Tags of all parts; a later part wins. A part may be absent, or unknown as a whole."""
    return apply(lambda *known: {key: value for part in known if part for key, value in part.items()}, *parts)


def opened(value: Any) -> Any:
    """The collection inside an `Output`, its items as they are."""
    return value.value if isinstance(value, Output) else value


def _spec(spec: Mapping[str, Any]) -> Spec:
    blocks = plain(spec.get("cidrBlocks"))
    return Spec(
        type=plain(spec["type"]),
        name=plain(spec.get("name")),
        cidr_mask=plain(spec.get("cidrMask")),
        size=plain(spec.get("size")),
        cidr_blocks=None if blocks is None else tuple(blocks),
        tags=spec.get("tags"),
        assign_ipv6=spec.get("assignIpv6AddressOnCreation"),
    )


def _is_unknown(value: Any) -> bool:
    return any(not output.known for output in outputs_within(value))
