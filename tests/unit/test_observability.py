"""Alarm topics, their subscribers, and the bucket of access logs."""

import json
from typing import Any

import pytest

from components.observability import Observability
from settings.observability import ObservabilitySettings
from tests.foundation import environment, foundation, key_arn
from tests.mocks import Recorder, record

LOGS_KEY, EDGE_KEY = key_arn("logs"), key_arn("edge")


def observability(region: str = "eu-west-1", **settings: Any) -> Recorder:
    return record(
        lambda: Observability(
            "observability",
            settings=ObservabilitySettings(**settings),
            environment=environment(region=region),
            keys=foundation().keys,
        )
    )


def test_each_region_with_alarms_has_a_topic_under_its_own_key() -> None:
    recorder = observability()
    home = recorder.inputs("sns/topic:Topic", "observability-alarms")
    edge = recorder.inputs("sns/topic:Topic", "observability-edge-alarms")
    assert (home.get("region"), home["kmsMasterKeyId"]) == (None, LOGS_KEY)
    assert (edge["region"], edge["kmsMasterKeyId"]) == ("us-east-1", EDGE_KEY)


def test_one_topic_does_where_the_home_region_is_that_of_the_edge() -> None:
    assert observability(region="us-east-1").names("sns/topic:Topic") == {"observability-alarms"}


COSTS = {"budgets.amazonaws.com", "costalerts.amazonaws.com"}


@pytest.mark.parametrize(
    ("home", "name", "region", "others"),
    [
        ("eu-west-1", "alarms", "eu-west-1", {"backup.amazonaws.com"}),
        ("eu-west-1", "edge-alarms", "us-east-1", COSTS),
        ("us-east-1", "alarms", "us-east-1", {"backup.amazonaws.com", *COSTS}),
    ],
)
def test_only_alarms_backups_and_budgets_of_the_account_publish_and_only_over_tls(
    home: str, name: str, region: str, others: set[str]
) -> None:
    policy = observability(home).one("sns/topicPolicy:TopicPolicy", f"observability-{name}").statements()
    grants = {
        statement["Principal"]["Service"]: statement for statement in policy.values() if statement["Effect"] == "Allow"
    }
    assert grants.keys() == {"cloudwatch.amazonaws.com", *others}
    assert {statement["Action"] for statement in grants.values()} == {"sns:Publish"}
    assert grants["cloudwatch.amazonaws.com"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{region}:111111111111:alarm:*"},
    }
    for service in COSTS & grants.keys():
        assert grants[service]["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
    assert policy["DenyWithoutTls"]["Effect"] == "Deny"
    assert policy["DenyWithoutTls"]["Principal"] == "*"


def test_load_balancers_of_the_account_are_known_by_their_arn() -> None:
    grant = observability().one("s3/bucketPolicy:BucketPolicy").statements()["LoadBalancersLog"]
    assert grant["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert grant["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/*"}
    }


def test_every_subscriber_hears_of_the_alarms_of_both_regions() -> None:
    recorder = observability(
        alarm_emails=("on-call@example.com",), alarm_endpoints=("https://alarms.example.com/store",)
    )
    subscriptions = recorder.of("sns/topicSubscription:TopicSubscription")
    assert {(found.name, found.inputs["protocol"]) for found in subscriptions} == {
        ("observability-alarms-on-call-example-com", "email"),
        ("observability-alarms-alarms-example-com-store", "https"),
        ("observability-edge-alarms-on-call-example-com", "email"),
        ("observability-edge-alarms-alarms-example-com-store", "https"),
    }


def test_nobody_is_subscribed_who_is_not_named() -> None:
    assert not observability().of("sns/topicSubscription:TopicSubscription")


def test_access_logs_are_under_the_encryption_that_their_writers_can_use_and_expire() -> None:
    recorder = observability(access_logs_days=30)
    (rule,) = recorder.inputs(":BucketServerSideEncryptionConfiguration")["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    (housekeeping,) = recorder.inputs(":BucketLifecycleConfiguration")["rules"]
    assert housekeeping["expiration"] == {"days": 30}
    assert not recorder.of(":BucketLogging"), "a log target that logs to itself never comes to rest"


def test_only_load_balancers_and_buckets_of_the_account_write_each_under_its_prefix() -> None:
    policy = observability().one("s3/bucketPolicy:BucketPolicy").statements()
    grants = {name: statement for name, statement in policy.items() if statement["Effect"] == "Allow"}
    assert {
        (statement["Principal"]["Service"], statement["Action"], statement["Resource"]) for statement in grants.values()
    } == {
        (
            "logdelivery.elasticloadbalancing.amazonaws.com",
            "s3:PutObject",
            "arn:aws:s3:::observability-access-logs/alb/*",
        ),
        ("logging.s3.amazonaws.com", "s3:PutObject", "arn:aws:s3:::observability-access-logs/s3/*"),
    }
    assert all("111111111111" in json.dumps(statement["Condition"]) for statement in grants.values())
