"""EC2: NAT gateways."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, read
from policies.rules.helpers.subnets import ASSOCIATION, NAT, ROUTE, SUBNET, TABLE, zone_of


@rule(
    "ec2-nat-gateway-per-zone",
    control="HA-02",
    pack="multi_az",
    title="Private subnets use a NAT gateway of their own zone",
    why="when the zone of the only NAT gateway fails, tasks in all other zones lose internet access",
    fix="add a NAT gateway in a public subnet of each zone (or a regional one), and route each zone to its own",
    severity="medium",
    dev="disabled",
    kinds=(ROUTE,),
    paths=(
        "natGatewayId",
        "ec2/natGateway · subnetId",
        "ec2/routeTableAssociation · subnetId",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_35",),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
)
def nat_per_zone(subject: Subject) -> Iterator[Problem]:
    stack, route = subject.stack, subject.resource
    if not subject.has("natGatewayId"):
        return
    gateways = stack.referred(route, "natGatewayId", NAT).resources
    if len(gateways) != 1 or read(gateways[0].props, "availabilityMode") not in (MISSING, "zonal"):
        return
    homes = [zone_of(subnet) for subnet in stack.referred(gateways[0], "subnetId", SUBNET).resources]
    if len(homes) != 1 or homes[0] is None:
        return
    tables = stack.referred(route, "routeTableId", TABLE)
    if not tables.sure:
        subject.defer("routeTableId")
        return
    for table in tables.resources:
        for association in stack.pointing_at(table, ASSOCIATION, "routeTableId", sure=True):
            for subnet in stack.referred(association, "subnetId", SUBNET).resources:
                zone = zone_of(subnet)
                if zone is not None and zone != homes[0]:
                    text = f"{subnet.name} must use a NAT gateway in {zone}, not {gateways[0].name} in {homes[0]}"
                    yield Problem("natGatewayId", text)
