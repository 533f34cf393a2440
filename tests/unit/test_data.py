"""The Data box: tables as the data model says, the accelerator in front of them, the application tier's cache."""

import json
from typing import Any

import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.data import Data
from settings.data import DESIGNS, DataSettings
from settings.relations.environment import tables_are_copied_to_other_regions
from settings.relations.production import PRODUCTION
from tests.foundation import TOPIC, foundation, key_arn, network
from tests.mocks import Recorder, record

CLUSTER, TABLE, POLICY = "dax/cluster:Cluster", "dynamodb/table:Table", "iam/rolePolicy:RolePolicy"
TABLES = "arn:aws:dynamodb:eu-west-1:111111111111:table/"
REVIEWS = {"design": {"partition": {"name": "product_id"}, "sort": {"name": "at", "type": "N"}}}


def settings(**sections: Any) -> DataSettings:
    return DataSettings.model_validate_json(json.dumps(sections))


def data(**sections: Any) -> Data:
    subnets = ["subnet-a", "subnet-b", "subnet-c"]
    return Data(
        "data", settings=settings(**sections), foundation=foundation(), network=network(data_subnet_ids=subnets)
    )


def made(**sections: Any) -> Recorder:
    return record(lambda: data(**sections))


@pytest.fixture(scope="module")
def store() -> Recorder:
    return made()


def keys(recorder: Recorder, table: str) -> dict[str, tuple[str, ...]]:
    """Attributes by which a table and its indexes can be asked."""
    inputs = recorder.inputs(TABLE, table)
    indexes = {
        index["name"]: tuple(filter(None, (index["hashKey"], index.get("rangeKey"))))
        for index in inputs.get("globalSecondaryIndexes", [])
    }
    return {"": tuple(filter(None, (inputs["hashKey"], inputs.get("rangeKey")))), **indexes}


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_every_question_is_answered_by_a_key(store: Recorder, name: str) -> None:
    asked = keys(store, f"data-{name}")
    assert DESIGNS[name].patterns
    for pattern in DESIGNS[name].patterns:
        assert asked[pattern.index or ""][: len(pattern.given)] == pattern.given


@pytest.mark.parametrize(
    ("table", "index", "key"),
    [
        ("products", "", ("product_id", "item")),
        ("products", "by_category", ("category_id", "price")),
        ("customers", "", ("customer_id", "item")),
        ("customers", "by_email", ("email",)),
        ("orders", "by_customer", ("customer_id", "placed_at")),
        ("orders", "by_status", ("status_shard", "updated_at")),
        ("orders", "by_duty", ("duty_shard", "duty_at")),
        ("payments", "", ("payment_id", "item")),
        ("payments", "by_order", ("order_id", "created_at")),
        ("carts", "", ("customer_id", "item")),
        ("idempotency", "", ("id",)),
        ("inventory", "", ("sku", "item")),
        ("inventory", "by_location", ("location_id", "sku")),
    ],
)
def test_keys_never_change_because_that_would_replace_a_table(
    store: Recorder, table: str, index: str, key: tuple[str, ...]
) -> None:
    assert keys(store, f"data-{table}")[index] == key


def test_prices_are_numbers_because_text_sorts_nine_after_ten(store: Recorder) -> None:
    assert {"name": "price", "type": "N"} in store.inputs(TABLE, "data-products")["attributes"]


def test_what_expires_names_its_attribute_and_what_is_news_has_a_stream(store: Recorder) -> None:
    inputs = {table.name: table.inputs for table in store.of(TABLE)}
    assert {name: made["ttl"]["attributeName"] for name, made in inputs.items() if "ttl" in made} == {
        "data-customers": "expires_at",
        "data-recommendations": "expires_at",
        "data-orders": "expires_at",
        "data-payments": "expires_at",
        "data-carts": "expires_at",
        "data-products": "expires_at",
        "data-inventory": "expires_at",
        "data-idempotency": "expiration",
    }
    streaming = {name for name, made in inputs.items() if made.get("streamViewType") == "NEW_AND_OLD_IMAGES"}
    assert inputs.keys() - streaming == {"data-idempotency", "data-recommendations"}


def test_every_table_is_recoverable_and_protected(store: Recorder) -> None:
    for table in store.of(TABLE):
        assert table.inputs["pointInTimeRecovery"]["enabled"] is True
        assert (table.inputs["deletionProtectionEnabled"], table.protect, table.retain_on_delete) == (True, True, True)


def test_payments_are_under_their_own_key_and_nothing_else_is(store: Recorder) -> None:
    keys_used = {table.name: table.inputs["serverSideEncryption"]["kmsKeyArn"] for table in store.of(TABLE)}
    assert keys_used.pop("data-payments") == key_arn("payment")
    assert set(keys_used.values()) == {key_arn("customer")}
    assert store.inputs("elasticache/replicationGroup:ReplicationGroup")["kmsKeyId"] == key_arn("customer")


