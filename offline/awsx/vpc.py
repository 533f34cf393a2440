"""The children and outputs of an `awsx:ec2:Vpc`, as a plan: nothing is registered here.

Behaviour recorded from pulumi-awsx 3.11.0 (tests/offline/awsx/data). Arguments:
https://www.pulumi.com/registry/packages/awsx/api-docs/ec2/vpc/#inputs
"""

import json
from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from offline.awsx.arguments import check_eips, merged_tags, nat_of, specs_of, zone_suffixes
from offline.awsx.endpoints import Surroundings, add_endpoints, dns_settings, endpoints_of
from offline.awsx.layout import Layout, LayoutError, Subnet
from offline.awsx.plan import Apply, Child, Plan, Ref, Whole, apply
from offline.awsx.values import plain

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ROUTE = "aws:ec2/route:Route"
EIP = "aws:ec2/eip:Eip"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"

DEFAULT_CIDR_BLOCK = "10.0.0.0/16"
DEFAULT_ZONE_COUNT = 3
ANYWHERE = "0.0.0.0/0"
# Passed to the VPC unchanged.
PASSED_ON = (
    "assignGeneratedIpv6CidrBlock",
    "enableNetworkAddressUsageMetrics",
    "instanceTenancy",
    "ipv4IpamPoolId",
    "ipv4NetmaskLength",
    "ipv6CidrBlock",
    "ipv6CidrBlockNetworkBorderGroup",
    "ipv6IpamPoolId",
    "ipv6NetmaskLength",
    "region",
)
KIND_ORDER = {"public": 0, "private": 1}


def plan_vpc(name: str, args: Mapping[str, Any], zones: Sequence[str]) -> Plan:
    """Everything that the component makes.

    Raises:
        LayoutError: as the published plugin would refuse it.
    """
    return _VpcPlanner(name, args, zones).plan


