"""What boxes and blocks build on, in tests: an environment, keys and topics with ARNs of AWS's form."""

from types import SimpleNamespace
from typing import Any, cast

import pulumi

from components.base import StoreComponent
from components.blocks.function_image import FunctionImage
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.task_images import TaskImages
from components.dns import Dns
from components.foundation import Foundation, Keys
from components.identity import Identity
from components.images import Images
from components.network import Network
from settings.environment import EnvironmentSettings
from settings.observability import ContainerInsights
from settings.tracing import TracingSettings
from tests.mocks import ACCOUNT_ID
from tests.unit.fakes import fake

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


def foundation(
    *,
    traced: bool = False,
    insights: ContainerInsights = "enhanced",
    runbooks: str = "docs/runbooks",
    is_preview: bool = False,
    **changes: Any,
) -> Foundation:
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
        container_insights=insights,
        runbooks=runbooks,
        is_preview=is_preview,
    )


def security_group(name: str) -> SecurityGroup:
    """Of clients, or of what another box has."""
    return SecurityGroup(name, SecurityGroupArgs(vpc_id="vpc-1", description=name))


def network(**changes: Any) -> Network:
    """The network in two zones, as boxes see it."""
    endpoints = security_group("endpoints")
    values: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "zones": [f"{REGION}a", f"{REGION}b"],
        "public_subnet_ids": ["subnet-public"],
        **{f"{layer}_subnet_ids": [f"subnet-{layer}-a", f"subnet-{layer}-b"] for layer in ("app", "data", "payment")},
        "s3_prefix_list_id": "pl-s3",
        "dynamodb_prefix_list_id": "pl-dynamodb",
        "nat_addresses": ["198.51.100.1", "198.51.100.2"],
        "egress_resources": [],
        "admit_to_endpoints": lambda clients, *, purpose: endpoints.admit(clients, port=443, purpose=purpose),
        "allow_payment_egress": lambda clients: clients.reach_internet(port=443, purpose="Payment provider"),
    }
    return fake(Network, **{**values, **changes})


def images() -> Images:
    """Images from wherever they are."""
    return fake(
        Images,
        of_task=lambda image, _, collector: TaskImages(service=image, repository=image, collector=collector),
        proven_repository_arns=[],
        of_function=lambda image, _: FunctionImage(uri=image),
    )


def dns(domain: str = "shop.example.com") -> Dns:
    """Names and certificates of a store, as boxes see them."""
    return fake(
        Dns,
        zone_id="Z0",
        url=f"https://{domain}",
        host_names={"store": domain, "www": f"www.{domain}"},
        regional_certificate_arn=f"arn:aws:acm:{REGION}:{ACCOUNT_ID}:certificate/1",
    )


def identity() -> Identity:
    """The user pool, as boxes see it that verify tokens and sign customers in."""
    return fake(
        Identity,
        issuer_url=f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_abc",
        sign_in_url="https://auth.shop.example.com",
        web_client_id="client-web",
    )


class _Box(StoreComponent):
    """Parent of a block under test."""

    TYPE = "webstore:test:Box"


def inside(**changes: Any) -> pulumi.ResourceOptions:
    """Options of a block under test: a child of a box with the foundation; takes what `foundation` takes."""
    return _Box("box", foundation=foundation(**changes))._inside
