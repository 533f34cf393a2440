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
    title="Caches, search domains and brokers are in private subnets",
    why="in a public subnet one security group rule is all that keeps the internet out",
    fix="give subnets whose route table has no route to an internet gateway",
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
    limits="A subnet is public by its routes or public addresses, not by its name.",
)
def private_stores(subject: Subject) -> Iterator[Problem]:
    path = _SUBNETS_OF[subject.resource.kind]
    public = public_among(subject, path)
    if public:
        yield subject.problem(path, f"public subnets are among them: {', '.join(public)}")
