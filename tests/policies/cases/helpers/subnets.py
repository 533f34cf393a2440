"""A VPC with subnets, routes and gateways."""

from tests.policies.support import CULPRIT, UNKNOWN, res

VPC = res("ec2/vpc:Vpc", CULPRIT, {"cidrBlock": "10.0.0.0/16"})
COMPONENT = "urn:pulumi:test::project::awsx:ec2:Vpc::network"


def subnet_in(zone, tier="app", **options):
    name = f"{tier}-{zone}" if zone else tier
    props = {"vpcId": UNKNOWN, "tags": {"tier": tier}}
    if zone:
        props["availabilityZone"] = zone if zone == UNKNOWN else f"eu-west-1{zone}"
    return res("ec2/subnet:Subnet", name, props, refers={"vpcId": [VPC]}, **options)


A, B, C = subnet_in("a"), subnet_in("b"), subnet_in("c")
A2 = subnet_in("a", "other")
IGW = res("ec2/internetGateway:InternetGateway", "gateway")


def subnet(name, zone="eu-west-1a", **props):
    return res(
        "ec2/subnet:Subnet", name, {"vpcId": UNKNOWN, "availabilityZone": zone, **props}, refers={"vpcId": [VPC]}
    )


def table(name="table", **props):
    return res("ec2/routeTable:RouteTable", name, {"vpcId": UNKNOWN, **props})


def inline_out(name):
    route = {"cidrBlock": "0.0.0.0/0", "gatewayId": UNKNOWN}
    return res("ec2/routeTable:RouteTable", name, {"routes": [route]}, refers={"routes": [IGW]})


def join(where, to):
    return res(
        "ec2/routeTableAssociation:RouteTableAssociation",
        f"{where.name}-{to.name}",
        {"subnetId": UNKNOWN, "routeTableId": UNKNOWN},
        refers={"subnetId": [where], "routeTableId": [to]},
    )


def route(of, name=CULPRIT, **target):
    props = {"routeTableId": UNKNOWN, "destinationCidrBlock": "0.0.0.0/0", **dict.fromkeys(target, UNKNOWN)}
    refers = {"routeTableId": [of], **{key: [value] for key, value in target.items() if value is not UNKNOWN}}
    return res("ec2/route:Route", name, props, refers=refers)


def nat(where, name="nat", **props):
    return res("ec2/natGateway:NatGateway", name, {"subnetId": UNKNOWN, **props}, refers={"subnetId": [where]})


PUBLIC, APP, DATA = subnet("public-a"), subnet("app-a"), subnet("data-a")
APP_B = subnet("app-b", "eu-west-1b")
TABLE, OTHER = table(), table("other")
OUT = route(TABLE, "out", gatewayId=IGW)
NAT = nat(PUBLIC)
