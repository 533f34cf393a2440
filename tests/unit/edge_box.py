"""An Edge box for tests, with the boxes that it needs."""

import json
from typing import Any

import pulumi

from components.api import Api
from components.blocks.origin_secret import OriginSecret
from components.dns import Dns
from components.edge import Edge
from components.media import Media
from components.web_tier import WebTier
from settings.dns import DnsSettings
from settings.edge import EdgeSettings
from settings.media import MediaSettings
from tests.foundation import foundation
from tests.mocks import Recorder, record
from tests.unit.fakes import fake

ACL, DISTRIBUTION = "wafv2/webAcl:WebAcl", "cloudfront/distribution:Distribution"


def settings(**sections: Any) -> EdgeSettings:
    return EdgeSettings.model_validate_json(json.dumps({"default_root_object": "home", **sections}))


def edge(
    *,
    region: str = "eu-west-1",
    protect: bool = True,
    media: dict[str, Any] | None = None,
    secret: str | None = None,
    api: str | None = None,
    api_key: str | None = None,
    **sections: Any,
) -> Recorder:
    names = {
        "domain_name": "shop.example.com",
        "alternative_names": ["www.shop.example.com"],
        "zone": {"kind": "adopt", "name": "example.com", "zone_id": "Z0ADOPTED"},
    }

    def program() -> None:
        base = foundation(region=region, protect=protect)
        dns = Dns("dns", settings=DnsSettings.model_validate_json(json.dumps(names)), foundation=base)
        assets = Media("media", settings=MediaSettings.model_validate_json(json.dumps(media or {})), foundation=base)
        web = fake(
            WebTier,
            load_balancer_arn=pulumi.Output.from_input(
                "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1"
            ),
            closed_paths=("/actuator", "/utility"),
            serving=pulumi.ComponentResource("test:index:Service", "web-service"),
            load_balancer_dns_name=pulumi.Output.from_input("internal-web.eu-west-1.elb.amazonaws.com"),
        )
        Edge(
            "edge",
            settings=settings(**sections),
            foundation=base,
            dns=dns,
            media=assets,
            web=web,
            api=fake(Api, domain_name=api, edge_key=api_key),
            origin_secret=OriginSecret(name="X-Origin-Key", value=secret) if secret else None,
        )

    return record(program)


def rules(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in recorder.inputs(ACL)["rules"]}


def group(rule: dict[str, Any]) -> dict[str, Any]:
    return rule["statement"]["managedRuleGroupStatement"]


def behaviors(recorder: Recorder) -> dict[str, dict[str, Any]]:
    inputs = recorder.inputs(DISTRIBUTION)
    return {"": inputs["defaultCacheBehavior"], **{b["pathPattern"]: b for b in inputs["orderedCacheBehaviors"]}}


def origins(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {origin["originId"]: origin for origin in recorder.inputs(DISTRIBUTION)["origins"]}
