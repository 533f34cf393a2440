"""What boxes and blocks build on, in tests: an environment, keys and topics with ARNs of AWS's form."""

from types import SimpleNamespace
from typing import Any, cast

import pulumi

from components.base import StoreComponent
from components.foundation import Foundation, Keys
from settings.environment import EnvironmentSettings
from settings.tracing import TracingSettings
from tests.mocks import ACCOUNT_ID

REGION = "eu-west-1"
KEY_CLASSES = ("customer", "payment", "media", "logs", "secrets", "edge")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alarms"
EDGE_TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:edge-alarms"
ACCESS_LOGS = "access-logs"


def key_arn(data_class: str) -> str:
    region = "us-east-1" if data_class == "edge" else REGION
    return f"arn:aws:kms:{region}:{ACCOUNT_ID}:key/{data_class}"


def environment(**changes: Any) -> EnvironmentSettings:
    values = {"name": "test", "profile": "dev", "account_id": ACCOUNT_ID, "region": REGION}
    return EnvironmentSettings.model_validate({**values, "owner": "team", "cost_center": "cc-1", **changes})


def foundation(*, traced: bool = False, runbooks: str = "docs/runbooks", **changes: Any) -> Foundation:
    """
    Args:
        changes: Other values of the environment.
    """
    output = pulumi.Output.from_input
    return Foundation(
        environment=environment(**changes),
        inside=pulumi.ResourceOptions(),
        keys=cast("Keys", SimpleNamespace(**{f"{c}_key_arn": output(key_arn(c)) for c in KEY_CLASSES})),
        alarm_topic_arn=output(TOPIC),
        edge_alarm_topic_arn=output(EDGE_TOPIC),
        access_logs_bucket=output(ACCESS_LOGS),
        tracing=TracingSettings(enabled=traced),
        runbooks=runbooks,
    )


class _Box(StoreComponent):
    """Parent of a block under test."""

    TYPE = "webstore:test:Box"


def inside(**changes: Any) -> pulumi.ResourceOptions:
    """Options of a block under test: a child of a box with the foundation; takes what `foundation` takes."""
    return _Box("box", foundation=foundation(**changes))._inside
