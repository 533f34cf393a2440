"""EC2: VPCs, their subnets by tier, endpoints and flow logs."""

from collections.abc import Iterator

from policies.library.resources import Resource, count_zones
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read
from policies.rules.helpers.subnets import NAT, SUBNET, TIER_WORD, tagged_tier, tier_of
from policies.rules.helpers.zones import too_few_zones

_ENDPOINT = "ec2/vpcEndpoint"


@rule(
    "ec2-vpc-default-group-closed",
    control="NET-05",
    pack="guardrails",
    title="The default security group of each VPC is adopted and has no rules",
    why="a resource without a security group gets the default one, which allows its members each other and all egress",
    fix="add an ec2.DefaultSecurityGroup with the VPC's id and without ingress and egress",
    severity="high",
    dev="advisory",
    kinds=("ec2/vpc", "ec2/defaultSecurityGroup"),
    paths=("ec2/defaultSecurityGroup · vpcId", "ec2/defaultSecurityGroup · ingress"),
    stack_kinds=("*",),
    references=(
        "fsbp:EC2.2",
        "checkov:CKV2_AWS_12",
        "trivy:AVD-AWS-0173",
        "aws-config:VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    ),
)
def default_group_closed(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "ec2/defaultSecurityGroup":
        for path in ("ingress", "egress"):
            if subject.has(path) and subject.value(path) is not UNKNOWN:
                yield subject.problem(path, "must be left out: the default security group must have no rules")
    elif not subject.stack.pointing_at(subject.resource, "ec2/defaultSecurityGroup", "vpcId"):
        yield Problem("defaultSecurityGroup", "must have an ec2.DefaultSecurityGroup; none references it")


@rule(
    "ec2-vpc-endpoint-zones",
    control="HA-15",
    pack="multi_az",
    title="Interface endpoints are in two or more zones",
    why="when the endpoint's only zone fails, no task reaches its secrets, images and queues",
    fix="set subnet_ids to subnets of at least two availability zones",
    severity="medium",
    dev="disabled",
    kinds=(_ENDPOINT,),
    paths=(
        "subnetIds",
        "vpcEndpointType",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=("prowler:vpc_endpoint_multi_az_enabled",),
    url="https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones.")},
)
def endpoint_zones(subject: Subject) -> Iterator[Problem]:
    if subject.text("vpcEndpointType") == "Interface":
        yield from too_few_zones(subject, "subnetIds", subject.config["zones"])


@rule(
    "ec2-vpc-flow-logs",
    control="LOG-01",
    pack="guardrails",
    title="Each VPC keeps flow logs of all traffic",
    why="after an incident only flow logs show the connections",
    fix="add an ec2.FlowLog with the VPC's id and traffic_type ALL",
    severity="medium",
    dev="advisory",
    kinds=("ec2/vpc",),
    paths=("ec2/flowLog · vpcId", "ec2/flowLog · trafficType"),
    stack_kinds=("*",),
    references=("fsbp:EC2.6", "cdk-nag:VPC7", "checkov:CKV2_AWS_11", "trivy:AVD-AWS-0178"),
    limits="Flow logs of subnets and interfaces do not count.",
)
def flow_logs(subject: Subject) -> Iterator[Problem]:
    logs = subject.stack.pointing_at(subject.resource, "ec2/flowLog", "vpcId")
    kinds = [as_text(read(log.props, "trafficType")) for log in logs]
    if not logs:
        yield Problem("flowLog", "must have an ec2.FlowLog; none references it")
    elif not any(kind in ("ALL", MISSING, UNKNOWN) for kind in kinds):
        yield Problem("flowLog", f"traffic_type of the VPC's flow log must be ALL; it is {kinds[0]}")


@rule(
    "ec2-vpc-gateway-endpoints",
    control="NET-15",
    pack="guardrails",
    title="VPCs with private subnets use VPC endpoints for AWS services",
    why="the traffic would pass NAT, at a price per gigabyte, and no policy could restrict it to the VPC",
    fix="add an ec2.VpcEndpoint for each service: type Gateway with the private route tables for S3 and DynamoDB,"
    " type Interface for others",
    severity="medium",
    dev="disabled",
    kinds=("ec2/vpc",),
    paths=("ec2/vpcEndpoint · serviceName", "ec2/vpcEndpoint · vpcId"),
    stack_kinds=("*",),
    references=("fsbp:EC2.10", "aws-config:SERVICE_VPC_ENDPOINT_ENABLED"),
    settings={
        "services": Setting(
            ["s3", "dynamodb"],
            {"type": "array", "items": {"type": "string"}},
            "Services that each VPC with a NAT gateway must have endpoints for, named like `ecr.api`.",
        )
    },
    limits="VPCs without a NAT gateway in this stack are not judged. Only profiles name endpoints with an hourly"
    " price.",
)
def gateway_endpoints(subject: Subject) -> Iterator[Problem]:
    stack, vpc = subject.stack, subject.resource
    subnets = stack.pointing_at(vpc, SUBNET, "vpcId", sure=True)
    if not any(stack.pointing_at(subnet, NAT, "subnetId", sure=True) for subnet in subnets):
        return
    names = [read(endpoint.props, "serviceName") for endpoint in stack.pointing_at(vpc, _ENDPOINT, "vpcId")]
    if UNKNOWN in names:
        subject.defer("serviceName")
        return
    texts = [name for name in names if isinstance(name, str)]
    missing = [name for name in subject.config["services"] if not any(text.endswith(f".{name}") for text in texts)]
    if missing:
        yield Problem("serviceName", f"must have endpoints for {', '.join(missing)}")


@rule(
    "ec2-vpc-no-default-network",
    control="NET-18",
    pack="guardrails",
    title="The default VPC is not used",
    why="its subnets are all public, and a resource without a network is placed there",
    fix="create a VPC with private subnets, and place the resources there",
    severity="high",
    dev="mandatory",
    kinds=("ec2/defaultVpc", "ec2/defaultSubnet"),
    paths=("tags",),
    references=("checkov:CKV_AWS_148", "trivy:AVD-AWS-0101"),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html",
)
def no_default_network(subject: Subject) -> Iterator[Problem]:
    what = "VPC" if subject.resource.kind == "ec2/defaultVpc" else "subnet"
    yield Problem("tags", f"the account's default {what} must not be used")


def _with_others(tiers: dict[str, list[Resource]]) -> dict[str, list[Resource]]:
    """Tiers, after subnets with unique names are grouped.

    By the word for a tier in their names (`publicA`, `publicB`); without one, the names (`alpha`, `beta`) may be those
    of zones."""
    found: dict[str, list[Resource]] = {}
    alone: dict[str, list[Resource]] = {}
    for tier, subnets in tiers.items():
        if len(subnets) > 1 or tagged_tier(subnets[0]) is not MISSING:
            found[tier] = subnets
        else:
            word = TIER_WORD.search(tier)
            alone.setdefault(word[0].lower() if word else "", []).extend(subnets)
    return found | {", ".join(sorted(subnet.name for subnet in subnets)): subnets for subnets in alone.values()}


@rule(
    "ec2-vpc-tier-zones",
    control="HA-01",
    pack="multi_az",
    title="Each tier of subnets spans several zones",
    why="everything in a tier of one zone stops with that zone",
    fix="add a subnet of the tier in each further availability zone",
    severity="high",
    dev="advisory",
    kinds=("ec2/vpc",),
    paths=("ec2/subnet · vpcId", "ec2/subnet · availabilityZone"),
    stack_kinds=("*",),
    references=("prowler:vpc_subnet_different_az", "prowler:vpc_subnet_separate_private_public"),
    url="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html",
    settings={"zones": Setting(3, {"type": "integer", "minimum": 1}, "Minimum number of zones of a tier.")},
    limits="The tier of a subnet is its tag tier or SubnetType, else its name without zone letter or number; subnets"
    " with unique names are grouped by a word such as public in the name, else as one tier.",
)
def tier_zones(subject: Subject) -> Iterator[Problem]:
    tiers: dict[str, list[Resource]] = {}
    for subnet in subject.stack.pointing_at(subject.resource, "ec2/subnet", "vpcId", sure=True):
        tier = tier_of(subnet)
        if tier is None:
            subject.defer("tags")
            return
        tiers.setdefault(tier, []).append(subnet)
    for tier, subnets in sorted(_with_others(tiers).items()):
        count, known = count_zones(subnets)
        if count < subject.config["zones"]:
            names = f" ({', '.join(sorted(known))})" if known else ""
            needed = int(subject.config["zones"])
            yield Problem("availabilityZone", f"tier {tier} must have subnets in {needed} zones; it has {count}{names}")
