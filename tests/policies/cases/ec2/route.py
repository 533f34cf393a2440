"""EC2: routes of private subnets."""

from tests.policies.cases.helpers.subnets import (
    APP,
    DATA,
    IGW,
    NAT,
    OTHER,
    PUBLIC,
    TABLE,
    inline_out,
    join,
    route,
    subnet,
)
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

_PAYMENT = subnet("payment-a", tags={"SubnetType": "Isolated", "tier": "payment"})

CASES = {
    "ec2-route-private-tiers": Cases(
        good={
            "public tier": [IGW, PUBLIC, TABLE, join(PUBLIC, TABLE), route(TABLE, gatewayId=IGW)],
            "private by NAT": [PUBLIC, NAT, APP, TABLE, join(APP, TABLE), route(TABLE, natGatewayId=NAT)],
            "table without a target": [IGW, TABLE, route(TABLE, gatewayId=IGW)],
            "one table of many, not known which": [
                PUBLIC,
                NAT,
                DATA,
                _PAYMENT,
                TABLE,
                OTHER,
                join(DATA, TABLE),
                join(_PAYMENT, OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "natGatewayId": UNKNOWN},
                    refers={"routeTableId": [TABLE, OTHER], "natGatewayId": [NAT]},
                ),
            ],
            "isolated by awsx, payments by ours": [
                PUBLIC,
                NAT,
                _PAYMENT,
                TABLE,
                join(_PAYMENT, TABLE),
                route(TABLE, natGatewayId=NAT),
            ],
            "through a VPN": [
                DATA,
                TABLE,
                join(DATA, TABLE),
                res("ec2/route:Route", CULPRIT, {"routeTableId": UNKNOWN, "gatewayId": "vgw-1"}),
            ],
        },
        bad={
            "private to the internet": [IGW, APP, TABLE, join(APP, TABLE), route(TABLE, gatewayId=IGW)],
            "private by its tag": [
                IGW,
                subnet("a", tags={"Tier": "Isolated"}),
                TABLE,
                join(subnet("a"), TABLE),
                route(TABLE, gatewayId=IGW),
            ],
            "payments to the internet": [
                IGW,
                _PAYMENT,
                TABLE,
                join(_PAYMENT, TABLE),
                route(TABLE, gatewayId=IGW),
            ],
            "any of several tables": [
                IGW,
                DATA,
                _PAYMENT,
                TABLE,
                OTHER,
                join(DATA, TABLE),
                join(_PAYMENT, OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "gatewayId": UNKNOWN},
                    refers={"routeTableId": [TABLE, OTHER], "gatewayId": [IGW]},
                ),
            ],
            "inline": [IGW, APP, inline_out(CULPRIT), join(APP, inline_out(CULPRIT))],
            "data by NAT": [PUBLIC, NAT, DATA, TABLE, join(DATA, TABLE), route(TABLE, natGatewayId=NAT)],
        },
        config=[
            (
                {"isolated_without_nat": False},
                [PUBLIC, NAT, DATA, TABLE, join(DATA, TABLE), route(TABLE, natGatewayId=NAT)],
                False,
            )
        ],
    ),
}
