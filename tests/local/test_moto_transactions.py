"""Transactions of the emulator: all of it or nothing, told to readers of streams once."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodbstreams.models import dynamodbstreams_backends

from local.moto_transactions import copy_only_what_is_written

IMPOSSIBLE = {"ConditionExpression": "attribute_exists(absent_field)"}


@pytest.fixture(params=["id", "id and sort"])
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", DynamoDBBackend.transact_write_items)
    monkeypatch.setattr(Table, "__deepcopy__", None, raising=False)
    copy_only_what_is_written()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    keys = [("id", "HASH"), ("sort", "RANGE")][: 1 + (request.param != "id")]
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1")
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        yield client


def key(name: str) -> dict[str, Any]:
    """More than the key of a table with `id` alone would be refused."""
    found = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables["orders"]
    return {"id": {"S": name}, **({"sort": {"S": "A"}} if found.range_key_attr else {})}


def put(name: str, number: int) -> dict[str, Any]:
    return {"TableName": "orders", "Item": {**key(name), "n": {"N": str(number)}}}


def update(name: str, **more: Any) -> dict[str, Any]:
    values = {":n": {"N": "9"}}
    change = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": values}
    return {"TableName": "orders", "Key": key(name), **change, **more}


def held(tables: Any) -> dict[str, str]:
    return {item["id"]["S"]: item["n"]["N"] for item in tables.scan(TableName="orders")["Items"]}


def told(tables: Any) -> list[tuple[str, str]]:
    streams = dynamodbstreams_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"]
    arn = tables.describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(arn)["Shards"]
    reader = streams.get_shard_iterator(arn, shard["ShardId"], "TRIM_HORIZON")
    records = streams.get_records(reader.arn, 100)["Records"]
    return [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in records]


def test_a_transaction_is_written_and_told(tables: Any) -> None:
    tables.put_item(**put("old", 1))
    tables.put_item(**put("gone", 1))
    gone = {"TableName": "orders", "Key": key("gone")}
    tables.transact_write_items(
        TransactItems=[{"Put": put("new", 2)}, {"Update": update("old")}, {"Delete": gone}],
    )
    assert held(tables) == {"new": "2", "old": "9"}
    assert told(tables)[2:] == [("INSERT", "new"), ("MODIFY", "old"), ("REMOVE", "gone")]


def test_a_cancelled_transaction_leaves_nothing_and_readers_go_on(tables: Any) -> None:
    backend = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"]
    tables.put_item(**put("old", 1))
    tables.put_item(**put("kept", 1))
    table = backend.tables["orders"]
    with pytest.raises(tables.exceptions.TransactionCanceledException):
        tables.transact_write_items(
            TransactItems=[
                {"Put": put("new", 2)},
                {"Update": update("old")},
                {"Delete": {"TableName": "orders", "Key": key("kept")}},
                {"Update": update("other", **IMPOSSIBLE)},
            ]
        )
    assert held(tables) == {"old": "1", "kept": "1"}
    assert backend.tables["orders"] is table
    tables.transact_write_items(TransactItems=[{"Put": put("next", 3)}])
    assert told(tables) == [("INSERT", "old"), ("INSERT", "kept"), ("INSERT", "next")]


def test_a_transaction_that_names_no_item_is_refused_whole(tables: Any) -> None:
    broken = {"TableName": "orders", "Item": {"n": {"N": "1"}}}
    with pytest.raises(tables.exceptions.ClientError):
        tables.transact_write_items(TransactItems=[{"Put": put("new", 2)}, {"Put": broken}])
    assert held(tables) == {}
    assert told(tables) == []
