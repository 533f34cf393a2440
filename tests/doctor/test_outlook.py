"""Policy, duration and price of the project's own stacks, and of programs of a few resources."""

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import pytest
import yaml

from doctor.duration import duration
from doctor.policy import POLICIES_OF_A_ROLE, POLICY_CHARACTERS, actions, policies, size, statements, unknown_types
from doctor.price import UnknownPriceError, bill
from doctor.program import Program, program_of
from doctor.service_roles import role_names
from providers.personalize import DatasetGroup, Solution
from providers.resource import AwsResource
from settings.stack_files import stack_settings
from tests.doctor.cloud import ACCOUNT, made, program
from tests.program_under_mocks import PROJECT

STACKS = sorted(stack_settings())


@cache
def of(stack: str) -> Program:
    return program_of(stack)


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_is_whole_and_of_its_own_account(stack: str) -> None:
    program = of(stack)
    environment = program.settings.environment
    assert {"aws:ec2/vpc:Vpc", "aws:ec2/natGateway:NatGateway", "aws:ecs/service:Service"} <= program.types
    accounts = {arn.split(":")[4] for r in program.resources if (arn := str(r.outputs.get("arn") or "")).count(":") > 4}
    assert accounts <= {environment.account_id, "", "aws"}
    assert program.regions()[0] == environment.region


# Policy.


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_the_stack_has_its_actions(stack: str) -> None:
    assert unknown_types(of(stack)) == [], "run: python -m doctor.facts.renew"


def test_resources_of_dynamic_providers_have_the_actions_that_these_call() -> None:
    def found(*made: type[AwsResource]) -> set[str]:
        types = frozenset(f"pulumi-python:dynamic/personalize:{it.PROVIDER.KIND.noun}" for it in made)
        declared = actions(dataclasses.replace(program(), dynamic=types))
        return {action for action in declared if action.startswith("personalize:")}

    assert found() == set()
    assert found(Solution) == {
        *(f"personalize:{verb}Solution" for verb in ("Create", "Delete", "Describe", "Update")),
        *(f"personalize:{call}" for call in ("ListSolutionVersions", "ListSolutions", "StopSolutionVersionCreation")),
        *(f"personalize:{call}" for call in ("ListTagsForResource", "TagResource", "UntagResource")),
    }
    assert "personalize:CreateDatasetGroup" in found(Solution, DatasetGroup)


@pytest.mark.parametrize("stack", STACKS)
def test_the_policies_fit_iam_and_hold_every_action_once(stack: str) -> None:
    made = policies(of(stack))
    assert len(made) <= POLICIES_OF_A_ROLE
    assert all(size(policy.statements) <= POLICY_CHARACTERS for policy in made)
    # Room is used: no policy but the last could take another half.
    assert all(size(policy.statements) > POLICY_CHARACTERS / 2 for policy in made[:-1])
    ids = [statement["Sid"] for policy in made for statement in policy.statements]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in ids)
    held = {action for policy in made for statement in policy.statements for action in _list(statement["Action"])}
    extra = {f"secretsmanager:{verb}Secret" for verb in ("Create", "Delete", "Update")}
    assert held - extra == set(actions(of(stack))) - {"iam:ListRoles"} - extra


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_allowed_by_a_wildcard_action_or_in_another_region(stack: str) -> None:
    for statement in statements(of(stack)):
        assert not [action for action in _list(statement["Action"]) if "*" in action]
        if statement["Resource"] == ["*"]:
            assert set(statement["Condition"]["StringEquals"]["aws:RequestedRegion"]) == {
                *of(stack).regions(),
                "us-east-1",
            }


