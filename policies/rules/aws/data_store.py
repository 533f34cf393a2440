"""Data stores of all services: their subnets."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.rules.helpers.subnets import public_among

_SUBNETS_OF = {
    "opensearch/domain": "vpcOptions.subnetIds",
    "elasticache/subnetGroup": "subnetIds",
    "elasticache/serverlessCache": "subnetIds",
    "dax/subnetGroup": "subnetIds",
    "msk/cluster": "brokerNodeGroupInfo.clientSubnets",
    "rds/subnetGroup": "subnetIds",
}


@rule(
    "aws-data-store-private-subnets",
    control="NET-08",
    pack="guardrails",
    title="Data stores are in private subnets",
    why="in a public subnet, one security group rule is the only protection from the internet",
    fix="use subnets whose route table has no route to an internet gateway",
    severity="high",
    dev="advisory",
    kinds=tuple(_SUBNETS_OF),
    paths=(
        "subnetIds",
        "opensearch/domain · vpcOptions.subnetIds",
        "msk/cluster · brokerNodeGroupInfo.clientSubnets",
        "ec2/subnet · mapPublicIpOnLaunch",
        "ec2/route · gatewayId",
        "ec2/routeTable · routes",
    ),
    stack_kinds=("*",),
    references=("fsbp:RDS.46", "prowler:elasticache_cluster_uses_public_subnet"),
    limits="A subnet counts as public by its routes or public addresses, not by its name.",
)
def private_stores(subject: Subject) -> Iterator[Problem]:
    path = _SUBNETS_OF[subject.resource.kind]
    public = public_among(subject, path)
    if public:
        yield subject.problem(path, f"must name private subnets only; public are {', '.join(public)}")