class _VpcPlanner:
    def __init__(self, name: str, args: Mapping[str, Any], zones: Sequence[str]) -> None:
        self.name, self.args, self.zones = name, args, zones
        self.tags = args.get("tags")
        self.shared_tags = merged_tags({"Name": name}, self.tags)
        self.nat_strategy, self.given_eips = nat_of(args)
        self.plan = Plan()
        self.made: dict[str, list[str]] = {
            kind: [] for kind in (SUBNET, ROUTE_TABLE, ASSOCIATION, ROUTE, EIP, NAT_GATEWAY)
        }
        self.by_kind: dict[str, list[str]] = {"public": [], "private": [], "isolated": []}
        self._build()

    def _build(self) -> None:
        check_eips(self.nat_strategy, len(self.given_eips), len(self.zones))
        strategy = plain(self.args.get("subnetStrategy")) or "Legacy"
        by_zone_name = plain(self.args.get("subnetNameTagStrategy")) == "AvailabilityZone"
        suffixes = zone_suffixes(self.zones) if by_zone_name else None
        layout = Layout(
            self.name,
            len(self.zones),
            strategy,
            specs_of(self.args, strategy, len(self.zones)),
            plain(self.args.get("availabilityZoneCidrMask")),
        )
        cidr, blocks = self._blocks(layout)
        self._check_nat(layout)
        described = apply(layout.described, blocks)
        if layout.warns_of_new_default and plain(self.args.get("subnetStrategy")) is None:
            self.plan.warnings.append(_new_default_warning(described))

        self.vpc = self._vpc(cidr)
        gateway = self._add(INTERNET_GATEWAY, self.name, {"vpcId": Ref(self.vpc), "tags": self.shared_tags}, self.vpc)
        self._subnets(layout, blocks, suffixes, gateway)
        endpoints = self._endpoints()
        self._publish(described, gateway, endpoints)

    def _blocks(self, layout: Layout) -> tuple[str | None, Any]:
        """The VPC's block (None: IPAM allocates it) and the block of each subnet."""
        cidr: str | None = plain(self.args.get("cidrBlock"))
        if cidr is None and self.args.get("ipv4IpamPoolId") is None:
            cidr = DEFAULT_CIDR_BLOCK
        if cidr:
            blocks = layout.blocks(cidr)
            layout.check(cidr, blocks)
            return cidr, blocks
        if layout.legacy:
            raise LayoutError(
                'Dynamically allocated cidrBlock ranges are not supported with subnetStrategy="Legacy". '
                '"Try using subnetStrategy="Auto"'
            )

        def allocate(allocated: str) -> list[str]:
            blocks = layout.blocks(allocated)
            layout.check(None, blocks)
            return blocks

        return None, Apply(allocate, (Ref(f"{VPC}::{self.name}", "cidrBlock"),))

    def _check_nat(self, layout: Layout) -> None:
        kinds = {subnet.spec.type.lower() for subnet in layout.subnets}
        if self.nat_strategy.lower() != "none" and not ("public" in kinds and kinds & {"private", "isolated"}):
            raise LayoutError(
                "If NAT Gateway strategy is 'OnePerAz' or 'Single', public subnets must be declared to host the NAT "
                "Gateway resource, along with private or isolated subnets to route through it."
            )

    def _vpc(self, cidr: str | None) -> str:
        inputs = {key: self.args.get(key) for key in PASSED_ON}
        inputs |= dns_settings(self.args, endpoints_of(self.args))
        inputs |= {"cidrBlock": cidr, "tags": self.shared_tags}
        return self.plan.add(Child(VPC, self.name, inputs))

    def _add(self, kind: str, name: str, inputs: Mapping[str, Any], parent: str) -> str:
        """Register a child that also waits for its parent, in the component's Region."""
        inputs = {"region": self.args.get("region"), **inputs}
        key = self.plan.add(Child(kind, name, inputs, parent, (parent,)))
        if kind in self.made:
            self.made[kind].append(key)
        return key

    def _subnets(self, layout: Layout, blocks: Any, suffixes: Sequence[str] | None, gateway: str) -> None:
        for zone in range(len(self.zones)):
            here = [(i, s) for i, s in enumerate(layout.subnets) if s.zone == zone and s.spec.type != "Unused"]
            here.sort(key=lambda placed: KIND_ORDER.get(placed[1].spec.type.lower(), 2))
            for position, (index, subnet) in enumerate(here):
                suffix = suffixes[zone] if suffixes else str(zone + 1)
                block = apply(lambda all_blocks, i=index: all_blocks[i], blocks)
                tag = f"{self.name}-{subnet.spec.label}-{suffix}"
                self._subnet(subnet, block, tag, zone + position * len(self.zones), gateway)

    def _subnet(self, subnet: Subnet, block: Any, tag: str, ipv6_number: int, gateway: str) -> None:
        spec, name, kind = subnet.spec, subnet.name(self.name), subnet.spec.type.lower()
        identity = {"Name": tag, "SubnetType": spec.type}
        assigns = apply(
            lambda own, vpcs: bool(vpcs) if own is None else own,
            spec.assign_ipv6,
            self.args.get("assignGeneratedIpv6CidrBlock"),
        )
        key = self._add(
            SUBNET,
            name,
            {
                "vpcId": Ref(self.vpc),
                "availabilityZone": self.zones[subnet.zone],
                "mapPublicIpOnLaunch": kind == "public",
                "cidrBlock": block,
                "assignIpv6AddressOnCreation": assigns,
                "ipv6CidrBlock": Apply(_ipv6_block, (Ref(self.vpc, "ipv6CidrBlock"), assigns, ipv6_number)),
                "tags": merged_tags(self.shared_tags, spec.tags, identity),
            },
            self.vpc,
        )
        self.by_kind[kind if kind in KIND_ORDER else "isolated"].append(key)
        table_inputs = {"vpcId": Ref(self.vpc), "tags": merged_tags(self.shared_tags, identity)}
        table = self._add(ROUTE_TABLE, name, table_inputs, key)
        self._add(ASSOCIATION, name, {"routeTableId": Ref(table), "subnetId": Ref(key)}, table)
        if kind == "public":
            self._nat_gateway(subnet.zone, key)
        self._route(kind, subnet.zone, name, table, gateway)

    def _nat_gateway(self, zone: int, subnet: str) -> None:
        """In the zone's first public subnet, or in the very first one."""
        wanted = {"none": 0, "single": 1, "oneperaz": zone + 1}[self.nat_strategy.lower()]
        if len(self.made[NAT_GATEWAY]) >= wanted:
            return
        name = f"{self.name}-{zone + 1}"
        tags = merged_tags(self.tags, {"Name": name})
        allocation = self.given_eips[zone] if self.given_eips else None
        if allocation is None:
            allocation = Ref(self._add(EIP, name, {"tags": tags}, subnet), "allocationId")
        self._add(NAT_GATEWAY, name, {"subnetId": Ref(subnet), "allocationId": allocation, "tags": tags}, subnet)

    def _route(self, kind: str, zone: int, name: str, table: str, gateway: str) -> None:
        if kind == "public":
            way_out = {"gatewayId": Ref(gateway)}
        elif kind == "private" and self.nat_strategy.lower() != "none":
            number = 0 if self.nat_strategy.lower() == "single" else zone
            way_out = {"natGatewayId": Ref(self.made[NAT_GATEWAY][number])}
        else:
            return
        self._add(ROUTE, name, {"routeTableId": Ref(table), "destinationCidrBlock": ANYWHERE, **way_out}, table)

    def _endpoints(self) -> list[str]:
        """One subnet per zone for interface endpoints: private rather than isolated rather than public."""
        subnets: dict[str, str] = {}
        zone_of = {c.key: c.inputs["availabilityZone"] for c in self.plan.children if c.type == SUBNET}
        for kind in ("private", "isolated", "public"):
            for key in self.by_kind[kind]:
                subnets.setdefault(zone_of[key], key)
        chosen = [subnets[zone] for zone in dict.fromkeys(self.zones) if zone in subnets]
        place = Surroundings(self.vpc, self.shared_tags, chosen, self.made[ROUTE_TABLE])
        return add_endpoints(self.plan, self.args, place)

    def _publish(self, described: Any, gateway: str, endpoints: Sequence[str]) -> None:
        def whole(keys: Sequence[str]) -> list[Whole]:
            return [Whole(key) for key in keys]

        def ids(keys: Sequence[str]) -> list[Ref]:
            return [Ref(key) for key in keys]

        self.plan.awaited_by_outputs = [self.vpc, *self.made[SUBNET]]
        self.plan.outputs = {
            "vpc": Whole(self.vpc),
            "vpcId": Ref(self.vpc),
            "subnets": whole(self.made[SUBNET]),
            "subnetLayout": described,
            "routeTables": whole(self.made[ROUTE_TABLE]),
            "routeTableAssociations": whole(self.made[ASSOCIATION]),
            "routes": whole(self.made[ROUTE]),
            "internetGateway": Whole(gateway),
            "natGateways": whole(self.made[NAT_GATEWAY]),
            "eips": whole(self.made[EIP]),
            "vpcEndpoints": whole(endpoints),
        }
        for kind, keys in self.by_kind.items():
            self.plan.outputs[f"{kind}Subnets"] = whole(keys)
            self.plan.outputs[f"{kind}SubnetIds"] = ids(keys)


