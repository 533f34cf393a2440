"""EC2: NAT gateways."""

from tests.policies.cases.helpers.subnets import APP, APP_B, NAT, OTHER, PUBLIC, TABLE, join, nat, route
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

CASES = {
    "ec2-nat-gateway-per-zone": Cases(
        good={
            "own zone": [PUBLIC, NAT, APP, TABLE, join(APP, TABLE), route(TABLE, natGatewayId=NAT)],
            "regional": [
                nat(PUBLIC, availabilityMode="regional"),
                PUBLIC,
                APP_B,
                TABLE,
                join(APP_B, TABLE),
                route(TABLE, natGatewayId=nat(PUBLIC)),
            ],
            "one table of many, not known which": [
                PUBLIC,
                NAT,
                APP,
                APP_B,
                TABLE,
                OTHER,
                join(APP, TABLE),
                join(APP_B, OTHER),
                res(
                    "ec2/route:Route",
                    CULPRIT,
                    {"routeTableId": UNKNOWN, "natGatewayId": UNKNOWN},
                    refers={"routeTableId": [TABLE, OTHER], "natGatewayId": [NAT]},
                ),
            ],
        },
        bad={"another zone": [PUBLIC, NAT, APP_B, TABLE, join(APP_B, TABLE), route(TABLE, natGatewayId=NAT)]},
    ),
}
