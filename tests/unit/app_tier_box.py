"""The application tier with some services, and how its resources are read."""

import json
from typing import Any

from components.app_tier import AppTier
from components.app_tier.identity_triggers import IdentityTriggers
from components.data import Data
from components.events import Events
from components.orders import Orders
from components.shared_files import SharedFiles
from settings.app_tier import AppTierSettings
from settings.data import DataSettings
from settings.events import EventsSettings
from settings.orders import OrdersSettings
from settings.shared_files import SharedFilesSettings
from settings.third_parties import ThirdPartiesSettings
from tests.foundation import dns, foundation, identity, images, network
from tests.mocks import Recorder, record

SERVICE, TASK, FUNCTION = "ecs/service:Service", "ecs/taskDefinition:TaskDefinition", "lambda/function:Function"
POLICY, ROLE = "iam/rolePolicy:RolePolicy", "iam/role:Role"
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/any:1.0.0"
ROUTE = {"path": "/things/{thing_id}", "auth": "public"}


PARTIES = ThirdPartiesSettings.model_validate_json(
    json.dumps(
        {
            "parties": {
                "payment": {
                    "kind": "payment",
                    "company": {
                        "name": "Payments plc",
                        "country": "IE",
                        "role": "controller",
                        "purpose": "payments of orders",
                        "legal_basis": "contract",
                    },
                    "data_classes": ["operational", "order", "payment"],
                    "api": {"endpoint": "https://pay.example.com"},
                }
            }
        }
    )
)


def fargate(**entry: Any) -> dict[str, Any]:
    return {"runtime": {"kind": "fargate", "image": IMAGE, **entry.pop("runtime", {})}, **entry}


def function(code: str = "order_relay", **entry: Any) -> dict[str, Any]:
    return {"runtime": {"kind": "lambda", "code": code, **entry.pop("runtime", {})}, **entry}


def made(
    services: dict[str, Any],
    *names: str,
    traced: bool = False,
    tls: bool = True,
    dax: bool = True,
    tables: Any = None,
    parties: ThirdPartiesSettings = PARTIES,
    **tier: Any,
) -> Recorder:
    """
    Args:
        names: Of application tiers with these services.
        parties: The register of third parties.
        tier: Further settings of the section.
    """
    given = {"services": services, "discovery": {"tls": tls}, **tier}
    settings = AppTierSettings.model_validate_json(json.dumps(given))
    stores = DataSettings.model_validate(
        {"dax": {"engine": "dax" if dax else "off"}, "tables": {"extra": tables or {}}}
    )

    def build() -> None:
        base, vpc = foundation(traced=traced), network()
        owners = {
            "images": images(),
            "data": Data("data", settings=stores, foundation=base, network=vpc),
            "events": Events("events", settings=EventsSettings(), foundation=base, parties=ThirdPartiesSettings()),
            "third_parties": parties,
            "orders": Orders("orders", settings=OrdersSettings(), foundation=base, parties=parties),
            "identity": identity(),
            "files": SharedFiles("files", settings=SharedFilesSettings(), foundation=base, network=vpc),
        }
        IdentityTriggers("triggers", settings=settings, foundation=base, owners=owners)
        for name in names or ("app",):
            AppTier(name, settings=settings, foundation=base, network=vpc, dns=dns(), owners=owners)

    return record(build)


def variables(recorder: Recorder, name: str) -> dict[str, str]:
    service, *_ = json.loads(recorder.inputs(TASK, name)["containerDefinitions"])
    return {entry["name"]: entry["value"] for entry in service["environment"]}


def actions(recorder: Recorder, role: str) -> set[str]:
    statements = [
        statement
        for policy in recorder.of(POLICY)
        if policy.inputs["role"] == role
        for statement in policy.statements().values()
    ]
    found = (statement["Action"] for statement in statements if statement["Effect"] == "Allow")
    return {action for one in found for action in ([one] if isinstance(one, str) else one)}


def rules(recorder: Recorder, group: str) -> set[tuple[str, int]]:
    """Who is let into a group, and to which port."""
    return {
        (rule.inputs.get("referencedSecurityGroupId") or rule.inputs.get("prefixListId"), rule.inputs["fromPort"])
        for rule in recorder.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == f"sg-{group}"
    }