def test_a_further_table_may_be_under_the_key_of_payments_too() -> None:
    disputes = {"design": {"data_class": "payment", "partition": {"name": "dispute_id"}}}
    table = made(tables={"extra": {"disputes": disputes}}).inputs(TABLE, "data-disputes")
    assert table["serverSideEncryption"]["kmsKeyArn"] == key_arn("payment")


def test_a_replicated_table_has_a_stream_even_where_nobody_listens() -> None:
    replicas = {"replica_key_arns": {"eu-central-1": "arn:aws:kms:eu-central-1:111111111111:key/customer"}}
    table = made(tables={"idempotency": replicas}).inputs(TABLE, "data-idempotency")
    assert table["streamViewType"] == "NEW_AND_OLD_IMAGES"


def test_a_further_table_is_one_entry_of_the_stack_file() -> None:
    recorder = made(tables={"extra": {"reviews": REVIEWS}})
    assert keys(recorder, "data-reviews") == {"": ("product_id", "at")}


def test_tables_are_asked_for_by_name() -> None:
    def program() -> None:
        box = data(tables={"extra": {"reviews": REVIEWS}})
        assert box.table("orders") is box.orders
        assert box.table("reviews") not in (box.products, box.orders)
        with pytest.raises(ValueError, match=r"reviewers must be declared in data\.tables, which has products"):
            box.table("reviewers")

    record(program)


def test_the_accelerator_is_encrypted_at_rest_and_in_transit(store: Recorder) -> None:
    inputs = store.inputs(CLUSTER)
    assert inputs["clusterEndpointEncryptionType"] == "TLS"
    assert inputs["serverSideEncryption"] == {"enabled": True}


def test_the_accelerator_has_three_nodes_in_isolated_subnets_of_its_own_group(store: Recorder) -> None:
    inputs = store.inputs(CLUSTER)
    assert inputs["replicationFactor"] == 3
    assert "availabilityZones" not in inputs, "they would make a change of the number of nodes a new cluster"
    assert store.inputs("dax/subnetGroup:SubnetGroup")["subnetIds"] == ["subnet-a", "subnet-b", "subnet-c"]
    assert inputs["securityGroupIds"] == ["sg-data-dax"]
    assert not store.of("SecurityGroupIngressRule")


def test_the_accelerators_name_fits_into_what_dax_takes(store: Recorder) -> None:
    assert store.inputs(CLUSTER)["clusterName"] == "data-dax-test"
    assert len(store.inputs(CLUSTER)["clusterName"]) <= 20


def test_the_accelerator_may_read_its_tables_and_nothing_else(store: Recorder) -> None:
    role = store.one("iam/role:Role", "data-dax")
    trust = role.statements("assumeRolePolicy")["AssumedByService"]
    assert trust["Principal"] == {"Service": "dax.amazonaws.com"}
    (policy,) = store.of(POLICY)
    items = policy.statements()["Items"]
    assert items["Resource"] == [
        f"{TABLES}data-products",
        f"{TABLES}data-products/index/by_category",
        f"{TABLES}data-products/index/by_sku",
    ]
    assert not {action for action in items["Action"] if "Put" in action or "Update" in action or "Delete" in action}


def test_lifetimes_are_sent_in_milliseconds() -> None:
    group = made(dax={"engine": "dax", "item_ttl_seconds": 120, "query_ttl_seconds": 5}).inputs(
        "dax/parameterGroup:ParameterGroup"
    )
    assert {p["name"]: p["value"] for p in group["parameters"]} == {
        "record-ttl-millis": "120000",
        "query-ttl-millis": "5000",
    }


def test_other_lifetimes_are_another_group_because_aws_changes_none_in_use() -> None:
    def group(**lifetimes: int) -> str:
        recorder = made(dax={"engine": "dax", **lifetimes})
        return recorder.one("dax/parameterGroup:ParameterGroup").name

    assert len({group(), group(item_ttl_seconds=120), group(query_ttl_seconds=120)}) == 3


def test_each_node_is_watched_for_load_for_room_and_for_being_there(store: Recorder) -> None:
    alarms = {alarm.name: alarm.inputs for alarm in store.of("MetricAlarm") if alarm.name.startswith("data-dax")}
    assert alarms.keys() == {"data-dax-errors", "data-dax-throttles"} | {
        f"data-dax-{node}-{kind}" for node in "abc" for kind in ("cpu", "evictions", "lost")
    }
    lost = alarms["data-dax-b-lost"]
    assert lost["dimensions"]["NodeId"].endswith("-b")
    assert lost["insufficientDataActions"] == [TOPIC], "a lost node says nothing"


