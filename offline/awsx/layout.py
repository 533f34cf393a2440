"""Which address block each subnet of an `awsx:ec2:Vpc` gets. Pure arithmetic.

Behaviour recorded from pulumi-awsx 3.11.0 (tests/offline/awsx/data), its oddities included: users see the same blocks
and the same messages as with the published plugin. Documentation:
https://www.pulumi.com/registry/packages/awsx/api-docs/ec2/vpc/#subnet-layout-strategies
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network, summarize_address_range
from itertools import groupby, pairwise
from typing import Any

# A subnet's size is given by its mask: /0 down to /30, the smallest that the plugin accepts.
SIZES = tuple(2 ** (32 - mask) for mask in range(31))
LEGACY_DEFAULT_MASKS = {"private": 19, "public": 20, "isolated": 24}
TINIEST_ZONE_MASK = 26
WIDEST_DEFAULT_ZONE_MASK = 16


class LayoutError(ValueError):
    """The arguments of the component cannot be laid out; the text is that of the published plugin."""


@dataclass(frozen=True)
class Spec:
    """One kind of subnet, made once per zone. `cidr_blocks` has one block per zone."""

    type: str
    name: str | None = None
    cidr_mask: int | None = None
    size: int | None = None
    cidr_blocks: tuple[str, ...] | None = None
    tags: Any = None
    assign_ipv6: Any = None

    @property
    def label(self) -> str:
        return self.type.lower() if self.name is None else self.name

    @property
    def described(self) -> dict[str, Any]:
        """The spec as the output `subnetLayout` shows it."""
        blocks = None if self.cidr_blocks is None else list(self.cidr_blocks)
        shown = {
            "name": self.name,
            "cidrBlocks": blocks,
            "cidrMask": self.cidr_mask,
            "size": self.size,
            "type": self.type,
        }
        return {key: value for key, value in shown.items() if value}


@dataclass(frozen=True)
class Subnet:
    """One subnet of one zone. `zone` counts from 0."""

    zone: int
    spec: Spec

    def name(self, vpc: str) -> str:
        return f"{vpc}-{self.spec.label}-{self.zone + 1}"


@dataclass(frozen=True)
class Layout:
    """What is known before the VPC's block is: which subnets there are, in the order in which blocks are handed out."""

    vpc: str
    zone_count: int
    strategy: str
    specs: tuple[Spec, ...] | None
    zone_mask: int | None = None
    subnets: tuple[Subnet, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.legacy and self.specs is None:
            # All private subnets come first, then all public ones: the order shows in `described`.
            order = [(zone, spec) for spec in _default_specs(None) for zone in range(self.zone_count)]
        else:
            order = [(zone, spec) for zone in range(self.zone_count) for spec in self._arranged(None)]
        object.__setattr__(self, "subnets", tuple(Subnet(zone, spec) for zone, spec in order))

    @property
    def explicit(self) -> bool:
        return bool(self.specs) and self.specs is not None and self.specs[0].cidr_blocks is not None

    @property
    def legacy(self) -> bool:
        return self.strategy == "Legacy" or (self.specs is None and self.strategy not in ("Auto", "AutoMerge"))

    @property
    def warns_of_new_default(self) -> bool:
        """Whether a strategy that nobody chose decides the layout of the caller's own specs."""
        return self.legacy and self.specs is not None and not self.explicit

    def blocks(self, cidr: str) -> list[str]:
        """Block of each of `subnets` in a VPC of this block.

        Raises:
            LayoutError: the VPC's block is malformed or too small.
        """
        if self.explicit and not self.legacy:
            return [subnet.spec.cidr_blocks[subnet.zone] for subnet in self.subnets if subnet.spec.cidr_blocks]
        vpc = network(cidr)
        return self._legacy_blocks(vpc) if self.legacy else self._auto_blocks(vpc)

    def described(self, blocks: Sequence[str]) -> list[dict[str, Any]]:
        """The output `subnetLayout`: the caller's specs, or what an Auto layout with the same result would say."""
        if self.specs is not None and self.strategy not in ("Legacy", "AutoMerge"):
            return [spec.described for spec in self.specs]
        shown: list[dict[str, Any]] = []
        previous: IPv4Network | None = None
        for subnet, text in list(zip(self.subnets, blocks, strict=True))[: len(blocks) // max(self.zone_count, 1)]:
            block = network(text)
            if previous is not None:
                shown += [{"cidrMask": gap.prefixlen, "type": "Unused"} for gap in gaps_between(previous, block)]
            shown.append({"cidrMask": block.prefixlen, "type": subnet.spec.type})
            previous = block
        return shown

    def check(self, cidr: str | None, blocks: Sequence[str]) -> None:
        """Refuse overlaps and, for strategy Exact, any unused address. `cidr` None: allocated by IPAM, not compared.

        Raises:
            LayoutError: names every subnet concerned.
        """
        names = [subnet.name(self.vpc) for subnet in self.subnets]
        networks = [network(block) for block in blocks]
        clashing = [
            f"{names[i]}: {blocks[i]}"
            for i, one in enumerate(networks)
            if any(i != j and one.overlaps(other) for j, other in enumerate(networks))
        ]
        if clashing:
            listed = "".join(f"{number}. {text}\n" for number, text in enumerate(clashing, 1))
            raise LayoutError(
                "The following subnets overlap with at least one other subnet. Make the CIDR for the VPC larger, "
                f"reduce the size of the subnets per AZ, or use less Availability Zones:\n\n{listed}"
            )
        if self.strategy == "Exact" and cidr is not None:
            self._check_no_gaps(cidr, list(zip(names, blocks, networks, strict=True)))

    def _check_no_gaps(self, cidr: str, placed: list[tuple[str, str, IPv4Network]]) -> None:
        if not placed:
            raise LayoutError("No subnets specified")
        vpc = network(cidr)
        gaps: list[str] = []
        first_name, first_text, first = placed[0]
        if first.network_address != vpc.network_address:
            gaps.append(f"{first_name} ({first_text}) does not start at the beginning of the VPC ({cidr})")
        for (name, text, block), (next_name, next_text, following) in pairwise(placed):
            if int(following.network_address) != int(block.broadcast_address) + 1:
                gaps.append(f"{name} ({text}) <=> {next_name} ({next_text})")
        name, _, block = placed[-1]
        if _last_host(block) != _last_host(vpc):
            # The stray brace is in the published plugin's message.
            gaps.append(f"{name} (ending {_last_host(block)}) ends before VPC ends (at {_last_host(vpc)}}})")
        if gaps:
            raise LayoutError(f"There are gaps in the subnet ranges. Please fix the following gaps: {', '.join(gaps)}")

    def _arranged(self, zone_mask: int | None) -> tuple[Spec, ...]:
        """Specs of one zone in the order of allocation. `zone_mask` None: masks of default subnets are left open."""
        if self.legacy:
            kinds = ("Private", "Public", "Isolated")
            given = self.specs or ()
            return tuple(replace(s, type=kind) for kind in kinds for s in given if s.type.lower() == kind.lower())
        if self.strategy == "AutoMerge":
            return _merged(self.specs or (), _default_specs(zone_mask))
        return _default_specs(zone_mask) if self.specs is None else self.specs

    def _auto_blocks(self, vpc: IPv4Network) -> list[str]:
        zone_mask = vpc.prefixlen + _bits(self.zone_count) if self.zone_mask is None else self.zone_mask
        specs = self._arranged(zone_mask)
        if not specs:
            raise LayoutError("No subnets specified")
        even_split = zone_mask + _bits(len(specs))
        masks = [even_split if spec.cidr_mask is None else spec.cidr_mask for spec in specs]
        available, required = _size(zone_mask), sum(_size(mask) for mask in masks)
        if required > available:
            raise LayoutError(
                f"Subnets are too large for VPC. VPC has {available} addresses, but subnets require "
                f"{required} addresses."
            )
        placed: list[str] = []
        start = int(vpc.network_address) // available * available
        for zone in range(self.zone_count):
            free = start + zone * available
            for mask in masks:
                # An address that is not aligned to the block's size is skipped, so small before large leaves a hole.
                free = -(-free // _size(mask)) * _size(mask)
                placed.append(f"{_address(free)}/{mask}")
                free += _size(mask)
        return placed

    def _legacy_blocks(self, vpc: IPv4Network) -> list[str]:
        zone_mask = vpc.prefixlen + _bits(self.zone_count)
        if zone_mask > 32:
            raise _no_such_bits(_bits(self.zone_count), 32 - vpc.prefixlen)
        bases = [int(vpc.network_address) + zone * _size(zone_mask) for zone in range(self.zone_count)]
        if self.specs is None:
            masks = {"Private": zone_mask + 1, "Public": zone_mask + 2}
            if masks["Public"] > 32:
                raise _no_such_bits(1, 33 - masks["Public"])
            starts = {"Private": 0, "Public": _size(masks["Private"])}
            return [f"{_address(bases[s.zone] + starts[s.spec.type])}/{masks[s.spec.type]}" for s in self.subnets]
        narrowest = zone_mask if len(self.specs) == 1 else zone_mask + 1
        return [text for base in bases for text in self._legacy_zone(base, zone_mask, narrowest)]

    def _legacy_zone(self, base: int, zone_mask: int, narrowest: int) -> list[str]:
        """Blocks of one zone. The n-th spec of a kind aims n blocks of its own size behind the kind before it."""
        placed: list[str] = []
        last_taken = base - 1
        previous = (last_taken, last_taken)
        for kind, group in groupby(self._arranged(None), key=lambda spec: spec.type.lower()):
            behind = base if not placed else last_taken + 1
            for position, spec in enumerate(group):
                mask = spec.cidr_mask or max(narrowest, LEGACY_DEFAULT_MASKS[kind])
                if mask > 32:
                    raise _no_such_bits(mask - zone_mask, 32 - zone_mask)
                size = _size(mask)
                first = behind + position * size
                if first // size * size <= previous[1] and previous[0] < first // size * size + size:
                    first = (previous[1] // size + 1) * size
                placed.append(f"{_address(first)}/{mask}")
                previous = (first, first + size - 1)
            last_taken = previous[1]
        return placed


def network(cidr: str) -> IPv4Network:
    """Parse a block, host bits allowed.

    Raises:
        LayoutError: not an IPv4 block.
    """
    address, _, mask = cidr.partition("/")
    if mask and not (mask.isdecimal() and int(mask) <= 32):
        raise LayoutError(f"Invalid mask for ip4: {mask}")
    try:
        return IPv4Network((int(IPv4Address(address)), int(mask or 32)), strict=False)
    except AddressValueError as error:
        raise LayoutError(f"Invalid net address: {address}") from error


def gaps_between(one: IPv4Network, other: IPv4Network) -> list[IPv4Network]:
    """Fewest blocks that fill the space between two blocks, lowest first."""
    low, high = sorted((one, other), key=lambda block: int(block.network_address))
    start, end = int(low.broadcast_address) + 1, int(high.network_address) - 1
    return list(summarize_address_range(IPv4Address(start), IPv4Address(end))) if start <= end else []


def checked_specs(specs: Sequence[Spec], zone_count: int) -> tuple[Spec, ...]:
    """The caller's specs with mask and size completed from each other.

    Raises:
        LayoutError: lists every mistake at once.
    """
    issues = _repeated_names(specs)
    wrong_sizes = [str(spec.size) for spec in specs if spec.size is not None and spec.size not in SIZES]
    if wrong_sizes:
        valid = ", ".join(str(size) for size in SIZES)
        issues.append(f"The following subnet sizes are invalid: {', '.join(wrong_sizes)}. Valid sizes are: {valid}.")
    explicit = any(spec.cidr_blocks is not None for spec in specs)
    completed: list[Spec] = []
    for index, spec in enumerate(specs):
        problem = _explicit_problem(index, spec, zone_count) if explicit else None
        if not explicit:
            mask = spec.cidr_mask
            if mask is None and spec.size in SIZES:
                mask = SIZES.index(spec.size)
            size = SIZES[mask] if mask and mask < len(SIZES) else None
            if spec.size in SIZES and size is not None and size != spec.size:
                problem = f"Subnet size {spec.size} does not match the expected size for a /{mask} subnet ({size})."
            completed.append(replace(spec, cidr_mask=mask, size=size))
        if problem:
            issues.append(problem)
    if issues:
        raise LayoutError("Invalid subnet specifications:\n - " + "\n - ".join(issues))
    return tuple(specs) if explicit else tuple(completed)


def _repeated_names(specs: Sequence[Spec]) -> list[str]:
    names: dict[str, list[str | None]] = {}
    for spec in specs:
        names.setdefault(spec.type.lower(), []).append(spec.name)
    return [_repeated(kind) for kind, given in names.items() if len(set(given)) < len(given)]


def _repeated(kind: str) -> str:
    return (
        f'Multiple subnet specs of type "{kind}" require unique names. You can have at most one unnamed subnet per '
        'type. All other subnets of the same type must have unique "name" properties to avoid duplicate resource names.'
    )


def _explicit_problem(index: int, spec: Spec, zone_count: int) -> str | None:
    if spec.cidr_blocks is None:
        return "If any subnet spec has explicit cidrBlocks, all subnets must have explicit cidrBlocks."
    if len(spec.cidr_blocks) != zone_count:
        return (
            f"The number of CIDR blocks in subnetSpecs[{index}] must match the number of availability zones "
            f"({zone_count})."
        )
    blocks = [network(block) for block in spec.cidr_blocks]
    if spec.cidr_mask is not None and any(block.prefixlen != spec.cidr_mask for block in blocks):
        return f"The cidrMask in subnetSpecs[{index}] must match all cidrBlocks or be left undefined."
    if spec.size is not None and any(block.num_addresses != spec.size for block in blocks):
        return f"The size in subnetSpecs[{index}] must match all cidrBlocks or be left undefined."
    return None


def _default_specs(zone_mask: int | None) -> tuple[Spec, Spec]:
    """Private, then public. A zone wider than /16 is laid out like a /16."""
    if zone_mask is None:
        return Spec("Private"), Spec("Public")
    if zone_mask > TINIEST_ZONE_MASK:
        raise LayoutError(
            f"Automatic subnet creation requires a VPC with at least /{TINIEST_ZONE_MASK} available per AZ, but only "
            # No space after the full stop: so does the published plugin.
            f"/{zone_mask} is available.If you do need very small subnets, please specify them explicitly."
        )
    base = max(zone_mask, WIDEST_DEFAULT_ZONE_MASK)
    return Spec("Private", cidr_mask=base + 1), Spec("Public", cidr_mask=base + 2)


def _merged(specs: Sequence[Spec], defaults: Sequence[Spec]) -> tuple[Spec, ...]:
    """Strategy AutoMerge: an unnamed spec replaces the default of its type, mask included; all others are added."""
    default_kinds = [default.type.lower() for default in defaults]
    overrides = {s.type.lower(): s for s in specs if s.name is None and s.type.lower() in default_kinds}
    extra = [s for s in specs if s.name is not None or s.type.lower() not in default_kinds]
    return (*(overrides.get(default.type.lower(), default) for default in defaults), *extra)


def _no_such_bits(wanted: int, available: int) -> LayoutError:
    return LayoutError(f"Requested {wanted} new bits, but only {available} are available.")


def _bits(count: int) -> int:
    """Bits that number `count` things."""
    return (count - 1).bit_length() if count else 0


def _size(mask: int) -> int:
    return 2 ** (32 - mask) if mask <= 32 else 1


def _address(number: int) -> IPv4Address:
    return IPv4Address(number % 2**32)


def _last_host(block: IPv4Network) -> IPv4Address:
    return block.broadcast_address if block.prefixlen > 30 else block.broadcast_address - 1
