"""Firewalls: endpoints in zones, routes to them, protection."""

import pytest

from offline.wire import UNKNOWN
from tests.offline.aws.driver import (
    SUBNET,
    VPC,
    Engine,
    Made,
    RefusedCallError,
)

_FIREWALL, _ROUTE = "aws:networkfirewall/firewall", "aws:ec2/route:Route"
_TABLE_OF_ROUTES = "aws:ec2/routeTable:RouteTable"


def _firewall(engine: Engine, *letters: str) -> tuple[Made, list[Made]]:
    """A firewall with an endpoint in each of these zones, and the subnets."""
    vpc = engine.create(VPC, "net", cidrBlock="10.0.0.0/16")
    rules = {"statelessDefaultActions": ["aws:forward_to_sfe"], "statelessFragmentDefaultActions": ["aws:drop"]}
    policy = engine.create(f"{_FIREWALL}Policy:FirewallPolicy", "policy", firewallPolicy=rules)
    subnets = [
        engine.create(SUBNET, f"s-{z}", vpcId=vpc.id, cidrBlock=f"10.0.{n}.0/28", availabilityZone=f"eu-west-1{z}")
        for n, z in enumerate("abc")
    ]
    firewall = engine.create(
        f"{_FIREWALL}:Firewall",
        "wall",
        vpcId=vpc.id,
        firewallPolicyArn=policy.outputs["arn"],
        subnetMappings=[{"subnetId": subnet.id} for subnet in subnets[: len(letters)]],
    )
    return firewall, subnets


def _endpoints(outputs: dict) -> dict[str, str]:
    (status,) = outputs["firewallStatuses"]
    return {state["availabilityZone"]: state["attachments"][0]["endpointId"] for state in status["syncStates"]}


def test_a_firewall_has_an_endpoint_in_each_zone_that_routes_can_lead_to(engine: Engine):
    firewall, _ = _firewall(engine, "a", "b")
    endpoints = _endpoints(firewall.outputs)
    assert endpoints.keys() == {"eu-west-1a", "eu-west-1b"}
    table = engine.create(_TABLE_OF_ROUTES, "table", vpcId=firewall.inputs["vpcId"])
    engine.create(
        _ROUTE,
        "out",
        routeTableId=table.id,
        destinationCidrBlock="0.0.0.0/0",
        vpcEndpointId=endpoints["eu-west-1b"],
    )
    with pytest.raises(RefusedCallError, match=r"InvalidVpcEndpointId\.NotFound"):
        engine.create(
            _ROUTE,
            "astray",
            routeTableId=table.id,
            destinationCidrBlock="10.9.0.0/16",
            vpcEndpointId="vpce-0123456789abcdef0",
        )


def test_a_firewalls_endpoints_are_unknown_in_a_preview_of_another_zone_only(engine: Engine):
    firewall, subnets = _firewall(engine, "a", "b")
    before = _endpoints(firewall.outputs)
    same = {key: firewall.inputs[key] for key in ("vpcId", "firewallPolicyArn", "subnetMappings")}
    more = {**same, "subnetMappings": [{"subnetId": subnet.id} for subnet in subnets]}
    assert _endpoints(firewall.update(preview=True, **same, description="x")) == before
    assert firewall.update(preview=True, **more)["firewallStatuses"] is UNKNOWN
    after = _endpoints(firewall.update(**more))
    assert after.keys() == before.keys() | {"eu-west-1c"}
    assert before.items() <= after.items(), "an endpoint stays when another comes"


def test_a_protected_firewall_and_what_it_uses_are_not_deleted(engine: Engine):
    firewall, subnets = _firewall(engine, "a")
    same = {key: firewall.inputs[key] for key in ("vpcId", "firewallPolicyArn", "subnetMappings")}
    firewall.update(**same, deleteProtection=True)
    with pytest.raises(RefusedCallError, match="delete protection is enabled"):
        firewall.delete()
    with pytest.raises(RefusedCallError, match="DependencyViolation"):
        subnets[0].delete()
    firewall.update(**same, deleteProtection=False)
    firewall.delete()
    subnets[0].delete()