@pytest.mark.parametrize("engine", ["dax", "off"])
def test_the_accelerator_is_there_on_request_only(engine: str) -> None:
    granted: list[Any] = []

    def program() -> None:
        box = data(dax={"engine": engine})
        role = aws.iam.Role("reader", assume_role_policy="{}")
        granted.append((box.dax.grant_read(role) if box.dax else None, box.dax_endpoint))

    recorder = record(program)
    assert bool(recorder.of(CLUSTER)) is (engine == "dax")
    if engine == "off":
        assert granted == [(None, None)]
        assert not recorder.of(POLICY)
    else:
        read = recorder.one(POLICY, "data-dax-read-by-reader").statements()["Read"]
        assert read["Action"] == ["dax:BatchGetItem", "dax:GetItem", "dax:Query"]
        assert read["Resource"].endswith(":cache/data-dax-test")


def test_the_cache_is_not_the_web_tiers(store: Recorder) -> None:
    user = store.inputs("elasticache/user:User")
    assert user["userId"] == user["userName"] == "data-cache-test"
    assert store.names("elasticache/replicationGroup:ReplicationGroup") == {"data-cache"}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"dax": {"engine": "dax", "tables": ["customers"]}}, "Input should be 'products' or 'inventory'"),
        ({"dax": {"engine": "dax", "node_type": "cache.m7g.large"}}, "must be a type that AWS offers: dax.t2"),
        ({"dax": {"engine": "dax", "nodes": 12}}, "less than or equal to 11"),
        ({"tables": {"extra": {"orders": REVIEWS}}}, "must have another name: every store has a table `orders`"),
        ({"tables": {"extra": {"reviews": {}}}}, "design\n  Field required"),
        ({"tables": {"products": {"warm": {"read_units_per_second": 500}}}}, "greater than or equal to 12000"),
        (
            {
                "tables": {
                    "extra": {
                        "reviews": {
                            "design": {
                                "partition": {"name": "id"},
                                "patterns": [{"question": "by author", "index": "by_author", "given": ["author"]}],
                            }
                        }
                    }
                }
            },
            "must be an index of the table: there is none",
        ),
        (
            {
                "tables": {
                    "extra": {
                        "reviews": {
                            "design": {
                                "partition": {"name": "id"},
                                "indexes": {
                                    "by_day": {"partition": {"name": "day"}, "sort": {"name": "id", "type": "N"}}
                                },
                            }
                        }
                    }
                }
            },
            "must give key attribute `id` one type",
        ),
        (
            {
                "tables": {
                    "extra": {
                        "reviews": {
                            "design": {
                                "partition": {"name": "id"},
                                "patterns": [{"question": "by day", "given": ["day"]}],
                            }
                        }
                    }
                }
            },
            "must be the beginning of the key that answers it: id",
        ),
    ],
)
def test_settings_that_aws_or_the_data_model_refuse_are_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**sections)


@pytest.mark.parametrize(
    ("key_arn", "path"),
    [
        ("arn:aws:kms:eu-central-1:111111111111:key/1", None),
        ("arn:aws:kms:eu-west-1:111111111111:key/1", "data.tables.orders.replica_key_arns.eu-central-1"),
        ("arn:aws:kms:eu-central-1:999999999999:key/1", "data.tables.orders.replica_key_arns.eu-central-1"),
    ],
)
def test_a_copy_of_a_table_has_a_key_of_its_own_region(key_arn: str, path: str | None) -> None:
    tables = settings(tables={"orders": {"replica_key_arns": {"eu-central-1": key_arn}}}).tables
    problems = list(tables_are_copied_to_other_regions.check("eu-west-1", "111111111111", tables))
    assert [problem.dotted for problem in problems] == ([f"web-store:{path}"] if path else [])
    assert all("arn:aws:kms:eu-central-1:111111111111:key/1" in str(problem.edits) for problem in problems)


def test_a_copy_in_the_home_region_is_refused_of_further_tables_too() -> None:
    key_arn = "arn:aws:kms:eu-west-1:111111111111:key/1"
    tables = settings(tables={"extra": {"reviews": {**REVIEWS, "replica_key_arns": {"eu-west-1": key_arn}}}}).tables
    (problem,) = tables_are_copied_to_other_regions.check("eu-west-1", "111111111111", tables)
    assert problem.dotted == "web-store:data.tables.extra.reviews.replica_key_arns"


@pytest.mark.parametrize(
    ("sections", "path"),
    [
        ({"dax": {"engine": "dax", "nodes": 1}}, "data.dax.nodes"),
        ({"cache": {"replicas_per_shard": 0}}, "data.cache.replicas_per_shard"),
        ({"cache": {"snapshot_days": 0}}, "data.cache.snapshot_days"),
        ({"dax": {"engine": "off"}}, None),
        ({}, None),
    ],
)
def test_production_keeps_answering_when_a_node_is_lost(sections: dict[str, Any], path: str | None) -> None:
    chosen = settings(**sections)
    found = [
        problem.dotted.removeprefix("web-store:")
        for rule in PRODUCTION
        if rule.reads[0] == "environment.profile" and len(rule.reads) == 2 and rule.reads[1].startswith("data.")
        for problem in rule.check("prod", getattr(chosen, rule.reads[1].split(".")[1]))
    ]
    assert found == ([path] if path else [])
