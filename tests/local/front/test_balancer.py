"""Listener rules of load balancers, one at a time."""

import asyncio
import json
from typing import Any

import pytest

from local.errors import LocalError
from local.front.balancer import Target, targets
from local.front.messages import Answer, Call
from local.journal import Journal
from local.serving import HOST, free_port
from local.state import Deployed
from tests.local.front.parts import Processes, Tier, services

_URN = "urn:pulumi:dev::web-store::"
BALANCER, LISTENER, BLUE, GREEN = "arn:balancer", "arn:listener", "arn:blue", "arn:green"


def deployed(*rules: dict[str, Any]) -> Deployed:
    variables = [{"name": "STORE_SERVICE", "value": "shop"}]
    fixed = {"contentType": "text/plain", "messageBody": "Forbidden", "statusCode": "403"}
    behind = {"containerName": "c", "containerPort": 8080, "targetGroupArn": BLUE}
    entries = [
        ("aws:lb/loadBalancer:LoadBalancer", {"arn": BALANCER, "securityGroups": ["sg-b"]}),
        (
            "aws:lb/listener:Listener",
            {
                "arn": LISTENER,
                "loadBalancerArn": BALANCER,
                "port": 443,
                "defaultActions": [{"type": "fixed-response", "fixedResponse": fixed}],
            },
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {"arn": "arn:task", "containerDefinitions": json.dumps([{"name": "c", "environment": variables}])},
        ),
        (
            "aws:ecs/service:Service",
            {
                "arn": "arn:service",
                "taskDefinition": "arn:task",
                "loadBalancers": [{**behind, "advancedConfiguration": {"alternateTargetGroupArn": GREEN}}],
            },
        ),
        *(
            ("aws:lb/listenerRule:ListenerRule", {"listenerArn": LISTENER, "priority": number, **rule})
            for number, rule in enumerate(rules, start=1)
        ),
    ]
    return Deployed(
        {"urn": f"{_URN}{token}::{number}", "type": token, "outputs": outputs}
        for number, (token, outputs) in enumerate(entries)
    )


def to(group: str, **condition: Any) -> dict[str, Any]:
    return {"conditions": [condition], "actions": [{"type": "forward", "targetGroupArn": group}]}


def ask(state: Deployed, journal: Journal, call: Call, *, running: bool = True) -> Answer:
    async def run() -> Answer:
        async with services("shop") as processes:
            tier = Tier(state, journal, processes if running else Processes({"shop": (HOST, free_port())}))
            try:
                return await tier.balancer(BALANCER).answer(call, timeout=60)
            finally:
                await tier.forwarder.close()

    return asyncio.run(run())


CALL = Call(method="PUT", target="/a/b%20c", headers=(("host", "Store.example:8080"), ("x-secret", "s3cret")))


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"pathPattern": {"values": ["/x", "/a/*"]}}, True),
        ({"pathPattern": {"values": ["/a/b?20c"]}}, True),
        ({"pathPattern": {"values": ["/A/*"]}}, False),
        ({"hostHeader": {"values": ["*.EXAMPLE"]}}, True),
        ({"hostHeader": {"values": ["example"]}}, False),
        ({"httpHeader": {"httpHeaderName": "X-Secret", "values": ["old", "s3cret"]}}, True),
        ({"httpHeader": {"httpHeaderName": "X-Secret", "values": ["s3"]}}, False),
        ({"httpHeader": {"httpHeaderName": "X-Other", "values": ["*"]}}, False),
        ({"httpRequestMethod": {"values": ["PUT"]}}, True),
        ({"httpRequestMethod": {"values": ["GET"]}}, False),
    ],
)
def test_a_condition_matches_as_the_load_balancer_says(
    journal: Journal, condition: dict[str, Any], matches: bool
) -> None:
    answer = ask(deployed(to(BLUE, **condition)), journal, CALL)
    assert answer.status == (200 if matches else 403), "the default action answers the others"


def test_all_conditions_must_match_and_the_first_rule_wins(journal: Journal) -> None:
    path, method = {"pathPattern": {"values": ["/a/*"]}}, {"httpRequestMethod": {"values": ["GET"]}}
    forward = [{"type": "forward", "targetGroupArn": BLUE}]
    both = {"conditions": [path, method], "actions": forward}
    gone = {"type": "fixed-response", "fixedResponse": {"statusCode": "410", "contentType": "text/plain"}}
    assert ask(deployed(both), journal, CALL).status == 403
    first = deployed({"conditions": [path], "actions": [gone]}, to(BLUE, **path))
    assert ask(first, journal, CALL).status == 410


def test_weights_choose_the_target_group(journal: Journal) -> None:
    groups = [{"arn": GREEN, "weight": 100}, {"arn": "arn:nobody", "weight": 0}]
    action = {"type": "forward", "forward": {"targetGroups": groups}}
    rule = {"conditions": [{"pathPattern": {"values": ["/*"]}}], "actions": [action]}
    assert ask(deployed(rule), journal, CALL).status == 200
    groups[0]["weight"], groups[1]["weight"] = 0, 100
    assert ask(deployed(rule), journal, CALL).status == 503, "no task is in that group"


def test_a_task_that_refuses_the_connection_is_a_bad_gateway(journal: Journal) -> None:
    answer = ask(deployed(to(BLUE, pathPattern={"values": ["/*"]})), journal, CALL, running=False)
    assert (answer.status, answer.header("server")) == (502, "awselb/2.0")


def test_both_target_groups_of_a_shifting_deployment_are_the_service() -> None:
    assert targets(deployed()) == {BLUE: Target("shop", 8080), GREEN: Target("shop", 8080)}


def test_a_load_balancer_or_listener_that_is_missing_is_said(journal: Journal) -> None:
    tier = Tier(deployed(), journal)
    with pytest.raises(LocalError, match="arn:other"):
        tier.balancer("arn:other")
