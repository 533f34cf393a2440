"""Section `network`: the VPC, its subnets over the zones, and how they reach AWS and the internet."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import ZoneName
from settings.problems import NOTHING, Refusal, refuse
from settings.types import LogRetentionDays

LayerName = Literal["public", "app", "data", "payment", "firewall"]
LAYERS: tuple[LayerName, ...] = ("app", "public", "data", "payment", "firewall")
"""In the order in which they take their blocks within a zone; a further layer goes to the end, or blocks would move."""
# Eighth of the VPC's block at which the subnets of each zone begin. The first four zones have a quarter each; the fifth
# and the sixth take the second halves of the first two, so that a new zone moves no subnet of the others.
_EIGHTHS = (0, 2, 4, 6, 1, 3)


def _network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise refuse(f"must be an IPv4 block in CIDR form: {error}", write=_without_host_bits(text)) from error


def _without_host_bits(text: str) -> Any:
    try:
        return str(IPv4Network(text, strict=False))
    except ValueError:
        return NOTHING


def _block(text: str) -> str:
    network = _network(text)
    if not network.is_private and not network.subnet_of(IPv4Network("100.64.0.0/10")):
        raise refuse(
            "must be private address space (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10): the VPC could"
            " not reach the owners of public addresses"
        )
    return text


def _vpc_block(text: str) -> str:
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    network = IPv4Network(text)
    if not 16 <= network.prefixlen <= 28:
        prefix = 16 if "/" not in text or network.prefixlen < 16 else 28
        block = IPv4Network((network.network_address, prefix), strict=False)
        raise refuse("must be a block between /16 and /28, the sizes that AWS takes for a VPC", write=str(block))
    return text


_CIDR: dict[str, Any] = {
    "pattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$",
    "patternErrorMessage": "an IPv4 block in CIDR form, such as 10.0.0.0/24",
}
Cidr = Annotated[
    str,
    AfterValidator(_block),
    Field(json_schema_extra=_CIDR, examples=["10.0.0.0/24"]),
]
VpcCidr = Annotated[Cidr, AfterValidator(_vpc_block), Field(examples=["10.20.0.0/16"])]

InterfaceEndpoint = Literal[
    "appconfigdata",
    "ecr.api",
    "ecr.dkr",
    "elasticfilesystem",
    "events",
    "frauddetector",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "runtime-v2-lex",
    "sagemaker.runtime",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "xray",
]


class Layer(Section):
    """Subnets of one layer, one in each zone: either their size or their blocks."""

    # A load balancer takes subnets from /27 on
    # (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html).
    mask: int | None = Field(default=None, ge=16, le=27)
    """Prefix length of each subnet; their addresses are computed from the VPC's block. Fixed once the subnets are made:
    AWS changes no subnet's block (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""

    cidr_blocks: (
        Annotated[tuple[Cidr, ...], Field(min_length=2, max_length=6, examples=[["10.20.240.0/24", "10.20.241.0/24"]])]
        | None
    ) = None
    """Blocks given by an address plan, in the order of `zones`, instead of `mask`."""

    @section_rule
    def _either(self) -> Iterator[Refusal]:
        if (self.mask is None) == (self.cidr_blocks is None):
            yield refuse("must have either `mask` or `cidr_blocks`", fix="or `cidr_blocks` alone", write={"mask": 24})


class FirewallLayer(Layer):
    """Subnets of firewall endpoints, which take one address each; AWS makes none smaller than /28."""

    mask: int | None = Field(default=None, ge=16, le=28)
    """Prefix length of each subnet; fixed once the subnets are made."""


class Layers(Section):
    """The subnet layers of the VPC."""

    public: Layer = Layer(mask=24)
    """Load balancers open to the internet, and NAT gateways."""

    app: Layer = Layer(mask=20)
    """Services; out through NAT only."""

    data: Layer = Layer(mask=24)
    """Caches, clusters and other stores; no way out."""

    payment: Layer = Layer(mask=24)
    """Payment services; out as `payment_egress` says."""

    firewall: FirewallLayer = FirewallLayer(mask=28)
    """Firewall endpoints, which nothing else may share a subnet with; made only where there is a firewall
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/vpc-config-subnets.html)."""


