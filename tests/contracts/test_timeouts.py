"""AWS may take longer than the provider waits by itself, and after a timeout the state is wrong."""

from functools import cache

import pytest

from tests.mocks import Recorder, Registered
from tests.program_under_mocks import store

# Minutes that the provider waits by itself (its pages, section Timeouts, such as
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/msk_cluster#timeouts).
PROVIDER = {
    ("cloudfront/vpcOrigin:VpcOrigin", "create"): 15,
    ("cloudfront/vpcOrigin:VpcOrigin", "update"): 15,
    ("cloudfront/vpcOrigin:VpcOrigin", "delete"): 15,
    ("dynamodb/table:Table", "update"): 60,
    ("ecs/service:Service", "create"): 20,
    ("ecs/service:Service", "update"): 20,
    ("ecs/service:Service", "delete"): 20,
    ("efs/replicationConfiguration:ReplicationConfiguration", "create"): 10,
    ("efs/replicationConfiguration:ReplicationConfiguration", "delete"): 20,
    ("elasticache/replicationGroup:ReplicationGroup", "update"): 40,
    ("msk/cluster:Cluster", "update"): 120,
}
UNIT = {"m": 1, "h": 60}


@cache
def prod() -> Recorder:
    return store("prod")


def minutes(resource: Registered, operation: str) -> int:
    text = getattr(resource, f"{operation}_timeout") or "0m"
    return int(text[:-1]) * UNIT[text[-1]]


@pytest.mark.parametrize(("kind", "operation"), PROVIDER)
def test_slow_resources_have_more_time_than_the_provider_gives_them(kind: str, operation: str) -> None:
    found = prod().of(kind)
    assert found
    for resource in found:
        assert minutes(resource, operation) > PROVIDER[kind, operation], resource.name


def test_more_nodes_have_more_time() -> None:
    def larger(config: dict) -> None:
        config["web-store:feeds"]["engine"]["brokers_per_zone"] = 10
        config["web-store:data"]["cache"]["shards"] = 20

    small, large = prod(), store("prod", larger)
    for kind, name in (
        ("msk/cluster:Cluster", "feeds"),
        ("elasticache/replicationGroup:ReplicationGroup", "data-cache"),
    ):
        before, after = minutes(small.one(kind, name), "update"), minutes(large.one(kind, name), "update")
        assert after > 3 * before, name
