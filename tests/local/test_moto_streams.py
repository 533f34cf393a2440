"""What a stream tells of transactions."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamShard
from moto.dynamodbstreams.models import dynamodbstreams_backends

from local.moto_streams import keep_streams

KEY = {"S": "1"}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", DynamoDBBackend.transact_write_items)
    monkeypatch.setattr(StreamShard, "__deepcopy__", None, raising=False)
    keep_streams()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1")
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        yield client


def test_a_reader_goes_on_after_a_transaction_that_was_cancelled(tables: Any) -> None:
    streams = dynamodbstreams_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"]
    arn = tables.describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(arn)["Shards"]
    reader = streams.get_shard_iterator(arn, shard["ShardId"], "TRIM_HORIZON")
    impossible = {"TableName": "orders", "Key": {"id": {"S": "none"}}, "ConditionExpression": "attribute_exists(id)"}
    with pytest.raises(tables.exceptions.TransactionCanceledException):
        tables.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "orders", "Item": {"id": {"S": "taken back"}}}},
                {"ConditionCheck": impossible},
            ]
        )
    tables.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": {"id": KEY}}}])
    found = streams.get_records(reader.arn, 100)["Records"]
    assert [record["dynamodb"]["Keys"]["id"] for record in found] == [KEY]
    assert [item["id"] for item in tables.scan(TableName="orders")["Items"]] == [KEY]
