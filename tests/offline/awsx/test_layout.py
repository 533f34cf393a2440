"""Address arithmetic beyond the recorded cases."""

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.awsx.layout import SIZES, Layout, LayoutError, Spec, checked_specs, gaps_between, network

TYPES = ("Public", "Private", "Isolated")


def layout(strategy: str, zones: int, *specs: Spec, zone_mask: int | None = None) -> Layout:
    return Layout("net", zones, strategy, checked_specs(specs, zones) if specs else None, zone_mask)


@st.composite
def fitting(draw: st.DrawFn) -> tuple[str, int, list[Spec]]:
    """A VPC, a number of zones, and specs from large to small that together fit a zone."""
    vpc_mask, zones = draw(st.integers(16, 20)), draw(st.integers(1, 6))
    zone_mask = vpc_mask + (zones - 1).bit_length()
    count = draw(st.integers(1, 4))
    masks = sorted(draw(st.lists(st.integers(zone_mask + 2, 28), min_size=count, max_size=count)))
    specs = [Spec(draw(st.sampled_from(TYPES)), name=f"s{i}", cidr_mask=mask) for i, mask in enumerate(masks)]
    return f"10.32.0.0/{vpc_mask}", zones, specs


@given(fitting())
def test_auto_blocks_stay_in_their_zone_keep_their_size_and_never_overlap(case: tuple[str, int, list[Spec]]) -> None:
    cidr, zones, specs = case
    arranged = layout("Auto", zones, *specs)
    blocks = [IPv4Network(block) for block in arranged.blocks(cidr)]
    zone_mask = network(cidr).prefixlen + (zones - 1).bit_length()
    zone_blocks = list(network(cidr).subnets(new_prefix=zone_mask))
    for subnet, block in zip(arranged.subnets, blocks, strict=True):
        assert block.prefixlen == subnet.spec.cidr_mask
        assert block.subnet_of(zone_blocks[subnet.zone])
    arranged.check(cidr, [str(block) for block in blocks])


@given(fitting())
def test_large_to_small_leaves_no_hole_within_a_zone(case: tuple[str, int, list[Spec]]) -> None:
    cidr, zones, specs = case
    blocks = [IPv4Network(block) for block in layout("Auto", zones, *specs).blocks(cidr)]
    first_zone = blocks[: len(specs)]
    for block, following in pairwise(first_zone):
        assert not gaps_between(block, following)


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1), st.integers(20, 28), st.integers(20, 28))
def test_gaps_fill_exactly_the_space_between_two_blocks(one: int, other: int, mask: int, other_mask: int) -> None:
    base = int(network("10.0.0.0/16").network_address)
    low, high = sorted((IPv4Network((base + one, mask), False), IPv4Network((base + other, other_mask), False)))
    gaps = gaps_between(low, high)
    space = int(high.network_address) - int(low.broadcast_address) - 1
    assert sum(gap.num_addresses for gap in gaps) == max(space, 0)
    assert not any(gap.overlaps(low) or gap.overlaps(high) for gap in gaps)


def test_legacy_sends_a_later_spec_of_a_kind_as_many_blocks_of_its_own_size_ahead() -> None:
    masks = (24, 24, 20, 24)
    arranged = layout("Legacy", 1, *(Spec("Private", name=f"p{i}", cidr_mask=mask) for i, mask in enumerate(masks)))
    blocks = ["10.0.0.0/24", "10.0.1.0/24", "10.0.32.0/20", "10.0.3.0/24"]
    assert arranged.blocks("10.0.0.0/16") == blocks


def test_legacy_gives_a_lone_spec_the_whole_of_a_small_zone() -> None:
    assert layout("Legacy", 2, Spec("Isolated")).blocks("10.0.0.0/24") == ["10.0.0.0/25", "10.0.0.128/25"]


def test_legacy_refuses_zones_smaller_than_an_address() -> None:
    with pytest.raises(LayoutError, match="Requested 2 new bits, but only 1 are available"):
        layout("Legacy", 3, Spec("Private", cidr_mask=32)).blocks("10.0.0.0/31")


def test_default_subnets_without_specs_are_a_private_half_and_a_public_quarter_of_each_zone() -> None:
    assert layout("Auto", 2).blocks("10.0.0.0/17") == [
        "10.0.0.0/19",
        "10.0.32.0/20",
        "10.0.64.0/19",
        "10.0.96.0/20",
    ]


def test_auto_merge_keeps_named_specs_beside_the_defaults() -> None:
    arranged = layout("AutoMerge", 1, Spec("Private", name="batch", cidr_mask=24))
    assert [subnet.name("net") for subnet in arranged.subnets] == ["net-private-1", "net-public-1", "net-batch-1"]
    assert arranged.blocks("10.0.0.0/16") == ["10.0.0.0/17", "10.0.128.0/18", "10.0.192.0/24"]


def test_a_description_of_a_merged_layout_shows_holes_as_unused() -> None:
    arranged = layout("AutoMerge", 1, Spec("Private", cidr_mask=24), Spec("Public", cidr_mask=22))
    blocks = arranged.blocks("10.0.0.0/16")
    assert arranged.described(blocks) == [
        {"cidrMask": 24, "type": "Private"},
        {"cidrMask": 24, "type": "Unused"},
        {"cidrMask": 23, "type": "Unused"},
        {"cidrMask": 22, "type": "Public"},
    ]


def test_exact_names_a_first_block_that_does_not_begin_the_vpc() -> None:
    arranged = layout("Exact", 1, Spec("Public", cidr_blocks=("10.0.128.0/17",)))
    with pytest.raises(LayoutError, match=r"net-public-1 \(10.0.128.0/17\) does not start at the beginning of the VPC"):
        arranged.check("10.0.0.0/16", arranged.blocks("10.0.0.0/16"))


@pytest.mark.parametrize("mask", [0, 16, 24, 30])
def test_a_size_and_its_mask_are_the_same_thing(mask: int) -> None:
    size = 2 ** (32 - mask)
    assert SIZES[mask] == size
    if mask:
        assert checked_specs([Spec("Public", size=size)], 1) == checked_specs([Spec("Public", cidr_mask=mask)], 1)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Spec("Public", cidr_mask=24, size=512), "Subnet size 512 does not match the expected size for a /24 subnet"),
        (Spec("Public", cidr_blocks=("10.0.0.0/24",), cidr_mask=25), "The cidrMask in subnetSpecs[0] must match all"),
        (Spec("Public", cidr_blocks=("10.0.0.0/24",), size=512), "The size in subnetSpecs[0] must match all"),
        (Spec("Public", cidr_blocks=("10.0.0/24",)), "must match"),
    ],
)
def test_contradictions_within_a_spec_are_refused(spec: Spec, message: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        checked_specs([spec], 1)
    assert message in str(refusal.value) or str(refusal.value) == "Invalid net address: 10.0.0"


@pytest.mark.parametrize("cidr", ["10.0.0.0/33", "10.0.0.0/x", "10.0.0/16", "10.0.0.256/16", "", "fd00::/8"])
def test_a_malformed_block_is_refused_with_its_value(cidr: str) -> None:
    with pytest.raises(LayoutError, match=r"Invalid (mask for ip4|net address): "):
        network(cidr)
