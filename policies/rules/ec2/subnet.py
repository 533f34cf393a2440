"""EC2: subnets."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule


@rule(
    "ec2-subnet-no-public-addresses",
    control="NET-06",
    pack="guardrails",
    title="Subnets assign no public addresses automatically",
    why="a task or instance started there by mistake would be on the internet",
    fix="set map_public_ip_on_launch to false; load balancers and NAT gateways still get their addresses",
    severity="medium",
    dev="mandatory",
    kinds=("ec2/subnet",),
    paths=("mapPublicIpOnLaunch",),
    references=(
        "fsbp:EC2.15",
        "checkov:CKV_AWS_130",
        "trivy:AVD-AWS-0164",
        "aws-config:SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
    ),
)
def no_public_addresses(subject: Subject) -> Iterator[Problem]:
    if subject.flag("mapPublicIpOnLaunch") is True:
        yield subject.problem("mapPublicIpOnLaunch", "must be false")