@pytest.mark.parametrize("stack", STACKS)
def test_roles_are_made_with_the_stacks_tags_and_passed_to_the_services_that_they_trust(stack: str) -> None:
    by_id = {statement["Sid"]: statement for statement in statements(of(stack))}
    wanted = by_id["CreateRole"]["Condition"]["StringEquals"]
    assert wanted["aws:RequestTag/environment"] == of(stack).settings.environment.name
    names = [role.outputs["name"] for role in of(stack).of("iam/role:Role")]
    patterns = [re.escape(arn.rpartition("/")[2]).replace(r"\*", ".*") for arn in by_id["Roles"]["Resource"]]
    assert all(any(re.fullmatch(pattern, f"{name}-1a2b3c4") for pattern in patterns) for name in names)
    assert "ecs-tasks.amazonaws.com" in by_id["PassRole"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert not [
        action for action in actions(of(stack)) if re.match(r"iam:\w*(User|AccessKey|Group|LoginProfile)", action)
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_every_operation_that_makes_a_resource_of_the_stack_is_an_operation_of_aws(stack: str) -> None:
    """Of services whose actions are named like their operations; a misspelt action would be denied at `up`."""
    clients = {"ecs": "ecs", "kms": "kms", "elasticache": "elasticache", "sqs": "sqs", "dynamodb": "dynamodb"}
    clients |= {"ec2": "ec2", "elasticloadbalancing": "elbv2", "kafka": "kafka", "wafv2": "wafv2", "pipes": "pipes"}
    other_names = {"ReEncryptFrom", "ReEncryptTo", "CreateGrant", "SetWebACL", "DescribeTopic", "GetPermissionPolicy"}
    for prefix, client in clients.items():
        model: Any = boto3.client(client, region_name="eu-west-1").meta.service_model  # type: ignore[call-overload]
        known = {name.lower() for name in model.operation_names} | {name.lower() for name in other_names}
        named = {action.partition(":")[2] for action in actions(of(stack)) if action.startswith(f"{prefix}:")}
        assert {name for name in named if name.lower() not in known} == set(), prefix


def test_calls_of_the_real_provider_are_allowed() -> None:
    """The recorded calls, made while a dev and a prod store were created, refreshed and destroyed."""
    record = json.loads((PROJECT / "doctor" / "facts" / "permissions.json").read_text())
    assert len(record["calls"]) > 25
    allowed = {action.lower() for stack in ("dev", "prod") for action in actions(of(stack))}
    used = {action for calls in record["calls"].values() for action in calls}
    assert {action for action in used if action.lower() not in allowed} == set()


def test_a_bucket_of_another_application_is_out_of_reach() -> None:
    bucket = made("s3/bucket:Bucket", "media-static")
    (statement,) = (s for s in statements(program(bucket)) if s["Sid"] == "S3")
    assert statement["Resource"] == ["arn:aws:s3:::media-*", "arn:aws:s3:::media-*/*"]


def test_secrets_of_third_parties_are_read_and_no_others() -> None:
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:store/cms-Ab12Cd"
    template = {"Resources": {"Connection": {"Type": "AWS::Events::Connection", "Properties": {"X": arn}}}}
    stack = made("cloudformation/stack:Stack", templateBody=json.dumps(template))
    by_id = {statement["Sid"]: statement for statement in statements(program(stack))}
    assert by_id["ThirdParties"]["Resource"] == [arn]
    assert "events:CreateConnection" in actions(program(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_service_linked_roles_are_allowed_by_name_of_service(stack: str) -> None:
    by_id = {statement["Sid"]: statement for statement in statements(of(stack))}
    services = by_id["ServiceRoles"]["Condition"]["StringEquals"]["iam:AWSServiceName"]
    assert services == list(role_names(of(stack)))
    assert {"ecs.amazonaws.com", "elasticache.amazonaws.com"} <= set(services)


# Duration.


def _chain(*resources: Any) -> Program:
    """Each waits for the one before."""
    linked = [
        dataclasses.replace(resource, dependencies=(resources[n - 1].urn,)) if n else resource
        for n, resource in enumerate(resources)
    ]
    return program(*linked)


def test_the_longest_way_counts_and_not_the_sum() -> None:
    one = _chain(made("msk/cluster:Cluster", "feeds"), made("lambda/eventSourceMapping:EventSourceMapping", "reader"))
    beside = made("elasticache/replicationGroup:ReplicationGroup", "cache")
    told = duration(dataclasses.replace(one, resources=(*one.resources, beside)))
    assert told.minutes == 36
    assert [name for name, _, _ in told.way] == ["feeds", "reader"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_first_update_takes_tens_of_minutes(stack: str) -> None:
    told = duration(of(stack))
    assert 15 <= told.minutes <= 120
    assert sum(minutes for _, _, minutes in told.way) <= told.minutes + 1


# Price.


def _switches(of_: Program) -> Mapping[str, float]:
    return {switch: round(usd, 2) for switch, usd in bill(of_).by_switch().items()}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([made("ec2/natGateway:NatGateway")], {"network.nat": 38.69}),
        ([made("ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Gateway")], {}),
        (
            [made("ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", subnetIds=["a", "b", "c"])],
            {"network.interface_endpoints": 24.09},
        ),
        (
            [made("networkfirewall/firewall:Firewall", subnetMappings=[{}, {}])],
            {"network.payment_egress.engine": 576.7},
        ),
        ([made("lb/loadBalancer:LoadBalancer", internal=True, subnets=["a", "b"])], {"none: load balancers": 18.4}),
        ([made("lb/loadBalancer:LoadBalancer", internal=False, subnets=["a", "b"])], {"none: load balancers": 25.7}),
        (
            [
                made(
                    "elasticache/replicationGroup:ReplicationGroup",
                    "web-cache",
                    numNodeGroups=1.0,
                    nodeType="cache.t4g.micro",
                )
            ],
            {"web_tier.cache": 9.93},
        ),
        (
            [made("dax/cluster:Cluster", replicationFactor=3.0, nodeType="dax.r5.large")],
            {"data.dax": 600.06},
        ),
        ([made("kinesis/stream:Stream", shardCount=2.0)], {"feeds.streams.<feed>.partitions": 24.82}),
        ([made("kinesis/stream:Stream")], {"feeds.engine": 32.12}),
        ([made("cloudwatch/metricAlarm:MetricAlarm", f"a{n}") for n in range(12)], {"none: alarms": 0.2}),
        ([made("cloudwatch/dashboard:Dashboard", f"d{n}") for n in range(4)], {"observability.dashboards": 3}),
        ([made("kms/key:Key"), made("secretsmanager/secret:Secret")], {"none: keys and secrets": 1.4}),
        ([made("acmpca/certificateAuthority:CertificateAuthority")], {"app_tier.discovery.tls": 400}),
        (
            [made("wafv2/webAcl:WebAcl", "edge", rules=[{"x": {"name": "AWSManagedRulesBotControlRuleSet"}}, {}])],
            {"<box>.web_acl: rules": 7, "edge.web_acl.bot_control": 10},
        ),
        ([made("dynamodb/table:Table"), made("sqs/queue:Queue"), made("lambda/function:Function")], {}),
    ],
)
def test_what_is_paid_by_the_hour_has_its_line(resources: list[Any], expected: dict[str, float]) -> None:
    assert _switches(program(*resources)) == expected


def test_pollers_that_consumers_share_are_paid_once() -> None:
    config = {"minimumPollers": 1.0, "pollerGroupName": "feeds"}
    mappings = [
        made("lambda/eventSourceMapping:EventSourceMapping", f"m{n}", provisionedPollerConfig=config) for n in (1, 2)
    ]
    assert _switches(program(*mappings)) == {"feeds.engine.pollers": 135.05}


def test_a_node_type_without_a_price_is_told() -> None:
    of_ = program(made("dax/cluster:Cluster", replicationFactor=1.0, nodeType="dax.r9.huge"))
    with pytest.raises(UnknownPriceError, match=r"no price for dax\.r9\.huge: add it to doctor/facts/prices\.yaml"):
        bill(of_)


def test_what_has_no_price_is_said_to_be_left_out() -> None:
    recommends = dataclasses.replace(of("dev"), dynamic=frozenset({"pulumi-python:dynamic/personalize:Recommender"}))
    assert bill(recommends).uncounted == ["personalization.engine.recommender"]
    assert bill(of("dev")).uncounted == []


@pytest.mark.parametrize("stack", STACKS)
def test_an_idle_stack_costs_less_than_its_budget(stack: str) -> None:
    told = bill(of(stack))
    budget = of(stack).settings.budget.monthly_usd
    assert budget / 10 < told.total < budget
    assert sum(told.by_switch().values()) == pytest.approx(told.total)


@pytest.mark.parametrize("stack", STACKS)
def test_switches_are_settings(stack: str) -> None:
    schema = json.loads((PROJECT / "docs" / "settings.schema.json").read_text())
    text = json.dumps(schema)
    for switch in bill(of(stack)).by_switch():
        for part in re.findall(r"[a-z_]+", switch.partition(":")[0].replace("<", ".<")):
            assert part in ("none", "box", "service", "feed") or f'"{part}"' in text or f":{part}" in text, switch


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_page_of_idle_costs_is_about_right(stack: str) -> None:
    page = (PROJECT / "docs" / "idle-costs.md").read_text()
    told = re.search(r"\| \*\*all\*\* \|.*", page)
    assert told
    header = next(line for line in page.splitlines() if line.startswith("| switch |"))
    column = [cell.strip() for cell in header.split("|")].index(stack)
    shown = float(told[0].split("|")[column].strip(" *").replace(",", ""))
    assert bill(of(stack)).total == pytest.approx(shown, rel=0.15), "write the table of docs/idle-costs.md anew"


def test_records_say_where_they_are_from() -> None:
    facts = PROJECT / "doctor" / "facts"
    assert "https://" in (facts / "prices.yaml").read_text()
    assert yaml.safe_load((facts / "prices.yaml").read_text())["date"]
    permissions = json.loads((facts / "permissions.json").read_text())
    assert permissions["source"].startswith("CloudFormation resource schemas of cfn-lint")
