"""A WebTier box for tests, with the boxes that it needs."""

import json
from typing import Any

import pulumi
from pulumi_aws.secretsmanager import SecretVersion

from components.api import Api
from components.blocks.load_balancer import OriginSecret
from components.shared_files import SharedFiles
from components.web_tier import WebTier
from settings.observability import ContainerInsights
from settings.shared_files import SharedFilesSettings
from settings.web_tier import WebTierSettings
from tests.foundation import dns, foundation, identity, images, network
from tests.mocks import Recorder, record
from tests.unit.fakes import fake

SERVICE = "ecs/service:Service"
TASK = "ecs/taskDefinition:TaskDefinition"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:web/stripe-AbCdEf"
API_KEY_ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:api-web-AbCdEf"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:111111111111:parameter/web/feature"
SHIFTING = [
    {"strategy": "blue_green", "bake_minutes": 5},
    {"strategy": "canary", "canary_percent": 20, "canary_minutes": 7, "bake_minutes": 5},
    {"strategy": "linear", "step_percent": 25, "step_minutes": 3, "bake_minutes": 5},
]


def made(
    *,
    service: dict[str, Any] | None = None,
    public: bool = False,
    protect: bool = True,
    traced: bool = True,
    insights: ContainerInsights = "enhanced",
    looked_up: dict[str, dict[str, Any]] | None = None,
    is_preview: bool = False,
    api: bool = True,
    **sections: Any,
) -> Recorder:
    settings = WebTierSettings.model_validate({"service": service or {}, **sections})

    def build() -> None:
        base, vpc = (
            foundation(name="dev", protect=protect, traced=traced, insights=insights, is_preview=is_preview),
            network(),
        )
        WebTier(
            "web",
            settings=settings,
            foundation=base,
            network=vpc,
            images=images(),
            files=SharedFiles("files", settings=SharedFilesSettings(), foundation=base, network=vpc),
            dns=dns("store.example.com"),
            identity=identity(),
            api=fake(
                Api,
                machine_url="https://api.store.example.com/api",
                web_key=fake(SecretVersion, secret_arn=API_KEY_ARN, version_id="v1"),
            )
            if api
            else fake(Api, machine_url=None, web_key=None),
            origin_secret=OriginSecret(name="X-Key", value=pulumi.Output.secret("s" * 32)) if public else None,
        )

    return record(build, recorder=Recorder(looked_up=looked_up))


def container(recorder: Recorder) -> dict[str, Any]:
    service, *_ = json.loads(recorder.inputs(TASK)["containerDefinitions"])
    return service


def policies_of(recorder: Recorder, role: str) -> dict[str, dict[str, Any]]:
    """Statements of every policy of a role, by policy and statement id."""
    return {
        f"{policy.name}.{sid}": statement
        for policy in recorder.of("iam/rolePolicy:RolePolicy")
        if policy.inputs["role"] == role
        for sid, statement in policy.statements().items()
    }
