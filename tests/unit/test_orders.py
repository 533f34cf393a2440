"""The hand-off of orders: FIFO, dead letters, who may send and take, alarms."""

import json
from pathlib import Path

import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.api import Api
from components.blocks.queue import DeadLetters, QueueArgs
from components.orders import Orders
from settings.orders import OmsAccount, OrdersSettings
from settings.third_parties import ThirdPartiesSettings
from tests.foundation import foundation, key_arn
from tests.mocks import Recorder, record
from tests.unit.fakes import fake

PROJECT = Path(__file__).resolve().parents[2]
KEY = key_arn("customer")
OMS = OmsAccount(
    account_id="333333333333",
    role_arn="arn:aws:iam::333333333333:role/order-intake",
    external_id="web-store-test-orders",
)
QUEUES = "arn:aws:sqs:eu-west-1:111111111111:web-store-orders"


def box(protect: bool = False, **settings) -> Orders:
    return Orders(
        "orders",
        settings=OrdersSettings(**settings),
        foundation=foundation(protect=protect),
        parties=ThirdPartiesSettings(),
    )


def made(**settings) -> Recorder:
    return record(lambda: box(**settings))


@pytest.mark.parametrize("name", ["orders", "orders-dead"])
def test_both_queues_are_fifo_under_the_customer_key(name: str) -> None:
    queue = made().inputs("sqs/queue:Queue", name)
    assert queue["fifoQueue"] is True
    assert queue["name"] == f"web-store-{name}-test.fifo"
    assert queue["kmsMasterKeyId"] == KEY
    assert queue["contentBasedDeduplication"] is False


def test_message_groups_do_not_wait_for_each_other() -> None:
    queue = made().inputs("sqs/queue:Queue", "orders")
    assert (queue["deduplicationScope"], queue["fifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")


def test_failures_move_to_the_dead_letter_queue_which_takes_them_from_nowhere_else() -> None:
    recorder = made(max_receives=3)
    redrive = json.loads(recorder.inputs("sqs/queue:Queue", "orders")["redrivePolicy"])
    assert redrive == {"deadLetterTargetArn": f"{QUEUES}-dead-test.fifo", "maxReceiveCount": 3}
    allowed = json.loads(recorder.inputs("sqs/redriveAllowPolicy:RedriveAllowPolicy")["redriveAllowPolicy"])
    assert allowed == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"{QUEUES}-test.fifo"],
    }


@pytest.mark.parametrize("name", ["orders", "orders-dead"])
def test_nothing_passes_without_tls_and_the_policies_let_nobody_in(name: str) -> None:
    statements = made().one("sqs/queuePolicy:QueuePolicy", name).statements()
    assert list(statements) == ["DenyWithoutTls"]
    assert statements["DenyWithoutTls"]["Effect"] == "Deny"
    assert statements["DenyWithoutTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_retention_is_in_seconds() -> None:
    recorder = made(retention_days=4, dead_letter_retention_days=10)
    queues = {queue.name: queue.inputs["messageRetentionSeconds"] for queue in recorder.of("sqs/queue:Queue")}
    assert queues == {"orders": 345_600, "orders-dead": 864_000}


def test_the_oms_takes_orders_by_a_role_that_only_its_own_role_assumes_and_only_for_this_store() -> None:
    recorder = made(oms=OMS)
    (trust,) = recorder.one("iam/role:Role", "orders-oms").statements("assumeRolePolicy").values()
    assert trust["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}, "a role must exist when it is named"
    assert trust["Condition"] == {
        "StringEquals": {"sts:ExternalId": OMS.external_id},
        "ArnEquals": {"aws:PrincipalArn": OMS.role_arn},
    }
    granted = recorder.one("iam/rolePolicy:RolePolicy").statements()
    assert "sqs:SendMessage" not in granted["Messages"]["Action"]
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= set(granted["Messages"]["Action"])


def test_without_an_account_of_the_oms_there_is_no_role() -> None:
    assert not made().of("iam/role:Role")


@pytest.mark.parametrize(
    ("method", "allowed", "key_actions"),
    [
        ("grant_send", "sqs:SendMessage", ["kms:Decrypt", "kms:GenerateDataKey"]),
        ("grant_receive", "sqs:ReceiveMessage", "kms:Decrypt"),
    ],
)
def test_a_grant_covers_the_queue_and_its_key_through_sqs(method: str, allowed: str, key_actions) -> None:
    def build() -> None:
        getattr(box(), method)(aws.iam.Role("checkout", assume_role_policy="{}"))

    granted = record(build).one("iam/rolePolicy:RolePolicy").statements()
    assert allowed in granted["Messages"]["Action"]
    assert granted["Messages"]["Resource"] == f"{QUEUES}-test.fifo"
    assert granted["KeyThroughSqs"]["Action"] == key_actions
    assert granted["KeyThroughSqs"]["Condition"] == {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}


def test_age_depth_and_the_first_dead_letter_raise_alarms_that_lead_to_the_runbook() -> None:
    alarms = {found.name: found.inputs for found in made(alarm_age_minutes=10).of("cloudwatch/metricAlarm:MetricAlarm")}
    assert set(alarms) == {"orders-age", "orders-depth", "orders-dead-messages"}
    assert (alarms["orders-age"]["metricName"], alarms["orders-age"]["threshold"]) == (
        "ApproximateAgeOfOldestMessage",
        600,
    )
    dead = alarms["orders-dead-messages"]
    assert (dead["threshold"], dead["evaluationPeriods"], dead["dimensions"]) == (
        0,
        1,
        {"QueueName": "web-store-orders-dead-test.fifo"},
    )
    for alarm in alarms.values():
        assert "docs/runbooks/orders-redrive.md" in alarm["alarmDescription"]
    assert (PROJECT / "docs/runbooks/orders-redrive.md").is_file()


@pytest.mark.parametrize("protect", [True, False])
def test_queues_with_orders_are_held_by_protection(protect: bool) -> None:
    queues = record(lambda: box(protect=protect)).of("sqs/queue:Queue")
    assert {(queue.protect, queue.retain_on_delete) for queue in queues} == {(protect, protect)}


def test_dead_letters_that_go_before_orders_are_refused() -> None:
    with pytest.raises(ValidationError, match="must be at least `retention_days`, 14"):
        OrdersSettings(retention_days=14, dead_letter_retention_days=7)
    with pytest.raises(ValueError, match="dead letters must be kept at least as long"):
        QueueArgs(
            key_arn=KEY,
            protect=True,
            runbook="page",
            retention_days=14,
            dead_letter=DeadLetters(retention_days=1),
        )


def test_the_role_of_the_oms_is_in_its_account() -> None:
    with pytest.raises(ValidationError, match="OMS's account 444444444444"):
        OmsAccount(account_id="444444444444", role_arn=OMS.role_arn, external_id=OMS.external_id)


def test_the_oms_calls_the_services_that_the_settings_name() -> None:
    let: list[tuple[str, str]] = []

    def grant(role: aws.iam.Role, service: str) -> aws.iam.RolePolicy:
        let.append((role.pulumi_resource_name, service))
        return aws.iam.RolePolicy(f"call-{service}", role=role.name, policy="{}")

    caller = OMS.model_copy(update={"calls": ("orders",)})
    api = fake(Api, grant_invoke=grant)
    record(lambda: box(oms=caller).allow_oms_calls(api))
    record(lambda: box(oms=OMS).allow_oms_calls(api))
    record(lambda: box().allow_oms_calls(api))
    assert let == [("orders-oms", "orders")]
