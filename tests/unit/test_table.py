"""The table block: encryption, recovery, protection, capacity, grants."""

import pulumi_aws as aws
import pytest

from components.blocks.table import Index, Key, Table, TableArgs
from settings.table import OnDemand, Provisioned, TableSettings, WarmThroughput
from tests.foundation import TOPIC, inside, key_arn
from tests.mocks import Recorder, record

TABLE = "aws:dynamodb/table:Table"
STREAM_ARN = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/stream/2026-01-01T00:00:00.000"
KEY_ARN = key_arn("customer")


def table_args(**changes) -> TableArgs:
    return TableArgs(
        **{
            "key": Key(partition=("order_id", "S")),
            "settings": TableSettings(),
            "key_arn": KEY_ARN,
            **changes,
        }
    )


def table(*, protect: bool = True, **changes) -> Table:
    return Table("orders", table_args(**changes), inside(protect=protect))


def made(**changes) -> Recorder:
    return record(lambda: table(**changes))


def granted(method: str, **changes) -> dict:
    def build() -> None:
        role = aws.iam.Role("reader", assume_role_policy="{}")
        getattr(table(**changes), method)(role)

    return record(build).one("aws:iam/rolePolicy:RolePolicy").statements()


def test_the_customer_key_encrypts_the_table() -> None:
    assert made().one(TABLE).inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY_ARN}


def test_any_second_of_the_recovery_period_can_be_restored() -> None:
    table = made(settings=TableSettings(recovery_days=7)).one(TABLE)
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True, "recoveryPeriodInDays": 7}


@pytest.mark.parametrize("protect", [True, False])
def test_protection_holds_in_dynamodb_and_in_pulumi(protect) -> None:
    table = made(protect=protect).one(TABLE)
    assert table.inputs["deletionProtectionEnabled"] is protect
    assert (table.protect, table.retain_on_delete) == (protect, protect)


def test_on_demand_has_no_capacity_and_no_scaling() -> None:
    recorder = made(settings=TableSettings(capacity=OnDemand(max_write_units=500)))
    inputs = recorder.one(TABLE).inputs
    assert inputs["billingMode"] == "PAY_PER_REQUEST"
    assert inputs["onDemandThroughput"] == {"maxWriteRequestUnits": 500}
    assert "readCapacity" not in inputs
    assert not recorder.of("aws:appautoscaling/target:Target")


def test_provisioned_capacity_of_table_and_index_scales_between_its_bounds() -> None:
    recorder = made(
        settings=TableSettings(capacity=Provisioned(mode="provisioned", max_read_units=50, max_write_units=40)),
        indexes={"by-customer": Index(key=Key(partition=("customer_id", "S")))},
    )
    table = recorder.one(TABLE)
    assert table.inputs["billingMode"] == "PROVISIONED"
    assert (table.inputs["readCapacity"], table.inputs["writeCapacity"]) == (5, 5)
    units = ("readCapacity", "writeCapacity")
    within = tuple(f"globalSecondaryIndexes[*].{name}" for name in units)
    assert table.ignore_changes == units + within, "an update would undo the scaling"
    targets = recorder.of("aws:appautoscaling/target:Target")
    assert {(t.inputs["scalableDimension"], t.inputs["resourceId"], t.inputs["maxCapacity"]) for t in targets} == {
        ("dynamodb:table:ReadCapacityUnits", "table/orders", 50),
        ("dynamodb:table:WriteCapacityUnits", "table/orders", 40),
        ("dynamodb:index:ReadCapacityUnits", "table/orders/index/by-customer", 50),
        ("dynamodb:index:WriteCapacityUnits", "table/orders/index/by-customer", 40),
    }
    assert len(recorder.of("aws:appautoscaling/policy:Policy")) == 4


def test_an_index_has_the_limits_of_its_table() -> None:
    inputs = made(
        settings=TableSettings(capacity=OnDemand(max_write_units=500)),
        indexes={"by-day": Index(key=Key(partition=("day", "S"), sort=("order_id", "S")))},
    ).inputs(TABLE)
    assert inputs["globalSecondaryIndexes"] == [
        {
            "name": "by-day",
            "hashKey": "day",
            "rangeKey": "order_id",
            "projectionType": "ALL",
            "onDemandThroughput": {"maxWriteRequestUnits": 500},
        }
    ]


def test_only_attributes_of_keys_are_declared() -> None:
    indexes = {"by-day": Index(key=Key(partition=("day", "S"), sort=("order_id", "S")))}
    attributes = made(indexes=indexes, ttl_attribute="expires_at").one(TABLE).inputs["attributes"]
    assert attributes == [{"name": "day", "type": "S"}, {"name": "order_id", "type": "S"}]


def test_time_to_live_is_off_unless_an_attribute_is_named() -> None:
    assert "ttl" not in made().one(TABLE).inputs
    assert made(ttl_attribute="expires_at").one(TABLE).inputs["ttl"] == {"enabled": True, "attributeName": "expires_at"}


def test_replicas_have_their_own_key_recovery_and_protection() -> None:
    key_arn = "arn:aws:kms:eu-central-1:111111111111:key/customer"
    settings = TableSettings(replica_key_arns={"eu-central-1": key_arn})
    inputs = made(settings=settings, stream_view="NEW_AND_OLD_IMAGES").one(TABLE).inputs
    assert inputs["replicas"] == [
        {
            "regionName": "eu-central-1",
            "kmsKeyArn": key_arn,
            "pointInTimeRecovery": True,
            "propagateTags": True,
            "deletionProtectionEnabled": True,
        }
    ]
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_replicas_without_a_stream_of_both_images_are_refused() -> None:
    settings = TableSettings(replica_key_arns={"eu-central-1": "arn:aws:kms:eu-central-1:111111111111:key/customer"})
    with pytest.raises(ValueError, match=r"eu-central-1.*NEW_AND_OLD_IMAGES"):
        table_args(settings=settings)


