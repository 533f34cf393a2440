"""An Api box for tests, with the services that it serves."""

import json
from collections.abc import Callable
from typing import Any

import pulumi

from components.api import Api
from components.app_tier import AppTier
from components.blocks.function import Function
from components.identity import Identity
from settings.api import ApiSettings
from settings.app_tier import AppTierSettings
from tests.foundation import dns, foundation, network, security_group
from tests.mocks import Recorder, record
from tests.unit.fakes import fake

METHOD = "apigateway/method:Method"
INTEGRATION = "apigateway/integration:Integration"
DEPLOYMENT = "apigateway/deployment:Deployment"
STAGE = "apigateway/stage:Stage"
GROUP = "cloudwatch/logGroup:LogGroup"
LIMITS = "apigateway/methodSettings:MethodSettings"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/app/1"
POOL = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_abc"
EXECUTION = "arn:aws:execute-api:eu-west-1:111111111111:api"
FARGATE = {"kind": "fargate", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/service:1"}
FUNCTION = {"kind": "lambda", "code": "service"}
ORDERS: dict[str, Any] = {
    "runtime": FARGATE,
    "scopes": {"read": "See orders", "write": "Place orders"},
    "routes": [
        {"path": "/", "methods": ["POST"], "auth": "orders.write", "body": "OrderRequest"},
        {"path": "/{order_id}", "auth": "orders.read"},
        {"path": "/{order_id}/status", "methods": ["PUT"], "auth": "iam", "body": "OrderStatusChange"},
    ],
}
CATALOGUE: dict[str, Any] = {
    "runtime": FUNCTION,
    "scopes": {"write": "Change products"},
    "routes": [
        {
            "path": "/products",
            "auth": "public",
            "query": {"page": "optional", "category": "required"},
            "throttle": {"requests_per_second": 50.0, "burst": 100},
        },
        {"path": "/products/{sku}", "methods": ["PUT", "PATCH"], "auth": "catalogue.write", "body": "ProductChange"},
    ],
}
STORE = {"orders": ORDERS, "catalogue": CATALOGUE}


def tier(services: dict[str, Any]) -> AppTierSettings:
    return AppTierSettings.model_validate_json(json.dumps({"services": services}))


def made(
    services: dict[str, Any] | None = None,
    *,
    balancer: bool = True,
    check: Callable[[Api], object] | None = None,
    **settings: Any,
) -> Recorder:
    declared = tier(STORE if services is None else services)

    def program() -> None:
        served = fake(
            AppTier,
            load_balancer_arn=pulumi.Output.from_input(BALANCER) if balancer else None,
            load_balancer_group=security_group("balancer") if balancer else None,
            entries=declared.services,
            functions={
                name: fake(
                    Function,
                    function_name=pulumi.Output.from_input(f"app-{name}"),
                    invoke_arn=pulumi.Output.from_input(f"arn:aws:apigateway:eu-west-1:lambda:path/{name}/invocations"),
                )
                for name, service in declared.services.items()
                if service.runtime.kind == "lambda"
            },
        )
        box = Api(
            "api",
            settings=ApiSettings.model_validate_json(json.dumps(settings)),
            foundation=foundation(),
            network=network(),
            identity=fake(
                Identity,
                user_pool_arn=pulumi.Output.from_input(POOL),
                scopes={scope: f"store/{scope}" for scope in declared.scopes},
            ),
            app=served,
            dns=dns(),
        )
        if check is not None:
            check(box)

    return record(program)


def paths(recorder: Recorder) -> dict[str, str]:
    """Resource id to the path that callers write."""
    found = {"api": ""}
    for resource in recorder.of("apigateway/resource:Resource"):
        found[resource.name] = f"{found[resource.inputs['parentId']]}/{resource.inputs['pathPart']}"
    return found


def by_key(recorder: Recorder, type_: str) -> dict[str, dict[str, Any]]:
    """Methods or integrations by what callers write, such as `GET /orders/{order_id}`."""
    where = paths(recorder)
    return {f"{r.inputs['httpMethod']} {where[r.inputs['resourceId']]}": r.inputs for r in recorder.of(type_)}
