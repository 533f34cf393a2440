"""Names that the store asks for, where a DNS firewall answers listed ones only."""

from typing import Any

import pytest

from settings.dns_names import names_of_the_store, patterns
from settings.loader import parse
from settings.problems import SettingsError
from tests.stack_files import stack_file
from tests.unit.settings.edits import put
from tests.unit.settings.test_broken_stack_files import handed_over

GALLERY = "public.ecr.aws/nginx/nginx:1.29"


def names(**changes: Any) -> set[str]:
    given: dict[str, Any] = {
        "region": "eu-west-1",
        "cidr_block": "10.20.0.0/16",
        "hosts": ["store.example.com"],
        "images": ["store/orders:1.0.0"],
        "public_cache": True,
    }
    return set(names_of_the_store(**{**given, **changes}))


def test_production_answers_what_the_store_asks_for() -> None:
    found = parse(handed_over(stack_file("prod")), stack="prod").network_needs.names
    assert set(found) == {
        ".amazonaws.com",
        ".eu-west-1.compute.internal",
        ".20.10.in-addr.arpa",
        ".store.example.com",
        ".www.store.example.com",
        ".api.parcels.example.com",
        ".api.taxes.example.com",
    }


def test_sign_in_pages_under_a_name_of_cognito_are_answered() -> None:
    config = stack_file("prod")
    put("identity.domain", {"kind": "prefix"})(config)
    found = parse(handed_over(config), stack="prod").network_needs.names
    assert ".auth.eu-west-1.amazoncognito.com" in found


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"images": [GALLERY]}, set()),
        ({"images": [GALLERY], "public_cache": False}, {"public.ecr.aws", ".cloudfront.net"}),
        ({"images": ["ghcr.io/acme/orders:2"]}, {"ghcr.io"}),
        ({"images": ["111111111111.dkr.ecr.eu-west-1.amazonaws.com/orders:2"]}, set()),
        ({"region": "us-east-1"}, {".ec2.internal"}),
    ],
)
def test_images_and_regions_have_names_of_their_own(change: dict[str, Any], more: set[str]) -> None:
    assert names(**change) - names() == more


def test_a_dot_stands_for_the_name_and_all_below() -> None:
    assert patterns(["api.example.com", ".example.org"]) == ["*.example.org", "api.example.com", "example.org"]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("mode", "alert", "profile `prod` must answer listed names only"),
        ("further_domains", ["a.example.org", "a.example.org"], "must name a.example.org once"),
        ("further_domains", ["https://a.example.org"], "must have the form of a host name in small letters"),
        ("log_days", 30, "profile `prod` must keep logs for 365 days"),
    ],
)
def test_a_mistake_is_told_at_its_place(path: str, value: object, rule: str) -> None:
    config = stack_file("prod")
    put(f"network.payment_egress.dns.{path}", value)(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="prod")
    (problem,) = caught.value.problems
    assert problem.dotted.startswith(f"web-store:network.payment_egress.dns.{path}")
    assert rule in problem.rule
