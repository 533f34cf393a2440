"""Every rule on a good and on a bad value."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from offline.checks import Planned, problems
from offline.checks.rules import RULES
from offline.wire import UNKNOWN

# Module of cases, named like the module of rules, to its cases.
MODULES = {
    path.stem: import_module(f"tests.offline.checks.cases.{path.stem}").CASES
    for path in sorted(Path(__file__).with_name("cases").glob("*.py"))
}
ALL = {kind: case for cases in MODULES.values() for kind, case in cases.items()}
# Types that share all their rules with a type that has cases.
SHARED = {
    "alb/listener:Listener",
    "alb/listenerRule:ListenerRule",
    "alb/loadBalancer:LoadBalancer",
    "alb/targetGroup:TargetGroup",
    "apigateway/restApiPolicy:RestApiPolicy",
    "apigatewayv2/stage:Stage",
    "backup/vaultPolicy:VaultPolicy",
    "cloudwatch/eventBusPolicy:EventBusPolicy",
    "cloudwatch/logResourcePolicy:LogResourcePolicy",
    "ec2/defaultNetworkAcl:DefaultNetworkAcl",
    "ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
    "ecr/repositoryPolicy:RepositoryPolicy",
    "efs/fileSystemPolicy:FileSystemPolicy",
    "elasticache/cluster:Cluster",
    "iam/group:Group",
    "iam/groupPolicy:GroupPolicy",
    "iam/instanceProfile:InstanceProfile",
    "iam/rolePolicy:RolePolicy",
    "iam/user:User",
    "iam/userPolicy:UserPolicy",
    "kms/keyPolicy:KeyPolicy",
    "kms/replicaKey:ReplicaKey",
    "location/geofenceCollection:GeofenceCollection",
    "location/placeIndex:PlaceIndex",
    "opensearch/domainPolicy:DomainPolicy",
    "s3/bucketV2:BucketV2",
    "secretsmanager/secret:Secret",
    "secretsmanager/secretPolicy:SecretPolicy",
    "sns/topicPolicy:TopicPolicy",
    "sqs/queuePolicy:QueuePolicy",
    "sqs/redrivePolicy:RedrivePolicy",
    "wafv2/regexPatternSet:RegexPatternSet",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "wafv2/ruleGroup:RuleGroup",
}
ONE_ALREADY_HELD = [
    ("s3/bucket:Bucket", {"bucket": "my-bucket"}, "bucket"),
    ("sqs/queue:Queue", {"name": "orders"}, "name"),
    ("dynamodb/table:Table", {"name": "orders"}, "name"),
    ("cloudwatch/logGroup:LogGroup", {"name": "/a"}, "name"),
    ("iam/role:Role", {"name": "r"}, "name"),
    ("wafv2/webAcl:WebAcl", {"name": "a", "scope": "REGIONAL"}, "name"),
    ("lb/listenerRule:ListenerRule", {"listenerArn": "arn:aws:l:r:1:x", "priority": 5}, "priority"),
    ("ec2/subnet:Subnet", {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}, "cidrBlock"),
]


def changed(good: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**good, **change}.items() if value is not None}


def paths(kind: str, inputs: dict[str, Any], planned: Planned | None = None) -> set[str]:
    return {problem.path for problem in problems(f"aws:{kind}", inputs, planned or Planned())}


@pytest.mark.parametrize("kind", ALL)
def test_a_good_resource_is_accepted(kind: str):
    assert problems(f"aws:{kind}", ALL[kind][0], Planned()) == []


@pytest.mark.parametrize(
    ("kind", "change", "path"),
    [(kind, change, path) for kind, (_good, cases) in ALL.items() for change, path in cases],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_a_mistake_is_rejected_by_name(kind: str, change: dict[str, Any], path: str):
    assert path in paths(kind, changed(ALL[kind][0], change))


def test_every_type_with_a_rule_has_cases():
    ruled = {token.removeprefix("aws:") for token in RULES}
    assert ruled - set(ALL) - SHARED == set()
    assert ruled >= SHARED


@pytest.mark.parametrize("module", MODULES)
def test_cases_are_in_the_module_that_is_named_like_that_of_their_rules(module: str):
    for kind in MODULES[module]:
        assert f"offline.checks.rules.{module}" in {rule.__module__ for rule in RULES[f"aws:{kind}"]}, kind


def test_every_rule_names_its_source():
    for rules in RULES.values():
        for rule in rules:
            assert "https://docs.aws.amazon.com/" in (rule.__doc__ or ""), rule.__name__


@pytest.mark.parametrize(("kind", "inputs", "path"), ONE_ALREADY_HELD, ids=[case[0] for case in ONE_ALREADY_HELD])
def test_a_second_resource_of_the_same_name_is_rejected(kind: str, inputs: dict[str, Any], path: str):
    planned = Planned()
    before = paths(kind, inputs, planned)
    planned.add("urn:pulumi:dev::store::aws:x::first", f"aws:{kind}", inputs)
    assert path not in before
    assert path in paths(kind, inputs, planned)
    assert path not in paths(kind, inputs, planned.without("urn:pulumi:dev::store::aws:x::first", {}))


def test_the_same_name_in_another_region_is_accepted():
    planned = Planned()
    planned.add("urn:a", "aws:sqs/queue:Queue", {"name": "orders", "region": "eu-west-1"})
    assert paths("sqs/queue:Queue", {"name": "orders", "region": "us-east-1"}, planned) == set()
    assert paths("sqs/queue:Queue", {"name": "orders", "region": "eu-west-1"}, planned) == {"name"}


def test_a_bucket_name_is_taken_in_every_region():
    planned = Planned()
    planned.add("urn:a", "aws:s3/bucket:Bucket", {"bucket": "orders", "region": "eu-west-1"})
    assert paths("s3/bucket:Bucket", {"bucket": "orders", "region": "us-east-1"}, planned) == {"bucket"}


def vpc_and_subnets(**vpcs: str) -> Planned:
    planned = Planned()
    for name, block in vpcs.items():
        planned.add(f"urn:{name}", "aws:ec2/vpc:Vpc", {"cidrBlock": block})
    return planned


def subnet(block: str, vpc: Any = UNKNOWN) -> dict[str, Any]:
    return {"vpcId": vpc, "cidrBlock": block}


def test_a_subnet_must_fit_into_the_only_vpc_of_the_preview():
    planned = vpc_and_subnets(only="10.0.0.0/16")
    assert paths("ec2/subnet:Subnet", subnet("10.0.4.0/24"), planned) == set()
    assert paths("ec2/subnet:Subnet", subnet("10.1.4.0/24"), planned) == {"cidrBlock"}


def test_with_several_vpcs_a_subnet_must_fit_into_one_of_them():
    planned = vpc_and_subnets(a="10.0.0.0/16", b="10.1.0.0/16")
    assert paths("ec2/subnet:Subnet", subnet("10.1.4.0/24"), planned) == set()
    assert paths("ec2/subnet:Subnet", subnet("10.2.4.0/24"), planned) == {"cidrBlock"}


def test_subnets_that_may_lie_in_different_vpcs_may_overlap():
    planned = vpc_and_subnets(a="10.0.0.0/16", b="10.0.0.0/16")
    planned.add("urn:s", "aws:ec2/subnet:Subnet", subnet("10.0.4.0/24"))
    assert paths("ec2/subnet:Subnet", subnet("10.0.4.0/24"), planned) == set()


def test_overlapping_subnets_of_one_vpc_are_rejected():
    planned = vpc_and_subnets(only="10.0.0.0/16")
    planned.add("urn:s", "aws:ec2/subnet:Subnet", subnet("10.0.4.0/24"))
    assert paths("ec2/subnet:Subnet", subnet("10.0.4.128/25"), planned) == {"cidrBlock"}
    assert paths("ec2/subnet:Subnet", subnet("10.0.5.0/24"), planned) == set()


def test_a_subnet_of_an_identified_vpc_is_held_against_that_one():
    planned = vpc_and_subnets(a="10.0.0.0/16", b="10.1.0.0/16")
    planned.identify("urn:a", "vpc-a")
    assert paths("ec2/subnet:Subnet", subnet("10.0.4.0/24", "vpc-a"), planned) == set()
    assert paths("ec2/subnet:Subnet", subnet("10.1.4.0/24", "vpc-a"), planned) == {"cidrBlock"}
    assert paths("ec2/subnet:Subnet", subnet("10.9.4.0/24", "vpc-of-another-stack"), planned) == set()


def test_a_subnet_may_lie_in_a_secondary_block_of_its_vpc():
    planned = vpc_and_subnets(only="10.0.0.0/16")
    kind = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
    planned.add("urn:second", kind, {"vpcId": UNKNOWN, "cidrBlock": "10.5.0.0/16"})
    assert paths("ec2/subnet:Subnet", subnet("10.5.4.0/24"), planned) == set()


def test_a_vpc_with_unknown_addresses_admits_any_subnet():
    planned = Planned()
    planned.add("urn:v", "aws:ec2/vpc:Vpc", {"ipv4IpamPoolId": UNKNOWN})
    assert paths("ec2/subnet:Subnet", subnet("10.5.4.0/24"), planned) == set()


def test_values_newer_than_the_recorded_provider_are_accepted():
    good = ALL["lambda/function:Function"][0]
    assert paths("lambda/function:Function", {**good, "runtime": "python3.14"}) == set()
    assert paths("lambda/function:Function", {**good, "runtime": "python3.99"}) == {"runtime"}


def test_records_that_failed_may_go_to_a_topic_of_kafka():
    kind = "lambda/eventSourceMapping:EventSourceMapping"

    def found(target: str) -> set[str]:
        return paths(kind, {**ALL[kind][0], "destinationConfig": {"onFailure": {"destinationArn": target}}})

    assert found("kafka://catalogue.dead") == set()
    assert found("kafka://") == {"destinationConfig.onFailure.destinationArn"}


def test_a_managed_function_may_be_larger_than_an_ordinary_one():
    good = ALL["lambda/function:Function"][0]
    provider = {"lambdaManagedInstancesCapacityProviderConfig": {"capacityProviderArn": UNKNOWN}}
    assert paths("lambda/function:Function", {**good, "memorySize": 16384, "capacityProviderConfig": provider}) == set()
    assert paths("lambda/function:Function", {**good, "memorySize": 16384}) == {"memorySize"}


def test_an_enum_that_the_provider_takes_in_any_case_is_taken_in_any_case():
    good = ALL["lb/listener:Listener"][0]
    assert paths("lb/listener:Listener", {**good, "protocol": "http"}) == set()
    assert paths("lb/listener:Listener", {**good, "protocol": "gopher"}) == {"protocol"}


def test_an_input_that_may_be_empty_or_of_a_form_that_is_not_understood_takes_any_value():
    # The provider's rule is a pattern of Unicode classes, which Python's patterns do not have.
    inputs = {"emailConfiguration": {"replyToEmailAddress": "service@store.example.com"}}
    assert not paths("cognito/userPool:UserPool", inputs)