def _destination(text: str) -> str:
    block = _network(text)
    if block.prefixlen < 16:
        raise refuse(
            "must be /16 or smaller: a larger block has addresses of others than the provider",
            fix="list the blocks that the provider publishes, such as 203.0.113.0/24",
        )
    return str(block)


def _once(section: Section, *names: str) -> Iterator[Refusal]:
    """Lists of a section that name an entry twice."""
    for name in names:
        listed: tuple[str, ...] = getattr(section, name)
        twice = sorted({item for item in listed if listed.count(item) > 1})
        if twice:
            once = list(dict.fromkeys(listed))
            yield refuse(f"must name {', '.join(twice)} once", fix="leave the second one out", at=(name,), write=once)


# A security group takes 60 rules in each direction, and its owner opens some to AWS services
# (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups).
Destinations = Annotated[
    tuple[
        Annotated[
            str,
            AfterValidator(_destination),
            Field(json_schema_extra=_CIDR, examples=["203.0.113.0/24", "198.51.100.0/24"]),
        ],
        ...,
    ],
    Field(max_length=40),
]
AllowedDomain = Annotated[
    str,
    form(
        r"^\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a host name in small letters, with a dot before it for all below",
        "api.payments.example.com",
        max_length=253,
        one_environment="a domain name",
    ),
]


class DnsFirewallSettings(Section):
    """Route 53 Resolver DNS Firewall: the names that the VPC may ask its resolver for.

    It holds the whole VPC, because AWS filters queries by VPC and not by subnet
    ([ADR 14](adr/0014-dns-firewall-of-the-vpc.md)). Listed by themselves are the third parties that services call, AWS,
    the VPC's and the store's own names, and registries of images.
    """

    mode: Literal["block", "alert"] = "block"
    """Other names do not exist (`block`), or are answered, logged and alarmed (`alert`, to find what is missing)."""

    further_domains: Annotated[tuple[AllowedDomain, ...], Field(max_length=100)] = ()
    """Names that other services of the VPC ask for, such as those of partners; with a dot before it, all below."""

    fail_open: bool = False
    """Answer every name while the firewall itself does not respond; by default no name is answered then."""

    log_days: LogRetentionDays = 365
    """How long queries are kept."""

    @section_rule
    def _no_repeats(self) -> Iterator[Refusal]:
        return _once(self, "further_domains")


class FirewallEgress(Section):
    """Payment services reach the listed domains over TLS; AWS Network Firewall drops and logs everything else.

    Billed by zone and hour, and by byte (https://aws.amazon.com/network-firewall/pricing/).
    """

    engine: Literal["network_firewall"]

    domains: Annotated[tuple[AllowedDomain, ...], Field(max_length=50)] = ()
    """Host names beside those of the third parties that payment services call, which are on the list by themselves;
    with a dot before it, a domain and all below."""

    cidr_blocks: Destinations = ()
    """The provider's published addresses, if it has some: then both name and address must match, because callers can
    claim any name."""

    delete_protection: bool | None = None
    """Protection of the firewalls against deletion, in AWS; by default as `environment.protect`. To go over to another
    engine takes two updates: the first one with `false`, the second one with the other `engine`."""

    log_days: LogRetentionDays = 365
    """How long the firewall's alerts and flows are kept."""

    dns: DnsFirewallSettings = DnsFirewallSettings()
    """The names that may be asked for: without it data leaves in names, which no other firewall sees."""

    @section_rule
    def _no_repeats(self) -> Iterator[Refusal]:
        return _once(self, "domains", "cidr_blocks")


class AddressEgress(Section):
    """Payment services reach the listed addresses through NAT; no firewall looks at names."""

    engine: Literal["addresses"]

    cidr_blocks: Annotated[Destinations, Field(min_length=1)]
    """The payment provider's published addresses."""

    @section_rule
    def _no_repeats(self) -> Iterator[Refusal]:
        return _once(self, "cidr_blocks")


class OpenEgress(Section):
    """Payment services reach any HTTPS address through NAT: for development."""

    engine: Literal["open"]


class ClosedEgress(Section):
    """Payment services reach nothing outside the VPC, as where the provider offers an endpoint inside."""

    engine: Literal["closed"]


PaymentEgress = Annotated[
    FirewallEgress | AddressEgress | OpenEgress | ClosedEgress,
    Field(discriminator="engine", examples=[{"engine": "network_firewall", "domains": ["api.payments.example.com"]}]),
]


