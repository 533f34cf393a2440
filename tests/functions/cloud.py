"""The store around the functions: AWS's APIs by moto, and what AWS does between them where moto does not.

Tables, patterns and requests come from the program. Pipes, event source mappings and API destinations are driven
here, as AWS documents them.
"""

import json
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from jsonschema import Draft4Validator, FormatChecker

from components.events.third_party import request_template
from events.catalogue import event_named, events, pattern
from functions.common import names
from settings.app_tier.microservice import DIRECT, Microservice
from settings.data import DESIGNS
from settings.table_design import KeyDesign, TableDesign
from settings.third_parties import EventCalls

ACCOUNT, REGION, BUS = "123456789012", "eu-west-1", "store"
CONTACTS = "customers"


def _service(code: str, **entry: Any) -> Microservice:
    return Microservice.model_validate_json(json.dumps({"runtime": {"kind": "lambda", "code": code}, **entry}))


SERVICES = {
    service.runtime.code: service
    for service in (
        _service("outbox"),
        _service(
            "sign_up",
            domain="customers",
            tables={"customers": "write"},
            emits={"customer.signed-up": "customers", "customer.contact-given": "customers"},
            trigger="post_confirmation",
        ),
        _service(
            "consent",
            tables={"customers": "write"},
            consumes=[
                "customer.consent-changed",
                "customer.contact-given",
                "customer.erased",
                "customer.signed-up",
            ],
            accounts="delete",
        ),
        _service(
            "messages",
            tables={"customers": "read", "idempotency": "write", "orders": "read"},
            consumes=["customer.contact-given", "order.placed", "order.status-changed", "payment.held"],
            engagement="send",
        ),
        _service(
            "mail_feedback",
            domain="customers",
            tables={"customers": "write"},
            emits={"customer.consent-changed": "customers", "customer.contact-given": "customers"},
            engagement="follow",
        ),
        _service("deliveries", emits={"delivery.moved": DIRECT}, deliveries="follow"),
        _service("order_relay", consumes=["order.placed"], orders="send"),
        _service(
            "catalogue_feed",
            domain="catalogue",
            tables={"products": "write"},
            emits={"catalogue.changed": "products"},
            feeds=["catalogue"],
        ),
        _service(
            "inventory_feed",
            domain="inventory",
            tables={"inventory": "write"},
            emits={"inventory.changed": "inventory"},
            feeds=["inventory"],
        ),
        _service(
            "order_status_feed",
            domain="orders",
            tables={"orders": "write"},
            emits={"order.status-changed": "orders"},
            feeds=["order-status"],
        ),
        _service(
            "oms",
            domain="orders",
            tables={"orders": "write"},
            emits={"order.status-changed": "orders"},
            orders="take",
        ),
    )
}
"""Entries of `app_tier.services`, by the code that they run."""


