"""The search collection of a state: signatures, its network policy, IAM and its data access policy decide."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.journal import Journal
from local.opensearch.server import COLLECTION
from local.state import Deployed
from tests.local.test_search_server import (
    ACCOUNT,
    ALIAS,
    BODY,
    Search,
    allowed,
    entry,
    function,
    in_loop,
    refused,
    role,
    rules,
)

ARN = f"arn:aws:aoss:eu-west-1:{ACCOUNT}:collection/abc"
_FOUND = [{"ResourceType": "collection", "Resource": ["collection/store"]}]
_ALL = ["aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"]


def rule(kind: str, *permissions: str) -> dict[str, Any]:
    resource = {"index": "index/store/products*", "collection": "collection/store"}[kind]
    return {"ResourceType": kind, "Resource": [resource], "Permission": list(permissions)}


def state(*, endpoint: str = "vpce-search") -> Deployed:
    access = [
        {"Principal": [role("index")], "Rules": [rule("index", *_ALL), rule("collection", "aoss:*CollectionItems")]},
        {"Principal": [role("catalogue"), role("walled")], "Rules": [rule("index", "aoss:ReadDocument")]},
    ]
    network = [{"Rules": _FOUND, "AllowFromPublic": False, "SourceVPCEs": [endpoint]}]
    policy, data = (
        "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
        "aws:opensearch/serverlessAccessPolicy",
    )
    return Deployed(
        [
            entry("pulumi:pulumi:Stack", "dev", environment_region="eu-west-1", environment_account_id=ACCOUNT),
            entry("aws:ec2/securityGroup:SecurityGroup", "sg-domain", vpcId="vpc"),
            entry(
                "aws:ec2/vpcEndpoint:VpcEndpoint",
                "vpce-search",
                serviceName="com.amazonaws.eu-west-1.aoss-data",
                vpcEndpointType="Interface",
                vpcId="vpc",
                securityGroupIds=["sg-domain"],
            ),
            entry(COLLECTION, "search-collection", arn=ARN, name="store"),
            entry(policy, "key", type="encryption", policy=json.dumps({"Rules": _FOUND, "AWSOwnedKey": True})),
            entry(policy, "network", type="network", policy=json.dumps(network)),
            entry(f"{data}:ServerlessAccessPolicy", "data", type="data", policy=json.dumps(access)),
            *function("index", "sg-index"),
            *rules("sg-index"),
            allowed("index", "aoss:APIAccessAll", ARN),
            *function("catalogue", "sg-catalogue"),
            *rules("sg-catalogue"),
            allowed("catalogue", "aoss:APIAccessAll", ARN),
            *function("stranger", "sg-stranger"),
            *rules("sg-stranger"),
            allowed("stranger", "aoss:APIAccessAll", ARN),
            *function("powerless", "sg-powerless"),
            *rules("sg-powerless"),
            *function("walled", "sg-walled"),
            allowed("walled", "aoss:APIAccessAll", ARN),
        ]
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl") as made:
        yield made


async def prepare(search: Search) -> None:
    for request in (
        ("PUT", "/products-1", BODY),
        ("POST", "/_aliases", ALIAS),
        ("POST", "/products-1/_bulk", [{"index": {"_id": "mug"}}, {"name": "Mug", "price": 1}]),
    ):
        await search.asked("index", *request, signed_for="aoss")


@in_loop
async def test_who_has_a_way_a_right_and_access_is_answered(journal: Journal) -> None:
    search, words = Search(state(), journal), ("POST", "/products/_search", {"query": {"match": {"name": "mug"}}})
    await prepare(search)
    answer = await search.asked("catalogue", *words, signed_for="aoss")
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["mug"]
    assert await refused(search, "walled", *words, signed_for="aoss") == 504, "no rule of a security group"
    assert await refused(search, "powerless", *words, signed_for="aoss") == 403, "no right in IAM"
    assert await refused(search, "stranger", *words, signed_for="aoss") == 403, "no data access policy"
    assert await refused(search, "catalogue", *words, signed_for="es") == 403
    for request in (
        ("DELETE", "/products-1"),
        ("POST", "/products-1/_bulk", [{"delete": {"_id": "mug"}}]),
        ("POST", "/_aliases", ALIAS),
    ):
        assert await refused(search, "catalogue", *request, signed_for="aoss") == 403
    assert any(call.get("action") == "aoss:APIAccessAll" for call in journal.denied())


@in_loop
async def test_a_collection_has_neither_roles_nor_a_refresh(journal: Journal) -> None:
    search = Search(state(), journal)
    await prepare(search)
    for request in (
        ("POST", "/products-1/_refresh"),
        ("PUT", "/_plugins/_security/api/roles/reader", {}),
        ("GET", "/_cluster/health"),
    ):
        assert await refused(search, "index", *request, signed_for="aoss") == 404


@in_loop
async def test_an_endpoint_that_no_network_policy_names_leads_nowhere(journal: Journal) -> None:
    search = Search(state(endpoint="vpce-other"), journal)
    assert await refused(search, "index", "PUT", "/products-1", BODY, signed_for="aoss") == 504
