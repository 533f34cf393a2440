"""Data stores of all services: their subnets."""

from tests.policies.cases.helpers.subnets import DATA, IGW, NAT, OUT, PUBLIC, TABLE, inline_out, join, route, subnet
from tests.policies.support import CULPRIT, UNKNOWN, Cases, of_kind, res


def in_public(kind, path):
    """A store in a subnet that assigns public addresses."""
    subnet = of_kind("ec2/subnet", {"mapPublicIpOnLaunch": True}, "public")
    block, _, member = path.rpartition(".")
    props = {block: {member: [UNKNOWN]}} if block else {member: [UNKNOWN]}
    return [subnet, of_kind(kind, props, refers={path.split(".")[0]: [subnet]})]


def stores(*subnets):
    return res(
        "elasticache/subnetGroup:SubnetGroup",
        CULPRIT,
        {"subnetIds": [UNKNOWN] * len(subnets)},
        refers={"subnetIds": subnets},
    )


CASES = {
    "aws-data-store-private-subnets": Cases(
        good={
            "no routes": [DATA, stores(DATA)],
            "by NAT": [
                NAT,
                DATA,
                TABLE,
                join(DATA, TABLE),
                route(TABLE, "nat", natGatewayId=NAT),
                stores(DATA),
            ],
            "not known": [res("elasticache/subnetGroup:SubnetGroup", CULPRIT, {"subnetIds": UNKNOWN})],
            "some of many, not known which": [
                IGW,
                PUBLIC,
                DATA,
                TABLE,
                join(PUBLIC, TABLE),
                OUT,
                res(
                    "elasticache/subnetGroup:SubnetGroup",
                    CULPRIT,
                    {"subnetIds": [UNKNOWN]},
                    refers={"subnetIds": [PUBLIC, DATA]},
                ),
            ],
        },
        bad={
            "to the internet": [IGW, DATA, TABLE, join(DATA, TABLE), OUT, stores(DATA)],
            "public addresses": [subnet("a", mapPublicIpOnLaunch=True), stores(subnet("a"))],
            "search": [
                IGW,
                DATA,
                inline_out("t"),
                join(DATA, inline_out("t")),
                res(
                    "opensearch/domain:Domain",
                    CULPRIT,
                    {"vpcOptions": {"subnetIds": [UNKNOWN]}},
                    refers={"vpcOptions": [DATA]},
                ),
            ],
            "in dax/subnetGroup": in_public("dax/subnetGroup", "subnetIds"),
            "in elasticache/serverlessCache": in_public("elasticache/serverlessCache", "subnetIds"),
            "in msk/cluster": in_public("msk/cluster", "brokerNodeGroupInfo.clientSubnets"),
            "in rds/subnetGroup": in_public("rds/subnetGroup", "subnetIds"),
        },
    ),
}
