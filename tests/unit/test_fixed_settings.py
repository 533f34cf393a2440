"""Settings that are fixed once they are deployed."""

from typing import Any

import pytest

from changes.deployed import Deployed
from changes.fixed import changed
from settings.dns import AdoptZone
from settings.stack_files import stack_settings
from settings.store import StoreSettings

SUBNET, ZONE = "aws:ec2/subnet:Subnet", "aws:route53/zone:Zone"
DEV = stack_settings()["dev"]


def _with(section: str, **changes: Any) -> StoreSettings:
    return DEV.model_copy(update={section: getattr(DEV, section).model_copy(update=changes)})


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("arn:aws:ec2:eu-central-1:111111111111:vpc/vpc-1", "environment.region"),
        ("arn:aws:ec2:eu-west-1:999999999999:vpc/vpc-1", "environment.account_id"),
    ],
)
def test_a_store_stays_in_its_region_and_account(arn: str, words: str) -> None:
    vpc = Deployed(
        "urn:pulumi:dev::web-store::x$awsx:ec2:Vpc$aws:ec2/vpc:Vpc::network", "aws:ec2/vpc:Vpc", {"arn": arn}
    )
    (said,) = changed([vpc], DEV)
    assert words in said
    assert "is a new stack" in said


def subnets(settings: StoreSettings = DEV) -> list[Deployed]:
    """As awsx leaves them in the state."""
    network = settings.network
    return [
        Deployed(
            f"urn:pulumi:dev::web-store::webstore:network:Network$awsx:ec2:Vpc${SUBNET}::network-{layer}-{number}",
            SUBNET,
            {"availabilityZone": zone, "cidrBlock": str(block), "tags": {"tier": layer, "Name": f"{layer}-{zone}"}},
        )
        for layer, blocks in network.subnets().items()
        for number, (zone, block) in enumerate(zip(network.zones, blocks, strict=True), start=1)
    ]


THREE = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


@pytest.mark.parametrize("zones", [DEV.network.zones, THREE, (*THREE, "eu-west-1d", "eu-west-1e")])
def test_a_zone_at_the_end_moves_nothing(zones: tuple[str, ...]) -> None:
    assert list(changed(subnets(), _with("network", zones=zones))) == []


def test_a_subnet_of_another_owner_is_none_of_ours() -> None:
    foreign = Deployed("urn:pulumi:dev::web-store::aws:ec2/subnet:Subnet::tools", SUBNET, subnets()[0].outputs)
    foreign = Deployed(foreign.urn, SUBNET, {**foreign.outputs, "tags": None, "cidrBlock": "10.10.200.0/24"})
    assert list(changed([*subnets(), foreign], DEV)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (THREE, THREE[:2], "eu-west-1c cannot be taken away"),
        (THREE, THREE[:2], "`zones: [eu-west-1a, eu-west-1b, eu-west-1c]`"),
        (THREE, THREE[1:], "`zones: [eu-west-1a, eu-west-1b, eu-west-1c]`"),
        (THREE, (*THREE[1:], "eu-west-1d"), "`zones: [eu-west-1a, eu-west-1b, eu-west-1c, eu-west-1d]`"),
        (THREE[:2], THREE[1::-1], "subnets of layer app cannot change from"),
    ],
)
def test_a_zone_that_goes_or_moves_is_refused_with_what_to_write(
    old: tuple[str, ...], new: tuple[str, ...], words: str
) -> None:
    said = "\n".join(changed(subnets(_with("network", zones=old)), _with("network", zones=new)))
    assert words in said


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"cidr_block": "10.12.0.0/16"}, "layer app cannot change from 10.10.0.0/20 to 10.12.0.0/20 in eu-west-1a"),
        ({"layers": {"data": {"mask": 25}}}, "layer data cannot change from 10.10.17.0/24 to 10.10.17.0/25"),
        ({"layers": {"public": {"mask": 25}}}, "layer public cannot change"),
        ({"layers": {"app": {"mask": 19}}}, "layer public cannot change from 10.10.16.0/24 to 10.10.32.0/24"),
    ],
)
def test_a_subnet_with_another_block_is_refused(network: dict[str, Any], words: str) -> None:
    merged = {**DEV.network.model_dump(), **network}
    new = DEV.model_copy(update={"network": type(DEV.network).model_validate(merged, strict=False)})
    assert words in "\n".join(changed(subnets(), new))


def zone(**tags: str) -> Deployed:
    urn = f"urn:pulumi:dev::web-store::webstore:index:Store$webstore:edge:Dns${ZONE}::dns-zone"
    return Deployed(urn, ZONE, {"zoneId": "Z0123456789", "name": "dev.store.example.com", "tags": tags})


def _adopting(zone_id: str) -> StoreSettings:
    return _with("dns", zone=AdoptZone(kind="adopt", name="dev.store.example.com", zone_id=zone_id))


def test_a_stack_adopts_its_own_zone_only_after_it_was_handed_over() -> None:
    (said,) = changed([zone()], _adopting("Z0123456789"))
    assert "zone: {kind: create, name: dev.store.example.com, hand_over: true}" in said
    assert list(changed([zone(**{"handed-over": "true"})], _adopting("Z0123456789"))) == []
    assert list(changed([zone()], _adopting("Z9876543210"))) == []
    assert list(changed([zone()], DEV)) == []