def test_one_attribute_cannot_have_two_types() -> None:
    with pytest.raises(ValueError, match="order_id must have one type in all keys, and has S and N"):
        table_args(indexes={"by-number": Index(key=Key(partition=("order_id", "N")))})


def test_reading_grants_no_write_and_no_scan() -> None:
    items = granted("grant_read")["Items"]
    assert items["Action"] == ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query"]
    assert items["Resource"] == "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"


@pytest.mark.parametrize("method", ["grant_read", "grant_scan", "grant_read_write"])
def test_grants_hold_no_wildcard_and_use_the_key_through_dynamodb_only(method) -> None:
    statements = granted(method)
    for statement in statements.values():
        assert "*" not in "".join([*statement["Action"], *statement["Resource"]])
    key = statements["KeyThroughDynamoDb"]
    assert key["Resource"] == KEY_ARN
    assert key["Condition"] == {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}


def test_scanning_and_writing_are_granted_when_asked_for() -> None:
    assert "dynamodb:Scan" in granted("grant_scan")["Items"]["Action"]
    writing = granted("grant_read_write")
    assert {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= set(writing["Items"]["Action"])
    assert "kms:GenerateDataKey" in writing["KeyThroughDynamoDb"]["Action"]


def test_a_grant_covers_the_indexes() -> None:
    indexes = {"by-day": Index(key=Key(partition=("day", "S")))}
    assert granted("grant_read", indexes=indexes)["Items"]["Resource"] == [
        "arn:aws:dynamodb:eu-west-1:111111111111:table/orders",
        "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/index/by-day",
    ]


def test_a_stream_is_read_without_the_right_to_the_table() -> None:
    statements = granted("grant_stream", stream_view="NEW_AND_OLD_IMAGES")
    assert statements["Stream"]["Resource"] == STREAM_ARN
    assert {action for action in statements["Stream"]["Action"] if "Stream" not in action} == {
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    }
    assert statements["KeyThroughDynamoDb"]["Action"] == ["kms:Decrypt", "kms:DescribeKey"]


def test_a_table_without_a_stream_grants_none() -> None:
    with pytest.raises(ValueError, match="table orders must have a stream before reader"):
        granted("grant_stream")


def test_warm_throughput_is_set_once_and_then_left_to_dynamodb() -> None:
    table = made(settings=TableSettings(warm=WarmThroughput(read_units_per_second=30_000))).one(TABLE)
    assert table.inputs["warmThroughput"] == {"readUnitsPerSecond": 30_000, "writeUnitsPerSecond": 4_000}
    assert table.ignore_changes == ("warmThroughput",), "DynamoDB raises it, and what is lower would be refused"
    assert "warmThroughput" not in made().one(TABLE).inputs


def test_indexes_are_as_warm_as_their_table_and_stand_in_the_order_of_their_declaration() -> None:
    indexes = {name: Index(key=Key(partition=(name, "S"))) for name in ("by_status", "by_customer")}
    table = made(settings=TableSettings(warm=WarmThroughput(write_units_per_second=8_000)), indexes=indexes).one(TABLE)
    warm = {"readUnitsPerSecond": 12_000, "writeUnitsPerSecond": 8_000}
    assert [(index["name"], index["warmThroughput"]) for index in table.inputs["globalSecondaryIndexes"]] == [
        ("by_status", warm),
        ("by_customer", warm),
    ]
    assert table.ignore_changes == ("warmThroughput", "globalSecondaryIndexes[*].warmThroughput")


def test_an_index_that_throttles_has_alarms_of_its_own() -> None:
    recorder = made(indexes={"by_status": Index(key=Key(partition=("status", "S")))})
    alarm = recorder.inputs("aws:cloudwatch/metricAlarm:MetricAlarm", "orders-by_status-write-throttles")
    assert alarm["dimensions"] == {"TableName": "orders", "GlobalSecondaryIndexName": "by_status"}
    assert alarm["metricName"] == "WriteThrottleEvents"
    assert "index by_status of table orders" in alarm["alarmDescription"]


def test_throttling_and_system_errors_raise_alarms() -> None:
    alarms = made(watched_operations=("GetItem", "PutItem")).of("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert {(a.inputs["metricName"], a.inputs["dimensions"].get("Operation")) for a in alarms} == {
        ("ReadThrottleEvents", None),
        ("WriteThrottleEvents", None),
        ("SystemErrors", "GetItem"),
        ("SystemErrors", "PutItem"),
    }
    assert all(a.inputs["alarmActions"] == [TOPIC] for a in alarms)


@pytest.mark.parametrize("on", [True, False])
def test_contributor_insights_follow_the_setting(on) -> None:
    recorder = made(settings=TableSettings(contributor_insights=on))
    assert bool(recorder.of("aws:dynamodb/contributorInsights:ContributorInsights")) is on


def test_everything_belongs_to_the_table() -> None:
    recorder = made()
    inside = [r for r in recorder.resources if r.type.startswith("aws:")]
    assert inside
    assert all(r.parent.endswith("webstore:blocks:Table::orders") for r in inside)


def test_outputs_name_the_table() -> None:
    names: list[str] = []
    record(lambda: table().table_name.apply(names.append))
    assert names == ["orders"]
