"""What `make up` says was built."""

from collections.abc import Mapping
from typing import Any

from offline.summary import built_per_box, components

_STORE = "webstore:index:Store"


def entry(types: str, *, custom: bool = True) -> Mapping[str, Any]:
    return {"urn": f"urn:pulumi:dev::web-store::{types}::name", "type": types.rpartition("$")[2], "custom": custom}


RESOURCES = [
    entry("pulumi:pulumi:Stack", custom=False),
    entry(_STORE, custom=False),
    entry("pulumi:providers:aws"),
    entry(f"{_STORE}$webstore:feeds:Feeds", custom=False),
    entry(f"{_STORE}$webstore:feeds:Feeds$aws:kinesis/stream:Stream"),
    entry(f"{_STORE}$webstore:app:IdentityTriggers$webstore:blocks:Function$aws:lambda/function:Function"),
    entry(f"{_STORE}$webstore:edge:Edge$aws:s3/bucket:Bucket"),
    entry(f"{_STORE}$webstore:edge:Edge$webstore:blocks:Alarm$aws:sns/topic:Topic"),
]


def test_boxes_stand_in_the_order_of_the_points_with_their_resources() -> None:
    made = list(built_per_box([item for item in RESOURCES if "providers" not in item["type"]]))
    assert made == [("1", "Edge", 2), ("2", "IdentityTriggers", 1), ("12", "Feeds", 1)]


def test_resources_and_components_together_are_what_the_engine_counts() -> None:
    built_in = entry("pulumi:providers:pulumi")
    shown = sum(count for _, _, count in built_per_box([*RESOURCES, built_in])) + components([*RESOURCES, built_in])
    assert components(RESOURCES) == 3
    assert shown == len(RESOURCES)