@dataclass(frozen=True)
class Request:
    """What a third party was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


client, resource = cache(boto3.client), cache(boto3.resource)
"""One for each service, while moto is at one address."""


class Cloud:
    """Tables, bus, queues and contact list, empty; each is made when it is first asked for."""

    MAIL: ClassVar[Mapping[str, str]] = {
        names.MAIL_FROM: "Web Store <no-reply@store.example.com>",
        names.MAIL_STORE: "Web Store",
        names.MAIL_REPLY_TO: "service@store.example.com",
        names.MAIL_CONFIGURATION_SET: "engagement",
        names.STORE_URL: "https://store.example.com",
        names.CONTACT_LIST: CONTACTS,
    }
    """What who sends messages is given, as `components.engagement` does."""

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        self._environment = environment
        self._tables: dict[str, Any] = {}
        self._streams: dict[str, str] = {}

    @property
    def sqs(self) -> Any:
        return client("sqs")

    @cached_property
    def ses(self) -> Any:
        topics = [{"TopicName": names.MARKETING_TOPIC, "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_OUT"}]
        client("sesv2").create_contact_list(ContactListName=CONTACTS, Topics=topics)
        return client("sesv2")

    @cached_property
    def user_pool_id(self) -> str:
        return client("cognito-idp").create_user_pool(PoolName="store", UsernameAttributes=["email"])["UserPool"]["Id"]

    @cached_property
    def _events(self) -> Any:
        client("events").create_event_bus(Name=BUS)
        return client("events")

    @cached_property
    def orders_queue(self) -> str:
        """As `components.blocks.queue` makes it."""
        attributes = {
            "FifoQueue": "true",
            "ContentBasedDeduplication": "false",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
        }
        return self.sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]

    def _dead_letters(self, feed: str) -> str:
        # Making it again finds the one that is there.
        return self.sqs.create_queue(QueueName=f"{feed}-dead")["QueueUrl"]

    def _table(self, name: str) -> Any:
        """The table as the program designs it."""
        if name not in self._tables:
            self._tables[name] = make_table(name, DESIGNS[name])
        return self._tables[name]

    def further_table(self, name: str, design: TableDesign) -> Any:
        """A table of `data.tables.extra`."""
        self._tables[name] = make_table(name, design)
        return self._tables[name]

    def table_name(self, name: str) -> str:
        """Name in AWS of a table, which is made if it is not there."""
        return self._table(name).name

    # What the store holds

    def put(self, table: str, **item: Any) -> None:
        self._table(table).put_item(Item=item)

    def delete(self, table: str, **key: str) -> None:
        self._table(table).delete_item(Key=key)

    def item(self, table: str, **key: str) -> dict[str, Any] | None:
        return self._table(table).get_item(Key=key).get("Item")

    def items(self, table: str, prefix: str = "") -> list[dict[str, Any]]:
        """Items whose sort key begins so."""
        found = self._table(table).scan()["Items"]
        return sorted((item for item in found if item["item"].startswith(prefix)), key=lambda item: item["item"])

    def query(self, table: str, index: str, **key: str) -> list[dict[str, Any]]:
        (name, value), *_ = key.items()
        return self._table(table).query(IndexName=index, KeyConditionExpression=Key(name).eq(value))["Items"]

    def contact(self, email: str) -> dict[str, Any] | None:
        try:
            return self.ses.get_contact(ContactListName=CONTACTS, EmailAddress=email)
        except self.ses.exceptions.NotFoundException:
            return None

    def sign_up(self, email: str) -> str:
        """Make an account; returns its `sub`."""
        made = client("cognito-idp").admin_create_user(UserPoolId=self.user_pool_id, Username=email)
        return next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")

    @property
    def accounts(self) -> list[str]:
        """`sub` of each account of the user pool."""
        users = client("cognito-idp").list_users(UserPoolId=self.user_pool_id)["Users"]
        return [one["Value"] for user in users for one in user["Attributes"] if one["Name"] == "sub"]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Messages of a queue, which stay hidden then."""
        found: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            found += batch
        return found

    def dead(self, feed: str) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self.messages(self._dead_letters(feed))]

    # What AWS does

    def run(self, code: str, event: Any) -> Any:
        """Run a function with what the program gives it by its entry."""
        service = SERVICES[code]
        given = {
            names.EVENT_SOURCE: f"store.{service.domain or code}",
            **{names.table_variable(name): self._table(name).name for name in service.tables},
            **{names.dead_letter_variable(feed): self._dead_letters(feed) for feed in service.feeds},
        }
        if service.orders != "none":
            given[names.ORDERS_QUEUE_URL] = self.orders_queue
        if code == "outbox":
            given[names.OUTBOX_DEAD_LETTER_URL] = self._dead_letters("outbox")
            given[names.OUTBOX_EVENTS] = json.dumps(_declared())
        if DIRECT in service.emits.values():
            assert self._events
            given[names.BUS_NAME] = BUS
        if service.accounts != "none":
            given[names.USER_POOL_ID] = self.user_pool_id
        if service.engagement == "send":
            given |= self.MAIL
        if code == "consent":
            assert self.ses
            given[names.CONTACT_LIST] = CONTACTS
        for variable in [name for name in os.environ if name.startswith("STORE_")]:
            self._environment.delenv(variable)
        for variable, value in given.items():
            self._environment.setenv(variable, value)
        context = SimpleNamespace(
            function_name=code,
            memory_limit_in_mb=128,
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{code}",
            aws_request_id="6f1b3c1e-0f8e-4d0e-9f0a-0c5a2f6f6d11",
        )
        # Both ways through JSON, as Lambda does.
        answer = import_module(f"functions.{code}.handler").handler(json.loads(json.dumps(event)), context)
        return json.loads(json.dumps(answer))

    def pump(self, table: str) -> list[dict[str, Any]]:
        """Run the pipe from a table's stream to the bus, over what is new.

        Returns:
            Events that went to the bus; each fits its schema.
        """
        outgoing = [record for record in self.stream(table) if _is_new_event(record)]
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
        batches = [outgoing[start : start + 10] for start in range(0, len(outgoing), 10)]
        found = [event for batch in batches for event in self.run("outbox", batch)]
        for event in found:
            assert_fits_its_schema(event)
            self.tell(event["detail_type"], event["detail"])
        return found

    def stream(self, table: str) -> list[dict[str, Any]]:
        if table not in self._streams:
            arn = self._table(table).latest_stream_arn
            shard = client("dynamodbstreams").describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]
            self._streams[table] = client("dynamodbstreams").get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        answer = client("dynamodbstreams").get_records(ShardIterator=self._streams[table])
        self._streams[table] = answer["NextShardIterator"]
        for record in answer["Records"]:
            record["dynamodb"].pop("ApproximateCreationDateTime", None)
        return answer["Records"]

    def tell(self, detail_type: str, detail: dict[str, Any]) -> None:
        """Put an event on the bus."""
        entry = {
            "Source": event_named(detail_type).source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "EventBusName": BUS,
        }
        answer = self._events.put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0

    def subscribe(self, who: str, *names: str, only_if: str | None = None) -> str:
        """Queue that hears events of the bus by the program's pattern."""
        url = self.sqs.create_queue(QueueName=who)["QueueUrl"]
        self._events.put_rule(Name=who, EventBusName=BUS, EventPattern=json.dumps(pattern(names, only_if)))
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{who}"
        self._events.put_targets(Rule=who, EventBusName=BUS, Targets=[{"Id": who, "Arn": arn}])
        return url

    def deliver(self, queue: str, code: str) -> list[dict[str, Any]]:
        """One poll of the event source mapping from a queue to a function.

        Returns:
            The messages that it got; those that it reports as failed stay in the queue.
        """
        received = self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        if received:
            answer = self.run(code, {"Records": [_sqs_record(queue, message) for message in received]})
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for message in received:
                if message["MessageId"] in failed:
                    self.sqs.change_message_visibility(
                        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                else:
                    self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return received

    def call(self, party: EventCalls, queue: str, address: str) -> None:
        """Send what a queue heard to a third party at `address`, by the program's template.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
        """
        for message in self.messages(queue):
            event = json.loads(message["Body"])
            template: Any = request_template(party.sends[event["detail-type"]].fields)
            body = template.input_template
            for name, path in template.input_paths.items():
                body = body.replace(f"<{name}>", json.dumps(_at(event, path)))
            request = urllib.request.Request(
                address,
                data=body.encode(),
                method=party.method,
                headers={"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert answer.status == 200


def assert_fits_its_schema(event: dict[str, Any]) -> None:
    declared = event_named(event["detail_type"])
    assert event["source"] == declared.source
    Draft4Validator(declared.schema, format_checker=FormatChecker()).validate(event["detail"])
    assert event["detail"].keys() <= declared.schema["properties"].keys()


def make_table(name: str, design: TableDesign) -> Any:
    keys: list[KeyDesign] = [design, *design.indexes.values()]
    types = {part.name: part.type for key in keys for part in (key.partition, key.sort) if part}
    indexes = [
        {"IndexName": index, "KeySchema": _key_schema(of), "Projection": {"ProjectionType": of.projection}}
        for index, of in design.indexes.items()
    ]
    return resource("dynamodb").create_table(
        TableName=name,
        KeySchema=_key_schema(design),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, type_ in types.items()],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )


def _key_schema(key: KeyDesign) -> list[dict[str, str]]:
    return [
        {"AttributeName": part.name, "KeyType": kind}
        for part, kind in ((key.partition, "HASH"), (key.sort, "RANGE"))
        if part
    ]


def _declared() -> dict[str, list[str]]:
    """Source to detail types of all events."""
    found: dict[str, list[str]] = {}
    for event in events().values():
        found.setdefault(event.source, []).append(event.detail_type)
    return found


def _is_new_event(record: dict[str, Any]) -> bool:
    """The filter of the pipe."""
    return record["eventName"] == "INSERT" and record["dynamodb"]["Keys"]["item"]["S"].startswith("EVENT#")


def _sqs_record(queue: str, message: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.rpartition('/')[2]}",
        "awsRegion": REGION,
    }


def _at(event: dict[str, Any], path: str) -> Any:
    value: Any = event
    for part in path.removeprefix("$.").split("."):
        value = value[part]
    return value
