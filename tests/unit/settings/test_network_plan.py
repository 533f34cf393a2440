"""Where the subnets lie."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from settings.network import (
    LAYERS,
    ClosedEgress,
    FirewallEgress,
    FirewallLayer,
    Layer,
    Layers,
    NetworkSettings,
    PaymentEgress,
    made_layers,
    plan_subnets,
)
from settings.relations.network import subnets_fit_into_the_vpc

CLOSED = ClosedEgress(engine="closed")
LISTED = FirewallEgress(engine="network_firewall", domains=("api.payments.example.com",))
MASKS = st.integers(min_value=16, max_value=27)


@pytest.mark.parametrize("zones", [2, 3, 4, 5])
@given(masks=st.tuples(MASKS, MASKS, MASKS, MASKS))
def test_a_further_zone_moves_no_subnet_of_the_others(zones: int, masks: tuple[int, int, int, int]) -> None:
    app, public, data, payment = (Layer(mask=mask) for mask in masks)
    layers = Layers(app=app, public=public, data=data, payment=payment)
    before, after = (plan_subnets("10.0.0.0/16", count, layers) for count in (zones, zones + 1))
    assert all(after[layer][:zones] == before[layer] for layer in LAYERS)


def test_a_fifth_zone_that_has_no_room_is_refused_with_the_way_that_moves_no_subnet() -> None:
    names = tuple(f"us-east-1{letter}" for letter in "abcde")
    layers = Layers(app=Layer(mask=19))
    assert not list(subnets_fit_into_the_vpc.check("10.0.0.0/16", names[:4], layers, CLOSED))
    (problem,) = subnets_fit_into_the_vpc.check("10.0.0.0/16", names, layers, CLOSED)
    assert "`cidr_blocks`" in str(problem.fix)


def test_layers_of_a_zone_lie_in_its_quarter() -> None:
    blocks = plan_subnets("10.0.0.0/16", 4, Layers())
    for zone, quarter in enumerate(IPv4Network("10.0.0.0/16").subnets(new_prefix=18)):
        assert all(blocks[layer][zone].subnet_of(quarter) for layer in LAYERS)


def test_blocks_of_an_address_plan_are_taken_as_they_are() -> None:
    data = Layer(cidr_blocks=("10.0.240.0/24", "10.0.241.0/24"))
    settings = NetworkSettings(cidr_block="10.0.0.0/16", zones=("eu-west-1a", "eu-west-1b"), layers=Layers(data=data))
    assert settings.subnets()["data"] == (IPv4Network("10.0.240.0/24"), IPv4Network("10.0.241.0/24"))


def test_a_firewall_moves_no_subnet_and_without_one_its_layer_takes_no_room() -> None:
    assert plan_subnets("10.0.0.0/16", 2, Layers(), made_layers(CLOSED)) == {
        layer: blocks for layer, blocks in plan_subnets("10.0.0.0/16", 2, Layers()).items() if layer != "firewall"
    }
    full = Layers(app=Layer(mask=27), public=Layer(mask=27), data=Layer(mask=27), payment=Layer(mask=27))
    names = ("eu-west-1a", "eu-west-1b")
    assert not list(subnets_fit_into_the_vpc.check("10.0.0.0/23", names, full, CLOSED))
    (problem,) = subnets_fit_into_the_vpc.check("10.0.0.0/23", names, full, LISTED)
    assert "firewall /28" in problem.rule


def test_only_endpoints_of_firewalls_take_the_smallest_subnets() -> None:
    assert FirewallLayer(mask=28).mask == 28
    with pytest.raises(ValidationError):
        Layer(mask=28)


@given(
    prefix=st.integers(min_value=16, max_value=24),
    zones=st.integers(min_value=2, max_value=6),
    app=MASKS,
    public=MASKS,
    data=MASKS,
    payment=MASKS,
    egress=st.sampled_from([CLOSED, LISTED]),
)
def test_what_the_rules_accept_lies_in_the_vpc_without_overlap(
    prefix: int, zones: int, app: int, public: int, data: int, payment: int, egress: PaymentEgress
) -> None:
    layers = Layers(app=Layer(mask=app), public=Layer(mask=public), data=Layer(mask=data), payment=Layer(mask=payment))
    cidr_block = f"10.64.0.0/{prefix}"
    names = tuple(f"eu-west-1{letter}" for letter in "abcdef"[:zones])
    planned = plan_subnets(cidr_block, zones, layers, made_layers(egress))
    blocks = [block for found in planned.values() for block in found]
    fit = all(block.subnet_of(IPv4Network(cidr_block)) for block in blocks)
    apart = not any(one.overlaps(other) for one, other in combinations(blocks, 2))
    refused = list(subnets_fit_into_the_vpc.check(cidr_block, names, layers, egress))
    assert refused or (fit and apart)
