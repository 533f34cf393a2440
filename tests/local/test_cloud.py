"""The emulator of AWS's data services, with what the state says exists."""

import asyncio
import json
import time
from collections import Counter

import pytest

from local.cloud import QUEUE, TABLE
from local.errors import AwsError
from tests.local.account import Account


def test_tables_have_their_keys_indexes_streams_and_times_to_live(account: Account, loop: asyncio.Runner):
    async def described(table: str) -> tuple[dict, dict]:
        told = await account.cloud.call("dynamodb", "DescribeTable", TableName=table)
        lives = await account.cloud.call("dynamodb", "DescribeTimeToLive", TableName=table)
        return told["Table"], lives["TimeToLiveDescription"]

    tables = account.deployed.of_type(TABLE)
    assert tables
    for table in tables:
        of = table.outputs
        told, lives = loop.run(described(of["name"]))
        assert {key["AttributeName"] for key in told["KeySchema"]} == {of["hashKey"], of.get("rangeKey")} - {None, ""}
        indexes = {index["IndexName"] for index in told.get("GlobalSecondaryIndexes") or []}
        assert indexes == {index["name"] for index in of.get("globalSecondaryIndexes") or []}
        assert ("LatestStreamArn" in told) == bool(of.get("streamEnabled"))
        assert lives.get("AttributeName") == (of.get("ttl") or {}).get("attributeName")
        assert told["TableArn"] == table.arn


def test_queues_have_the_names_redrives_and_kinds_of_the_state(account: Account, loop: asyncio.Runner):
    for queue in account.deployed.of_type(QUEUE):
        of = queue.outputs
        told = loop.run(account.cloud.call("sqs", "GetQueueAttributes", QueueUrl=of["url"], AttributeNames=["All"]))[
            "Attributes"
        ]
        assert told["QueueArn"] == queue.arn
        assert int(told["VisibilityTimeout"]) == of["visibilityTimeoutSeconds"]
        assert json.loads(told.get("RedrivePolicy") or "null") == json.loads(of.get("redrivePolicy") or "null")
        assert (told.get("FifoQueue") == "true") == bool(of["fifoQueue"])


def test_streams_secrets_topics_buckets_objects_and_contact_lists_are_there(account: Account, loop: asyncio.Runner):
    for stream in account.deployed.of_type("aws:kinesis/stream:Stream"):
        told = loop.run(account.cloud.call("kinesis", "DescribeStream", StreamName=stream.outputs["name"]))
        assert told["StreamDescription"]["StreamARN"] == stream.arn
    for secret in account.deployed.of_type("aws:secretsmanager/secret:Secret"):
        told = loop.run(account.cloud.call("secretsmanager", "GetSecretValue", SecretId=secret.arn))
        assert (told["ARN"], told["Name"]) == (secret.arn, secret.outputs["name"])
        assert told["SecretString"]
    topics = {topic["TopicArn"] for topic in account.cloud.client("sns").list_topics()["Topics"]}
    region = f":{account.deployed.region}:"
    ours = {topic.arn for topic in account.deployed.of_type("aws:sns/topic:Topic") if region in topic.arn}
    assert topics == ours != set()
    s3 = account.cloud.client("s3")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert buckets == {bucket.outputs["bucket"] for bucket in account.deployed.of_type("aws:s3/bucket:Bucket")}
    (page,) = account.deployed.of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    held = s3.get_object(Bucket=page.outputs["bucket"], Key=page.outputs["key"])
    assert held["Body"].read().decode() == page.outputs["content"]
    assert held["ContentType"] == page.outputs["contentType"]
    (contacts,) = account.deployed.of_type("aws:sesv2/contactList:ContactList")
    told = account.cloud.client("sesv2").get_contact_list(ContactListName=contacts.outputs["contactListName"])
    assert [topic["TopicName"] for topic in told["Topics"]] == ["marketing"]


def test_provisioning_again_changes_nothing_and_keeps_data(account: Account, loop: asyncio.Runner):
    url = account.queue("app-carts-inbox").outputs["url"]
    loop.run(account.cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody="kept"))
    loop.run(account.cloud.provision())
    assert [message["body"] for message in loop.run(account.messages("app-carts-inbox"))] == ["kept"]
    loop.run(account.empty())


@pytest.mark.parametrize(("longest", "seconds"), [(None, 180), (0.2, 1), (2, 2), (900, 180)])
def test_a_run_may_bound_how_long_a_message_is_hidden(account: Account, longest: float | None, seconds: int):
    queue = account.queue("app-carts-inbox")
    account.cloud._longest = longest
    try:
        assert account.cloud._visibility(queue.outputs) == seconds
    finally:
        account.cloud._longest = None


def test_a_waiting_receiver_gets_a_message_at_once_and_holds_nobody_up(account: Account, loop: asyncio.Runner):
    url = account.queue("app-carts-inbox").outputs["url"]

    async def exchange() -> tuple[list[str], float]:
        began = time.monotonic()
        # The queue's own time to wait: 20 seconds.
        waiting = asyncio.create_task(account.cloud.call("sqs", "ReceiveMessage", QueueUrl=url))
        await account.cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody="now")
        received = (await waiting)["Messages"]
        await account.cloud.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
        return [message["Body"] for message in received], time.monotonic() - began

    bodies, seconds = loop.run(exchange())
    assert bodies == ["now"]
    assert seconds < 15


def test_of_many_writers_at_once_one_meets_a_condition(account: Account, loop: asyncio.Runner):
    table = account.one(TABLE, "data-orders").outputs["name"]

    async def write(number: int) -> str:
        item = {"order_id": {"S": "o-race"}, "item": {"S": "ORDER"}, "by": {"N": str(number)}}
        try:
            await account.cloud.call(
                "dynamodb", "PutItem", TableName=table, Item=item, ConditionExpression="attribute_not_exists(order_id)"
            )
        except AwsError as error:
            return error.code
        return ""

    async def race() -> list[str]:
        return await asyncio.gather(*(write(number) for number in range(20)))

    assert Counter(loop.run(race())) == {"": 1, "ConditionalCheckFailedException": 19}


def test_errors_of_a_service_have_its_code(account: Account, loop: asyncio.Runner):
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        loop.run(account.cloud.call("dynamodb", "DescribeTable", TableName="none"))
