"""The Feeds box with any engine, and what it registers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from components.feeds import Feeds
from components.network import Network
from settings.feeds import FEEDS, FeedsSettings
from settings.network import NetworkNeeds, NetworkSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID as ACCOUNT
from tests.mocks import Recorder, Registered, record

PROJECT = Path(__file__).resolve().parents[3]
KEY = key_arn("customer")
STREAM_ARN = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/feeds-"
PIM = "arn:aws:iam::444444444444:role/integration/pim-export"
OWN = f"arn:aws:iam::{ACCOUNT}:role/team/price-tool"
PROVISIONED, SERVERLESS = {"kind": "msk-provisioned"}, {"kind": "msk-serverless"}
KINESIS = {"kind": "kinesis"}
ON_DEMAND = {"pollers": None}
EVERY_ENGINE = pytest.mark.parametrize("engine", [PROVISIONED, SERVERLESS, KINESIS], ids=lambda engine: engine["kind"])

KAFKA = pytest.mark.parametrize("engine", [PROVISIONED, SERVERLESS], ids=lambda engine: engine["kind"])
CLUSTER, TOPIC, CONFIGURATION = "msk/cluster:Cluster", "msk/topic:Topic", "msk/configuration:Configuration"
STREAM, MAPPING, POLICY = "kinesis/stream:Stream", "lambda/eventSourceMapping:EventSourceMapping", ":RolePolicy"
READ = "feeds-catalogue-read-by-writer"
INGRESS, ALARM = "vpc/securityGroupIngressRule:SecurityGroupIngressRule", "cloudwatch/metricAlarm:MetricAlarm"


def settings(engine: dict[str, Any] = PROVISIONED, **sections: Any) -> FeedsSettings:
    return FeedsSettings.model_validate_json(json.dumps({"engine": engine, **sections}))


def cluster_arn(engine: dict[str, Any] = PROVISIONED) -> str:
    return f"arn:aws:kafka:eu-west-1:{ACCOUNT}:cluster/feeds/feeds-{'s1' if engine == SERVERLESS else '11'}"


def streams(**catalogue: Any) -> dict[str, Any]:
    return {**{feed: {} for feed in FEEDS}, "catalogue": catalogue}


def box(
    engine: dict[str, Any] = PROVISIONED, *, zones: str = "abc", protect: bool = False, **sections: Any
) -> tuple[Feeds, Network]:
    base = foundation(protect=protect)
    network = Network(
        "network",
        settings=NetworkSettings(cidr_block="10.20.0.0/16", zones=tuple(f"eu-west-1{zone}" for zone in zones)),
        foundation=base,
        # Those of Lambda without pollers.
        needs=NetworkNeeds(endpoints=("lambda", "sts")),
    )
    feeds = Feeds("feeds", settings=settings(engine, **sections), foundation=base, network=network)
    return feeds, network


def made(engine: dict[str, Any] = PROVISIONED, **arguments: Any) -> Recorder:
    return record(lambda: box(engine, **arguments))


def used(use: Callable[[Feeds], object], engine: dict[str, Any] = PROVISIONED, **arguments: Any) -> Recorder:
    return record(lambda: use(box(engine, **arguments)[0]))


def consumed(engine: dict[str, Any] = PROVISIONED, *, function: str = "catalogue-writer", **arguments: Any) -> Recorder:
    def use(feeds: Feeds) -> None:
        role = aws.iam.Role("writer", assume_role_policy="{}")
        granted = feeds.feed("catalogue").grant_consume(role)
        feeds.feed("catalogue").consume(consumer="writer", function_name=function, ready=granted, batch_size=50)

    return used(use, engine, **arguments)


def alarms(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {found.name: found.inputs for found in recorder.of(ALARM) if found.name.startswith("feeds-")}


def broker_alarms(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {
        name.removeprefix("feeds-"): inputs
        for name, inputs in alarms(recorder).items()
        if inputs["namespace"] == "AWS/Kafka"
    }


def admitted(recorder: Recorder) -> set[str]:
    return {rule.name for rule in recorder.of(INGRESS)}


def allowed(policy: Registered) -> dict[str, Any]:
    """Action -> resource, of the first statement that allows it."""
    found: dict[str, Any] = {}
    for statement in policy.statements().values():
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            found.setdefault(action, statement["Resource"])
    return found