def _ipv6_block(vpc_block: str | None, assigns: bool, number: int) -> str | None:
    """The n-th /64 of the VPC's /56; None when the subnet hands out no IPv6 addresses."""
    if not assigns:
        return None
    if not vpc_block:
        raise LayoutError(
            "Subnets with assignIpv6AddressOnCreation=true require the VPC to have an IPv6 CIDR block. Set "
            "assignGeneratedIpv6CidrBlock=true or provide ipv6CidrBlock."
        )
    address, _, mask = vpc_block.partition("/")
    if not mask:
        raise LayoutError(f'"{vpc_block}" is not a valid IPv6 CIDR block')
    try:
        base = int(IPv6Address(address))
    except AddressValueError as error:
        raise LayoutError(f'"{address}" is not a valid IPv6 address') from error
    if mask != "56":
        raise LayoutError(f"VPC must be a /56 block (got /{mask})")
    if number > 255:
        raise LayoutError("index must be an integer from 0-255")
    return f"{IPv6Address(base >> 72 << 72 | number << 64)}/64"


def _new_default_warning(described: Sequence[Mapping[str, Any]]) -> str:
    return (
        'The default subnetStrategy will change from "Legacy" to "Auto" in the next major version. Please specify the '
        'subnetStrategy explicitly. The current subnet layout can be specified via "Auto" as:\n\n'
        + json.dumps(described, separators=(",", ":"))
    )
