"""EC2: routes of private subnets."""

from collections.abc import Iterator

from policies.library.resources import Resource
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, as_text, read
from policies.rules.helpers.subnets import ROUTE, TABLE, is_closed, leads_out, subnets_of, tier_of


def _goes_to_nat(resource: Resource) -> bool:
    return as_text(read(resource.props, "natGatewayId")) is not MISSING


@rule(
    "ec2-route-private-tiers",
    control="NET-07",
    pack="guardrails",
    title="Private subnets have no route to an internet gateway, and isolated subnets none to a NAT gateway either",
    why="one route makes every task and store of the tier reachable, or lets an attacker send data out",
    fix="route private subnets to a NAT gateway, isolated subnets to neither; associate the public route table with"
    " public subnets only",
    severity="high",
    dev="mandatory",
    kinds=(ROUTE, TABLE),
    paths=(
        "gatewayId",
        "natGatewayId",
        "ec2/routeTable · routes",
        "ec2/routeTableAssociation · subnetId",
        "ec2/subnet · tags",
    ),
    stack_kinds=("*",),
    references=("aws-config:NO_UNRESTRICTED_ROUTE_TO_IGW",),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html",
    settings={
        "isolated_without_nat": Setting(True, {"type": "boolean"}, "Whether isolated tiers must have no NAT route.")
    },
    limits="The tier of a subnet is its tag tier or SubnetType, else a part of its name.",
)
def private_tiers(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    inline = resource.kind == TABLE
    out = leads_out(stack, resource, "routes[]." if inline else "")
    nat = subject.config["isolated_without_nat"] and not inline and _goes_to_nat(resource)
    if not out and not nat:
        return
    meant = None if inline else stack.referred(resource, "routeTableId", TABLE)
    tables = meant.resources if meant else (resource,)
    path = "routes" if inline else "gatewayId" if out else "natGatewayId"
    led = [[subnet for subnet in subnets_of(stack, table) if is_closed(subnet, to_internet=out)] for table in tables]
    if meant and not meant.sure and not all(led):
        if any(led):
            subject.defer("routeTableId")
        return
    where = "an internet gateway" if out else "a NAT gateway"
    for subnet in (subnet for subnets in led for subnet in subnets):
        yield Problem(path, f"{path} must not route {subnet.name}, a subnet of tier {tier_of(subnet)}, to {where}")
