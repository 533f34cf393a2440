"""Quotas of AWS that a stack counts against, and what it asks of each.

Codes and defaults: `aws service-quotas list-aws-default-service-quotas --service-code <service>`, and the pages of the
services. Quotas that no API names are in `checks/fixed_limits.py`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from doctor.fargate import rolling_vcpus
from doctor.program import Program
from offline.aws.regions import managed_prefix_list

Asked = Mapping[str, float]
"""Region to what the stack asks for there."""


@dataclass(frozen=True)
class Listing:
    """How what an account has already is counted: one list operation."""

    service: str
    operation: str
    key: str
    only: Callable[[Mapping[str, object]], bool] = lambda _: True
    weight: Callable[[Mapping[str, object]], float] = lambda _: 1
    parameters: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Quota:
    name: str
    """As Service Quotas has it."""
    service: str
    code: str
    default: float
    """What AWS gives an account; a new account may have less."""
    asks: Callable[[Program], Asked]
    listing: Listing | None = None
    """None: a quota of each resource (rules of a security group), or one that AWS publishes as a usage metric."""
    tagged: str = ""
    """Resource type of the tagging API, so that what this stack has already is not asked for again."""


def count(*types: str) -> Callable[[Program], Asked]:
    """Resources of these types, by Region."""
    return lambda program: Counter(program.region_of(resource) for resource in program.of(*types))


def total(type_: str, *keys: str) -> Callable[[Program], Asked]:
    """Sum of the products of inputs of resources of a type, by Region."""

    def asked(program: Program) -> Asked:
        sums: Counter[str] = Counter()
        for resource in program.of(type_):
            amount = 1
            for key in keys:
                amount *= int(resource.inputs.get(key) or 0)
            sums[program.region_of(resource)] += amount
        return sums

    return asked


def most(type_: str, key: str) -> Callable[[Program], Asked]:
    """The largest group of resources of a type that share the value of an input, by Region."""

    def asked(program: Program) -> Asked:
        groups = Counter((program.region_of(resource), str(resource.inputs.get(key))) for resource in program.of(type_))
        largest: dict[str, float] = {}
        for (region, _), size in groups.items():
            largest[region] = max(size, largest.get(region, 0))
        return largest

    return asked


def _nat_per_zone(program: Program) -> Asked:
    zones = {str(subnet.id): str(subnet.inputs.get("availabilityZone")) for subnet in program.of("ec2/subnet:Subnet")}
    found = Counter(
        (program.region_of(gateway), zones.get(str(gateway.inputs.get("subnetId")), ""))
        for gateway in program.of("ec2/natGateway:NatGateway")
    )
    return {region: max(n for (place, _), n in found.items() if place == region) for region, _ in found}


# Rules that a prefix list counts for; those of S3 and DynamoDB count as one
# (https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html).
_WEIGHTS = {"com.amazonaws.global.cloudfront.origin-facing": 55}


def _rules_of_a_group(program: Program) -> Asked:
    heavy = {managed_prefix_list(name, program.home): weight for name, weight in _WEIGHTS.items()}
    weights: Counter[tuple[str, str, str]] = Counter()
    for rule in program.of(":SecurityGroupIngressRule", ":SecurityGroupEgressRule"):
        group = (program.region_of(rule), rule.type, str(rule.inputs.get("securityGroupId")))
        weights[group] += heavy.get(str(rule.inputs.get("prefixListId")), 1)
    largest: dict[str, float] = {}
    for (region, _, _), weight in weights.items():
        largest[region] = max(weight, largest.get(region, 0))
    return largest


def _cache_nodes(program: Program) -> Asked:
    nodes: Counter[str] = Counter()
    for group in program.of("elasticache/replicationGroup:ReplicationGroup"):
        shards, replicas = group.inputs.get("numNodeGroups") or 1, group.inputs.get("replicasPerNodeGroup") or 0
        nodes[program.region_of(group)] += int(shards) * (1 + int(replicas))
    return nodes


def _is_application(balancer: Mapping[str, object]) -> bool:
    return balancer.get("Type") == "application"


def _regional_acls(program: Program) -> Asked:
    acls = [acl for acl in program.of("wafv2/webAcl:WebAcl") if acl.inputs.get("scope") == "REGIONAL"]
    return Counter(program.region_of(acl) for acl in acls)


def _interface_endpoints(program: Program) -> Asked:
    found = [e for e in program.of("ec2/vpcEndpoint:VpcEndpoint") if e.inputs.get("vpcEndpointType") == "Interface"]
    return Counter(program.region_of(endpoint) for endpoint in found)


def _brokers(cluster: Mapping[str, object]) -> float:
    provisioned = cluster.get("Provisioned")
    return float(provisioned["NumberOfBrokerNodes"]) if isinstance(provisioned, Mapping) else 0


def _dax_nodes(cluster: Mapping[str, object]) -> float:
    nodes = cluster.get("TotalNodes")
    return float(nodes) if isinstance(nodes, int) else 0


def _ec2(operation: str, key: str) -> Listing:
    return Listing("ec2", operation, key)


QUOTAS = (
    Quota(
        name="Fargate On-Demand vCPU resource count",
        service="fargate",
        code="L-3032A538",
        default=6,
        asks=lambda program: {program.home: rolling_vcpus(program, "FARGATE")},
    ),
    Quota(
        name="Fargate Spot vCPU resource count",
        service="fargate",
        code="L-36FBB829",
        default=6,
        asks=lambda program: {program.home: rolling_vcpus(program, "FARGATE_SPOT")},
    ),
    Quota(
        name="EC2-VPC Elastic IPs",
        service="ec2",
        code="L-0263D0A3",
        default=5,
        asks=count("ec2/eip:Eip"),
        listing=_ec2("describe_addresses", "Addresses"),
        tagged="ec2:elastic-ip",
    ),
    Quota(
        name="VPCs per Region",
        service="vpc",
        code="L-F678F1CE",
        default=5,
        asks=count("ec2/vpc:Vpc"),
        listing=_ec2("describe_vpcs", "Vpcs"),
        tagged="ec2:vpc",
    ),
    Quota(
        name="Internet gateways per Region",
        service="vpc",
        code="L-A4707A72",
        default=5,
        asks=count("ec2/internetGateway:InternetGateway"),
        listing=_ec2("describe_internet_gateways", "InternetGateways"),
        tagged="ec2:internet-gateway",
    ),
    Quota(name="NAT gateways per Availability Zone", service="vpc", code="L-FE5A380F", default=5, asks=_nat_per_zone),
    Quota(name="Subnets per VPC", service="vpc", code="L-407747CB", default=200, asks=count("ec2/subnet:Subnet")),
    Quota(
        name="Route tables per VPC",
        service="vpc",
        code="L-589F43AA",
        default=200,
        asks=count("ec2/routeTable:RouteTable"),
    ),
    Quota(
        name="Interface VPC endpoints per VPC", service="vpc", code="L-29B6F2EB", default=50, asks=_interface_endpoints
    ),
    Quota(
        name="VPC security groups per Region",
        service="vpc",
        code="L-E79EC296",
        default=2500,
        asks=count("ec2/securityGroup:SecurityGroup"),
        listing=_ec2("describe_security_groups", "SecurityGroups"),
        tagged="ec2:security-group",
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        service="vpc",
        code="L-0EA8095F",
        default=60,
        asks=_rules_of_a_group,
    ),
    Quota(
        name="Application Load Balancers per Region",
        service="elasticloadbalancing",
        code="L-53DA6B97",
        default=50,
        asks=count("lb/loadBalancer:LoadBalancer"),
        listing=Listing("elbv2", "describe_load_balancers", "LoadBalancers", only=_is_application),
        tagged="elasticloadbalancing:loadbalancer",
    ),
    Quota(
        name="Target Groups per Region",
        service="elasticloadbalancing",
        code="L-B22855CB",
        default=3000,
        asks=count("lb/targetGroup:TargetGroup"),
        listing=Listing("elbv2", "describe_target_groups", "TargetGroups"),
        tagged="elasticloadbalancing:targetgroup",
    ),
    Quota(
        name="Rules per Application Load Balancer",
        service="elasticloadbalancing",
        code="L-7EED9B64",
        default=100,
        asks=most("lb/listenerRule:ListenerRule", "listenerArn"),
    ),
    Quota(
        name="Web distributions per AWS account",
        service="cloudfront",
        code="L-24B04930",
        default=500,
        asks=count("cloudfront/distribution:Distribution"),
        tagged="cloudfront:distribution",
    ),
    Quota(
        name="Maximum web ACLs per account in WAF for regional",
        service="wafv2",
        code="L-2EC3DE7B",
        default=100,
        asks=_regional_acls,
        listing=Listing("wafv2", "list_web_acls", "WebACLs", parameters={"Scope": "REGIONAL"}),
        tagged="wafv2:regional/webacl",
    ),
    Quota(
        name="User pools per account",
        service="cognito-idp",
        code="L-66E6DF30",
        default=1000,
        asks=count("cognito/userPool:UserPool"),
        listing=Listing("cognito-idp", "list_user_pools", "UserPools", parameters={"MaxResults": 60}),
        tagged="cognito-idp:userpool",
    ),
    Quota(
        name="Number of brokers per account",
        service="kafka",
        code="L-EDD31C36",
        default=90,
        asks=total("msk/cluster:Cluster", "numberOfBrokerNodes"),
        listing=Listing("kafka", "list_clusters_v2", "ClusterInfoList", weight=_brokers),
        tagged="kafka:cluster",
    ),
    Quota(
        name="Firewalls",
        service="network-firewall",
        code="L-DE163D32",
        default=5,
        asks=count("networkfirewall/firewall:Firewall"),
        listing=Listing("network-firewall", "list_firewalls", "Firewalls"),
        tagged="network-firewall:firewall",
    ),
    Quota(
        name="Total number of nodes",
        service="dax",
        code="L-AB139030",
        default=90,
        asks=total("dax/cluster:Cluster", "replicationFactor"),
        listing=Listing("dax", "describe_clusters", "Clusters", weight=_dax_nodes),
        tagged="dax:cache",
    ),
    Quota(
        name="Nodes per Region",
        service="elasticache",
        code="L-DFE45DF3",
        default=300,
        asks=_cache_nodes,
        listing=Listing("elasticache", "describe_cache_clusters", "CacheClusters"),
        tagged="elasticache:cluster",
    ),
    Quota(
        name="Maximum number of tables",
        service="dynamodb",
        code="L-F98FE922",
        default=2500,
        asks=count("dynamodb/table:Table"),
        listing=Listing("dynamodb", "list_tables", "TableNames"),
        tagged="dynamodb:table",
    ),
    Quota(
        name="Shards per Region",
        service="kinesis",
        code="L-0918CF54",
        default=500,
        asks=total("kinesis/stream:Stream", "shardCount"),
        tagged="kinesis:stream",
    ),
    Quota(
        name="Event buses",
        service="events",
        code="L-658A4FD9",
        default=100,
        asks=count("cloudwatch/eventBus:EventBus"),
        listing=Listing("events", "list_event_buses", "EventBuses"),
        tagged="events:event-bus",
    ),
    Quota(
        name="Number of rules",
        service="events",
        code="L-244521F2",
        default=300,
        asks=most("cloudwatch/eventRule:EventRule", "eventBusName"),
    ),
    Quota(
        name="ACM certificates",
        service="acm",
        code="L-F141DD1D",
        default=2500,
        asks=count("acm/certificate:Certificate"),
        listing=Listing("acm", "list_certificates", "CertificateSummaryList"),
        tagged="acm:certificate",
    ),
    Quota(
        name="VPC links(V2)",
        service="apigateway",
        code="L-608BDCD4",
        default=10,
        asks=count("apigatewayv2/vpcLink:VpcLink"),
        listing=Listing("apigatewayv2", "get_vpc_links", "Items"),
        tagged="apigateway:vpclinks",
    ),
    Quota(
        name="Resources/Routes per REST/WebSocket API",
        service="apigateway",
        code="L-01C8A9E0",
        default=300,
        asks=most("apigateway/resource:Resource", "restApi"),
    ),
    Quota(
        name="Namespaces per Region",
        service="AWSCloudMap",
        code="L-0FE3F50E",
        default=50,
        asks=count("servicediscovery/httpNamespace:HttpNamespace"),
        listing=Listing("servicediscovery", "list_namespaces", "Namespaces"),
        tagged="servicediscovery:namespace",
    ),
    Quota(
        name="File systems per account",
        service="elasticfilesystem",
        code="L-848C634D",
        default=1000,
        asks=count("efs/fileSystem:FileSystem", "efs/replicationConfiguration:ReplicationConfiguration"),
        listing=Listing("efs", "describe_file_systems", "FileSystems"),
        tagged="elasticfilesystem:file-system",
    ),
    Quota(
        name="Registered repositories",
        service="ecr",
        code="L-CFEB8E8D",
        default=100_000,
        asks=count("ecr/repository:Repository"),
        listing=Listing("ecr", "describe_repositories", "repositories"),
        tagged="ecr:repository",
    ),
)
"""Quotas of the Service Quotas API."""