class FlowLogs(Section):
    """Record of the VPC's connections, in CloudWatch Logs."""

    traffic: Literal["ALL", "REJECT"] = "ALL"
    """Which connections are recorded; `REJECT` costs less and leaves out what a forensic search needs."""

    retention_days: LogRetentionDays = 365
    """How long they are kept."""

    aggregation_seconds: Literal[60, 600] = 600
    """Longest time over which a connection's packets are added up."""


class NetworkSettings(Section):
    """The VPC, its subnets over the zones, and how they reach AWS and the internet."""

    cidr_block: VpcCidr
    """The VPC's addresses. A quarter goes to each zone (an eighth, with five or six), so that zones can be added. Fixed
    once the VPC is made."""

    zones: Annotated[tuple[ZoneName, ...], Field(min_length=2, max_length=6, examples=[["eu-west-1a", "eu-west-1b"]])]
    """Availability Zones, at least two. Add new ones at the end: the order decides the subnets' addresses. None can be
    taken away again, because nodes of caches and brokers stay in its subnets. Kafka clusters, serverless caches and the
    API's VPC link keep the zones that they were made with."""

    layers: Layers = Layers()
    """Sizes of the subnets."""

    nat: Literal["one_per_az", "single", "none"] = "one_per_az"
    """NAT gateways: one in each zone; one for all, which goes down with its zone; or no way to the internet."""

    interface_endpoints: tuple[InterfaceEndpoint, ...] | None = None
    """AWS services reached inside the VPC, each billed per zone and hour; without the setting those that something in
    the VPC uses. A shorter list sends the rest through NAT, where there is a way. S3 and DynamoDB always are, for
    free."""

    flow_logs: FlowLogs = FlowLogs()
    """Record of the VPC's connections."""

    payment_egress: PaymentEgress = ClosedEgress(engine="closed")
    """How payment services reach their provider: `network_firewall` lets listed domains pass (production), `addresses`
    listed addresses, `open` any HTTPS address (development), `closed` (default) none."""

    def subnets(self) -> dict[LayerName, tuple[IPv4Network, ...]]:
        """The block of each layer's subnet in each zone, in the order of `zones`."""
        return plan_subnets(self.cidr_block, len(self.zones), self.layers, made_layers(self.payment_egress))


@dataclass(frozen=True, kw_only=True)
class NetworkNeeds:
    """What other sections need of the network."""

    endpoints: tuple[str, ...] = ()
    """AWS services with an interface endpoint."""
    payment_hosts: tuple[str, ...] = ()
    """Hosts that a firewall lets payment services reach, beside those of `payment_egress`."""
    names: tuple[str, ...] = ()
    """Names that a DNS firewall answers, beside those of `payment_egress`; with a dot before it, all below."""


def made_layers(egress: PaymentEgress) -> tuple[LayerName, ...]:
    """The layers that have subnets, in the order of `LAYERS`."""
    return LAYERS if isinstance(egress, FirewallEgress) else LAYERS[:-1]


def plan_subnets(
    cidr_block: str, zones: int, layers: Layers, made: tuple[LayerName, ...] = LAYERS
) -> dict[LayerName, tuple[IPv4Network, ...]]:
    """Lay the subnets out: zone by zone, each layer at the next address that is a multiple of its size.

    Blocks can lie outside their zone, or the VPC, when they do not fit; `settings.relations` refuses that.
    """
    vpc = IPv4Network(cidr_block)
    blocks: dict[LayerName, list[IPv4Network]] = {layer: [] for layer in made}
    for zone in range(zones):
        free = int(vpc.network_address) + _EIGHTHS[zone] * (vpc.num_addresses >> 3)
        for name in made:
            layer: Layer = getattr(layers, name)
            if layer.cidr_blocks is not None:
                blocks[name].extend(IPv4Network(block) for block in layer.cidr_blocks[zone : zone + 1])
            elif layer.mask is not None:
                size = 1 << (32 - layer.mask)
                start = -(-free // size) * size
                blocks[name].append(IPv4Network((start, layer.mask)))
                free = start + size
    return {name: tuple(found) for name, found in blocks.items()}


def zone_addresses(cidr_block: str, zones: int) -> int:
    """Addresses that each zone has of the VPC's block."""
    return IPv4Network(cidr_block).num_addresses >> (2 if zones <= 4 else 3)
