"""Routes, private subnets, NAT and endpoints by zone."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_VPC = res("ec2/vpc:Vpc", CULPRIT, {"cidrBlock": "10.0.0.0/16"})
_IGW = res("ec2/internetGateway:InternetGateway", "gateway")


def subnet(name, zone="eu-west-1a", **props):
    return res(
        "ec2/subnet:Subnet", name, {"vpcId": UNKNOWN, "availabilityZone": zone, **props}, refers={"vpcId": [_VPC]}
    )


def table(name="table", **props):
    return res("ec2/routeTable:RouteTable", name, {"vpcId": UNKNOWN, **props})


def inline_out(name):
    route = {"cidrBlock": "0.0.0.0/0", "gatewayId": UNKNOWN}
    return res("ec2/routeTable:RouteTable", name, {"routes": [route]}, refers={"routes": [_IGW]})


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


def endpoint(name=CULPRIT, subnets=(), **props):
    given = {"subnetIds": [UNKNOWN] * len(subnets)} if subnets else {}
    return res(
        "ec2/vpcEndpoint:VpcEndpoint",
        name,
        {"vpcId": UNKNOWN, "vpcEndpointType": "Interface", **given, **props},
        refers={"vpcId": [_VPC], "subnetIds": subnets},
    )


def gateway(service):
    return endpoint(service, serviceName=f"com.amazonaws.eu-west-1.{service}", vpcEndpointType="Gateway")


def stores(*subnets):
    return res(
        "elasticache/subnetGroup:SubnetGroup",
        CULPRIT,
        {"subnetIds": [UNKNOWN] * len(subnets)},
        refers={"subnetIds": subnets},
    )


def mount(where):
    return res("efs/mountTarget:MountTarget", CULPRIT, {"subnetId": UNKNOWN}, refers={"subnetId": [where]})


_PUBLIC, _APP, _DATA = subnet("public-a"), subnet("app-a"), subnet("data-a")
_B = subnet("app-b", "eu-west-1b")
_PAYMENT = subnet("payment-a", tags={"SubnetType": "Isolated", "tier": "payment"})
_TABLE, _OTHER = table(), table("other")
_OUT = route(_TABLE, "out", gatewayId=_IGW)
_NAT = nat(_PUBLIC)

CASES = {
    "ec2-route-private-tiers": Cases(
        good={
            "public tier": [_IGW, _PUBLIC, _TABLE, join(_PUBLIC, _TABLE), route(_TABLE, gatewayId=_IGW)],
            "private by NAT": [_PUBLIC, _NAT, _APP, _TABLE, join(_APP, _TABLE), route(_TABLE, natGatewayId=_NAT)],
            "table of nobody": [_IGW, _TABLE, route(_TABLE, gatewayId=_IGW)],
            "one table of many, not known which": [
                _PUBLIC,
                _NAT,
                _DATA,
                _PAYMENT,
                _TABLE,
                _OTHER,
                join(_DATA, _TABLE),
                join(_PAYMENT, _OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "natGatewayId": UNKNOWN},
                    refers={"routeTableId": [_TABLE, _OTHER], "natGatewayId": [_NAT]},
                ),
            ],
            "isolated by awsx, payments by ours": [
                _PUBLIC,
                _NAT,
                _PAYMENT,
                _TABLE,
                join(_PAYMENT, _TABLE),
                route(_TABLE, natGatewayId=_NAT),
            ],
            "through a VPN": [
                _DATA,
                _TABLE,
                join(_DATA, _TABLE),
                res("ec2/route:Route", CULPRIT, {"routeTableId": UNKNOWN, "gatewayId": "vgw-1"}),
            ],
        },
        bad={
            "private to the internet": [_IGW, _APP, _TABLE, join(_APP, _TABLE), route(_TABLE, gatewayId=_IGW)],
            "private by its tag": [
                _IGW,
                subnet("a", tags={"Tier": "Isolated"}),
                _TABLE,
                join(subnet("a"), _TABLE),
                route(_TABLE, gatewayId=_IGW),
            ],
            "payments to the internet": [
                _IGW,
                _PAYMENT,
                _TABLE,
                join(_PAYMENT, _TABLE),
                route(_TABLE, gatewayId=_IGW),
            ],
            "whichever table it is": [
                _IGW,
                _DATA,
                _PAYMENT,
                _TABLE,
                _OTHER,
                join(_DATA, _TABLE),
                join(_PAYMENT, _OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "gatewayId": UNKNOWN},
                    refers={"routeTableId": [_TABLE, _OTHER], "gatewayId": [_IGW]},
                ),
            ],
            "inline": [_IGW, _APP, inline_out(CULPRIT), join(_APP, inline_out(CULPRIT))],
            "data by NAT": [_PUBLIC, _NAT, _DATA, _TABLE, join(_DATA, _TABLE), route(_TABLE, natGatewayId=_NAT)],
        },
        config=[
            (
                {"isolated_without_nat": False},
                [_PUBLIC, _NAT, _DATA, _TABLE, join(_DATA, _TABLE), route(_TABLE, natGatewayId=_NAT)],
                False,
            )
        ],
    ),
    "aws-data-store-private-subnets": Cases(
        good={
            "no routes": [_DATA, stores(_DATA)],
            "by NAT": [
                _NAT,
                _DATA,
                _TABLE,
                join(_DATA, _TABLE),
                route(_TABLE, "nat", natGatewayId=_NAT),
                stores(_DATA),
            ],
            "not known": [res("elasticache/subnetGroup:SubnetGroup", CULPRIT, {"subnetIds": UNKNOWN})],
            "some of many, not known which": [
                _IGW,
                _PUBLIC,
                _DATA,
                _TABLE,
                join(_PUBLIC, _TABLE),
                _OUT,
                res(
                    "elasticache/subnetGroup:SubnetGroup",
                    CULPRIT,
                    {"subnetIds": [UNKNOWN]},
                    refers={"subnetIds": [_PUBLIC, _DATA]},
                ),
            ],
        },
        bad={
            "to the internet": [_IGW, _DATA, _TABLE, join(_DATA, _TABLE), _OUT, stores(_DATA)],
            "public addresses": [subnet("a", mapPublicIpOnLaunch=True), stores(subnet("a"))],
            "search": [
                _IGW,
                _DATA,
                inline_out("t"),
                join(_DATA, inline_out("t")),
                res(
                    "opensearch/domain:Domain",
                    CULPRIT,
                    {"vpcOptions": {"subnetIds": [UNKNOWN]}},
                    refers={"vpcOptions": [_DATA]},
                ),
            ],
        },
    ),
    "efs-mount-target-private-subnet": Cases(
        good={"private": [_APP, mount(_APP)]},
        bad={"public": [_IGW, _PUBLIC, _TABLE, join(_PUBLIC, _TABLE), _OUT, mount(_PUBLIC)]},
    ),
    "ec2-nat-gateway-per-zone": Cases(
        good={
            "own zone": [_PUBLIC, _NAT, _APP, _TABLE, join(_APP, _TABLE), route(_TABLE, natGatewayId=_NAT)],
            "regional": [
                nat(_PUBLIC, availabilityMode="regional"),
                _PUBLIC,
                _B,
                _TABLE,
                join(_B, _TABLE),
                route(_TABLE, natGatewayId=nat(_PUBLIC)),
            ],
            "one table of many, not known which": [
                _PUBLIC,
                _NAT,
                _APP,
                _B,
                _TABLE,
                _OTHER,
                join(_APP, _TABLE),
                join(_B, _OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "natGatewayId": UNKNOWN},
                    refers={"routeTableId": [_TABLE, _OTHER], "natGatewayId": [_NAT]},
                ),
            ],
        },
        bad={"another zone": [_PUBLIC, _NAT, _B, _TABLE, join(_B, _TABLE), route(_TABLE, natGatewayId=_NAT)]},
    ),
    "ec2-vpc-endpoint-zones": Cases(
        good={"two": [_APP, _B, endpoint(subnets=[_APP, _B])], "gateway": [gateway("s3")]},
        bad={"one": [_APP, endpoint(subnets=[_APP])], "one twice": [_APP, _DATA, endpoint(subnets=[_APP, _DATA])]},
        config=[({"zones": 1}, [_APP, endpoint(subnets=[_APP])], False)],
    ),
    "ec2-vpc-gateway-endpoints": Cases(
        good={
            "both": [_VPC, _PUBLIC, _NAT, gateway("s3"), gateway("dynamodb")],
            "no NAT": [_VPC, _PUBLIC],
        },
        bad={
            "none": [_VPC, _PUBLIC, _NAT],
            "one of two": [_VPC, _PUBLIC, _NAT, gateway("s3")],
        },
        config=[
            ({"services": []}, [_VPC, _PUBLIC, _NAT], False),
            ({"services": ["ecr.api"]}, [_VPC, _PUBLIC, _NAT, gateway("ecr.api")], False),
            ({"services": ["ecr.api"]}, [_VPC, _PUBLIC, _NAT, gateway("execute-api")], True),
        ],
    ),
}
