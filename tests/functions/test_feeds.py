"""Feeds: what is written, what is refused, what comes again."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.common.order_status import status_shard
from functions.common.product import EVERYTHING
from tests.functions.batches import kafka, kinesis
from tests.functions.cloud import Cloud
from tests.functions.faults import aws_fails, before

STOCK = {"sku": "s-1", "location_id": "l-1", "available": 5, "changed_at": "2026-01-31T08:00:00Z"}
ARTICLE = {
    "product_id": "p-1",
    "sku": "s-1",
    "change": "created",
    "changed_at": "2026-01-31T08:00:00Z",
    "name": "Shirt, red",
    "category": "shirts",
    "price_minor": 1999,
    "currency": "EUR",
}
SHIPPED = {"order_id": "o-1", "status": "shipped", "changed_at": "2026-01-31T08:00:00Z", "tracking_number": "T1"}
DONE = {"batchItemFailures": []}

Batch = Callable[..., dict[str, Any]]
either = pytest.mark.parametrize(
    "batch", [partial(kafka, "feed", 3), partial(kinesis, "feed")], ids=["kafka", "kinesis"]
)


def stock(cloud: Cloud) -> dict[str, int]:
    return {item["location_id"]: int(item["available"]) for item in cloud.items("inventory", "LOCATION#")}


def told(cloud: Cloud, table: str, *fields: str) -> list[tuple[Any, ...]]:
    """Fields of the events that are new."""
    return sorted(tuple(event["detail"][field] for field in fields) for event in cloud.pump(table))


@either
def test_a_change_is_written_with_its_event(cloud: Cloud, batch: Batch) -> None:
    assert cloud.run("inventory_feed", batch(STOCK, {**STOCK, "location_id": "l-2", "available": 0})) == DONE
    assert stock(cloud) == {"l-1": 5, "l-2": 0}
    assert told(cloud, "inventory", "location_id", "available") == [("l-1", 5), ("l-2", 0)]
    (found,) = cloud.query("inventory", "by_location", location_id="l-1")
    assert (found["sku"], found["item"]) == ("s-1", "LOCATION#l-1")


@either
def test_a_bad_record_is_a_dead_letter_and_the_rest_is_written(cloud: Cloud, batch: Batch) -> None:
    assert cloud.run("inventory_feed", batch(STOCK, b"\xff{", {**STOCK, "location_id": "l-2"})) == DONE
    assert stock(cloud) == {"l-1": 5, "l-2": 5}
    (letter,) = cloud.dead("inventory")
    assert letter["feed"] == "inventory"
    assert letter["reason"].startswith("record: Invalid JSON")
    assert base64.b64decode(letter["data"]) == b"\xff{"
    assert letter["cut"] is False


def test_a_dead_letter_says_where_the_record_came_from(cloud: Cloud) -> None:
    cloud.run("inventory_feed", kafka("stock", 3, STOCK, {}))
    cloud.run("inventory_feed", kinesis("stock-stream", STOCK, {}))
    assert [letter["origin"] for letter in cloud.dead("inventory")] == [
        {"source": "stock", "partition": "3", "position": "101"},
        {"source": "stock-stream", "partition": "shardId-000000000000", "position": "101"},
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**STOCK, "available": -1}, "available: Input should be greater than or equal to 0"),
        ({**STOCK, "available": "5"}, "available: Input should be a valid integer"),
        ({**STOCK, "sku": ""}, "sku: String should have at least 1 character"),
        ({**STOCK, "changed_at": "2026-01-31T08:00:00"}, "changed_at: Input should have timezone info"),
        ({"sku": "s-1"}, "location_id: Field required; available: Field required; changed_at: Field required"),
        ([STOCK], "record: Input should be an object"),
        (None, "record: Invalid JSON: EOF while parsing a value at line 1 column 0"),
    ],
)
def test_the_reason_is_what_is_wrong(cloud: Cloud, record: Any, reason: str) -> None:
    cloud.run("inventory_feed", kafka("stock", 0, record))
    (letter,) = cloud.dead("inventory")
    assert letter["reason"] == reason
    assert cloud.items("inventory") == []


def test_a_change_of_tomorrow_is_refused_because_it_would_outlive_all_real_ones(cloud: Cloud) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    cloud.run("inventory_feed", kinesis("stock", {**STOCK, "changed_at": tomorrow}))
    (letter,) = cloud.dead("inventory")
    assert letter["reason"] == "changed_at: Value error, is in the future"


@pytest.mark.parametrize("changed_at", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:01+00:01"])
@pytest.mark.parametrize(
    ("code", "feed", "record"),
    [
        ("inventory_feed", "inventory", STOCK),
        ("catalogue_feed", "catalogue", ARTICLE),
        ("order_status_feed", "order-status", SHIPPED),
    ],
)
@either
def test_a_time_before_the_calendar_is_refused(
    cloud: Cloud, batch: Batch, code: str, feed: str, record: dict[str, Any], changed_at: str
) -> None:
    assert cloud.run(code, batch({**record, "changed_at": changed_at})) == DONE
    (letter,) = cloud.dead(feed)
    assert letter["reason"] == "changed_at: Value error, is not a time in UTC"


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("ValidationException", {}),
        ("TransactionCanceledException", {"CancellationReasons": [{"Code": "ValidationError"}, {"Code": "None"}]}),
    ],
)
@either
def test_a_record_that_dynamodb_refuses_for_what_it_holds_is_a_dead_letter(
    cloud: Cloud, batch: Batch, code: str, more: dict[str, Any]
) -> None:
    with aws_fails("dynamodb", "TransactWriteItems", code, **more):
        assert cloud.run("inventory_feed", batch(STOCK)) == DONE
    (letter,) = cloud.dead("inventory")
    assert letter["reason"].startswith("DynamoDB refuses an item of this change")


def test_a_large_record_is_cut_to_what_a_queue_takes(cloud: Cloud) -> None:
    cloud.run("inventory_feed", kinesis("stock", b"x" * 1_000_000))
    (letter,) = cloud.dead("inventory")
    assert letter["cut"] is True
    assert len(json.dumps(letter)) < 256 * 1024


@either
def test_what_is_not_newer_is_ignored_whatever_its_time_zone(cloud: Cloud, batch: Batch) -> None:
    older = {**STOCK, "available": 9, "changed_at": "2026-01-31T08:59:59.999+01:00"}
    assert cloud.run("inventory_feed", batch(STOCK, STOCK, older)) == DONE
    assert stock(cloud) == {"l-1": 5}
    assert told(cloud, "inventory", "available") == [(5,)]
    cloud.run("inventory_feed", batch({**STOCK, "available": 7}))
    assert stock(cloud) == {"l-1": 5}
    cloud.run("inventory_feed", batch({**STOCK, "available": 9, "changed_at": "2026-01-31T08:00:00.001Z"}))
    assert stock(cloud) == {"l-1": 9}
    assert cloud.dead("inventory") == []


def test_what_others_keep_with_the_stock_stays(cloud: Cloud) -> None:
    cloud.put("inventory", sku="s-1", item="LOCATION#l-1", location_id="l-1", available=1, reserved=1)
    cloud.run("inventory_feed", kinesis("stock", STOCK))
    kept = cloud.item("inventory", sku="s-1", item="LOCATION#l-1")
    assert kept is not None
    assert (kept["available"], kept["reserved"]) == (5, 1)


def test_kinesis_begins_again_at_the_record_that_could_not_be_written(
    cloud: Cloud, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    records = kinesis("stock", *({**STOCK, "location_id": f"l-{number}"} for number in range(3)))
    with aws_fails("dynamodb", "TransactWriteItems", after=1):
        answer = cloud.run("inventory_feed", records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert stock(cloud) == {"l-0": 5}
    waits = logged()[-1]
    assert (waits["cause"], waits["position"]) == ("TransactWriteItems: ThrottlingException", "101")
    # From the checkpoint on.
    assert cloud.run("inventory_feed", {"Records": records["Records"][1:]}) == DONE
    assert stock(cloud) == {"l-0": 5, "l-1": 5, "l-2": 5}
    assert cloud.dead("inventory") == []


def test_kafka_repeats_the_batch_and_nothing_is_told_twice(cloud: Cloud) -> None:
    records = kafka("stock", 0, *({**STOCK, "location_id": f"l-{number}"} for number in range(3)))
    with aws_fails("dynamodb", "TransactWriteItems", after=1), pytest.raises(ClientError, match="Throttling"):
        cloud.run("inventory_feed", records)
    assert cloud.run("inventory_feed", records) == DONE
    assert told(cloud, "inventory", "location_id") == [("l-0",), ("l-1",), ("l-2",)]


def test_a_bad_record_is_not_lost_while_its_queue_does_not_take_it(cloud: Cloud) -> None:
    with aws_fails("sqs", "SendMessage"):
        assert cloud.run("inventory_feed", kinesis("stock", {})) == {"batchItemFailures": [{"itemIdentifier": "100"}]}


def test_an_article_is_a_variant_and_its_product_stands_in_the_category(cloud: Cloud) -> None:
    assert cloud.run("catalogue_feed", kinesis("pim", ARTICLE)) == DONE
    variant = cloud.item("products", product_id="p-1", item="SKU#s-1")
    assert variant is not None
    assert (variant["name"], variant["price_minor"], variant["withdrawn"]) == ("Shirt, red", 1999, False)
    (listing,) = cloud.query("products", "by_category", category_id="shirts")
    assert {key: listing[key] for key in ("product_id", "price", "currency", "name")} == {
        "product_id": "p-1",
        "price": 1999,
        "currency": "EUR",
        "name": "Shirt, red",
    }
    (event,) = cloud.pump("products")
    assert event["detail"] == {
        "event_id": event["detail"]["event_id"],
        **{key: value for key, value in ARTICLE.items() if key not in ("product_id", "changed_at")},
        "changed_at": "2026-01-31T08:00:00.000000Z",
    }


def test_a_category_shows_the_cheapest_variant_that_is_for_sale(cloud: Cloud) -> None:
    def listings() -> list[tuple[str, int, str]]:
        found = [
            (item["category_id"], int(item["price"]), item["sku"]) for item in cloud.items("products", "CATEGORY#")
        ]
        everything = [listing[1:] for listing in found if listing[0] == EVERYTHING]
        assert everything == sorted(listing[1:] for listing in found if listing[0] != EVERYTHING)[:1]
        return [listing for listing in found if listing[0] != EVERYTHING]

    def change(hour: int, **facts: Any) -> None:
        record = {**ARTICLE, "changed_at": f"2026-01-31T{hour:02}:00:00Z", "change": "updated", **facts}
        assert cloud.run("catalogue_feed", kafka("pim", 0, record)) == DONE

    change(8)
    change(8, sku="s-2", price_minor=999)
    assert listings() == [("shirts", 999, "s-2")]
    change(9, sku="s-2", price_minor=2999)
    assert listings() == [("shirts", 1999, "s-1")]
    change(10, sku="s-2", category="sale", price_minor=500)
    assert listings() == [("sale", 500, "s-2"), ("shirts", 1999, "s-1")]
    change(11, sku="s-1", change="withdrawn")
    assert listings() == [("sale", 500, "s-2")]
    change(12, sku="s-2", change="withdrawn", name=None, category=None, price_minor=None, currency=None)
    assert listings() == []
    assert cloud.dead("catalogue") == []
    assert len(cloud.pump("products")) == 6


def test_a_withdrawn_article_stays_so_when_an_older_change_comes_late(cloud: Cloud) -> None:
    withdrawn = {
        "product_id": "p-1",
        "sku": "s-1",
        "change": "withdrawn",
        "changed_at": "2026-01-31T09:00:00Z",
    }
    assert cloud.run("catalogue_feed", kinesis("pim", withdrawn, ARTICLE)) == DONE
    assert cloud.items("products", "CATEGORY#") == []
    assert told(cloud, "products", "change") == [("withdrawn",)]


def test_the_names_of_categories_are_kept_and_the_one_of_all_products_is_nobodys(cloud: Cloud) -> None:
    other = {**ARTICLE, "product_id": "p-2", "sku": "s-2", "category": "coats", "description": "Warm"}
    cloud.run("catalogue_feed", kinesis("pim", ARTICLE, other, {**ARTICLE, "category": EVERYTHING}))
    assert [item["category"] for item in cloud.items("products", "NAME#")] == ["coats", "shirts"]
    (letter,) = cloud.dead("catalogue")
    assert letter["reason"] == "category: Value error, must not be *, which lists all products"
    about = cloud.item("products", product_id="p-2", item="PRODUCT") or {}
    assert (about["name"], about["description"]) == ("Shirt, red", "Warm")


def test_an_article_without_its_facts_is_refused(cloud: Cloud) -> None:
    cloud.run("catalogue_feed", kinesis("pim", {**ARTICLE, "name": None, "currency": "eur"}, {**ARTICLE, "name": None}))
    first, second = (letter["reason"] for letter in cloud.dead("catalogue"))
    assert first == "currency: String should match pattern '^[A-Z]{3}$'"
    assert second == "record: Value error, must have name"


def test_variants_that_change_at_the_same_time_are_both_counted(cloud: Cloud) -> None:
    other = {**ARTICLE, "sku": "s-2", "price_minor": 999}

    def meanwhile() -> None:
        cloud.run("catalogue_feed", kinesis("pim", other))

    with before("dynamodb", "TransactWriteItems", meanwhile):
        assert cloud.run("catalogue_feed", kinesis("pim", ARTICLE)) == DONE
    listings = cloud.items("products", "CATEGORY#")
    assert [(listing["sku"], listing["price"]) for listing in listings] == [("s-2", 999)] * 2
    assert len(cloud.items("products", "SKU#")) == 2


@either
def test_an_order_goes_on_by_the_feed_with_its_parcel(cloud: Cloud, batch: Batch) -> None:
    cloud.put("orders", order_id="o-1", item="ORDER", status="accepted", placed_at="2026-01-30T08:00:00Z")
    again = {**SHIPPED, "changed_at": "2026-01-31T09:00:00Z"}
    assert cloud.run("order_status_feed", batch(SHIPPED, SHIPPED, again)) == DONE
    assert cloud.dead("order-status") == []
    kept = cloud.item("orders", order_id="o-1", item="ORDER")
    assert kept is not None
    assert (kept["status"], kept["tracking_number"]) == ("shipped", "T1")
    (waiting,) = cloud.query("orders", "by_status", status_shard=status_shard("shipped", "o-1"))
    assert waiting["updated_at"] == "2026-01-31T08:00:00.000000Z"
    (event,) = cloud.pump("orders")
    assert (event["detail"]["previous_status"], event["detail"]["tracking_number"]) == ("accepted", "T1")


@pytest.mark.parametrize(
    ("status", "record", "reason"),
    [
        ("delivered", SHIPPED, "an order that is delivered cannot become shipped"),
        ("shipped", {**SHIPPED, "status": "cancelled"}, "an order that is shipped cannot become cancelled"),
        ("accepted", {**SHIPPED, "order_id": "o-2"}, "the order does not exist"),
        (
            "accepted",
            {**SHIPPED, "status": "paid"},
            "status: Input should be 'accepted', 'picked', 'shipped', 'delivered', 'cancelled' or 'returned'",
        ),
    ],
)
def test_a_step_that_orders_do_not_take_is_refused(
    cloud: Cloud, status: str, record: dict[str, Any], reason: str
) -> None:
    cloud.put("orders", order_id="o-1", item="ORDER", status=status)
    assert cloud.run("order_status_feed", kinesis("oms", record)) == DONE
    (letter,) = cloud.dead("order-status")
    assert letter["reason"] == reason
    assert [item["status"] for item in cloud.items("orders")] == [status]


def test_a_late_step_is_ignored(cloud: Cloud) -> None:
    cloud.put("orders", order_id="o-1", item="ORDER", status="accepted")
    picked = {"order_id": "o-1", "status": "picked", "changed_at": "2026-01-31T07:00:00Z"}
    cloud.run("order_status_feed", kafka("oms", 0, SHIPPED, picked))
    assert told(cloud, "orders", "status") == [("shipped",)]
    assert cloud.dead("order-status") == []


def test_an_order_that_others_change_all_the_time_comes_again(cloud: Cloud) -> None:
    def set_to(status: str) -> Callable[[], None]:
        return lambda: cloud.put("orders", order_id="o-1", item="ORDER", status=status)

    set_to("accepted")()
    with before("dynamodb", "TransactWriteItems", set_to("picked"), set_to("accepted"), set_to("picked")):
        answer = cloud.run("order_status_feed", kinesis("oms", SHIPPED))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert cloud.pump("orders") == []


def test_a_transaction_that_meets_another_is_no_older_change(cloud: Cloud) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    with aws_fails("dynamodb", "TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons):
        answer = cloud.run("inventory_feed", kinesis("stock", STOCK))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "100"}]}
