"""What a stack asks of quotas, against what an account has."""

from collections.abc import Callable
from typing import Any

import pytest

from doctor.account import Account
from doctor.checks.quotas import CHECKS
from doctor.fargate import placed, rolling_vcpus, vcpus
from doctor.program import Program
from doctor.quotas import QUOTAS
from doctor.result import Finding
from offline.aws.regions import managed_prefix_list
from tests.doctor.cloud import DENIED, Cloud, Refused, made, program

_FARGATE = {"capacityProvider": "FARGATE", "base": 1, "weight": 50}
_SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 50}


def _service(tasks: int, *strategies: dict[str, Any], cpu: int = 1024, most: int = 200) -> Program:
    return program(
        made("ecs/taskDefinition:TaskDefinition", "web", outputs={"arn": "task"}, cpu=str(cpu), memory="2048"),
        made(
            "ecs/service:Service",
            "web",
            cluster="arn:aws:ecs:eu-west-1:1:cluster/web",
            desiredCount=float(tasks),
            taskDefinition="task",
            deploymentMaximumPercent=float(most),
            capacityProviderStrategies=list(strategies) or [_FARGATE],
        ),
        made("appautoscaling/target:Target", resourceId="service/web/web", maxCapacity=30.0),
        made(
            "appautoscaling/scheduledAction:ScheduledAction",
            resourceId="service/web/web",
            scalableTargetAction={"minCapacity": 6.0},
        ),
    )


def test_tasks_of_a_peak_count_and_a_roll_out_doubles_them() -> None:
    of = _service(3)
    assert vcpus(of, "FARGATE") == 6
    assert rolling_vcpus(of, "FARGATE") == 12
    assert vcpus(of, "FARGATE", scaled_out=True) == 30


@pytest.mark.parametrize(
    ("tasks", "provider", "expected"),
    [(1, "FARGATE", 1), (1, "FARGATE_SPOT", 0), (4, "FARGATE", 3), (4, "FARGATE_SPOT", 2)],
)
def test_the_base_is_placed_first_and_shares_are_rounded_up(tasks: int, provider: str, expected: int) -> None:
    service = _service(tasks, _FARGATE, _SPOT).of("ecs/service:Service")[0]
    assert placed(service, tasks, provider) == expected


def _account(values: dict[str, float], used: dict[str, int] | None = None) -> Cloud:
    """Quotas of these names; AWS's default for all others."""
    names = {quota.code: quota for quota in QUOTAS}

    def quota(given: dict[str, Any]) -> dict[str, Any]:
        known = names[given["QuotaCode"]]
        metric = {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": {"Type": "Resource"},
        }
        usage = {"UsageMetric": metric} if known.service == "fargate" else {}
        return {"Quota": {"Value": values.get(known.name, known.default), "QuotaCode": known.code, **usage}}

    return Cloud(
        {
            ("service-quotas", "GetServiceQuota"): quota,
            ("service-quotas", "ListRequestedServiceQuotaChangeHistoryByQuota"): {
                "RequestedQuotas": [
                    {"DesiredValue": 64.0, "Status": "PENDING"},
                    {"DesiredValue": 1.0, "Status": "DENIED"},
                ]
            },
            ("cloudwatch", "GetMetricStatistics"): {"Datapoints": [{"Maximum": 2.0}, {"Maximum": 1.0}]},
            ("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": []},
            ("ec2", "DescribeAddresses"): {"Addresses": [{}] * (used or {}).get("addresses", 0)},
        }
    )


def _found(of: Program, cloud: Cloud) -> dict[str, Finding]:
    account = Account(of.settings.environment, cloud.session())
    return {finding.subject.rpartition(",")[0]: finding for finding in CHECKS[0].run(of, account)}


@pytest.mark.parametrize(("value", "status"), [(14, "OK"), (13, "MISSING")])
def test_fargate_needs_room_for_a_roll_out_beside_what_runs(value: int, status: str) -> None:
    found = _found(_service(3), _account({"Fargate On-Demand vCPU resource count": value}))
    finding = found["Fargate On-Demand vCPU resource count"]
    assert finding.status.name == status
    if status == "MISSING":
        assert "--quota-code L-3032A538 --desired-value 14" in finding.mend
        assert "asked for already: 64" in finding.found
        assert "1" not in finding.found.rpartition("already")[2]


@pytest.mark.parametrize(("used", "status"), [(4, "OK"), (5, "MISSING")])
def test_what_the_account_has_already_counts(used: int, status: str) -> None:
    found = _found(program(made("ec2/eip:Eip")), _account({}, {"addresses": used}))
    assert found["EC2-VPC Elastic IPs"].status.name == status


def test_what_the_stack_has_already_is_not_asked_for_again() -> None:
    cloud = _account({}, {"addresses": 5})
    mine = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:ec2:eu-west-1:1:elastic-ip/eipalloc-1"}]}
    cloud.answers["resourcegroupstaggingapi", "GetResources"] = mine
    assert _found(program(made("ec2/eip:Eip")), cloud)["EC2-VPC Elastic IPs"].status.name == "OK"


def test_a_deployed_stack_asks_only_for_the_roll_out() -> None:
    cloud = _account({"Fargate On-Demand vCPU resource count": 12})
    mine = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:ecs:eu-west-1:1:service/web/web"}]}
    cloud.answers["resourcegroupstaggingapi", "GetResources"] = mine
    cloud.answers["cloudwatch", "GetMetricStatistics"] = {"Datapoints": [{"Maximum": 6.0}]}
    assert _found(_service(3), cloud)["Fargate On-Demand vCPU resource count"].status.name == "OK"


def test_a_quota_that_was_never_raised_has_its_default() -> None:
    cloud = _account({})
    default = cloud.answers["service-quotas", "GetServiceQuota"]
    cloud.answers["service-quotas", "GetServiceQuota"] = Refused("NoSuchResourceException")
    cloud.answers["service-quotas", "GetAWSDefaultServiceQuota"] = default
    assert _found(program(made("ec2/eip:Eip")), cloud)["EC2-VPC Elastic IPs"].status.name == "OK"


@pytest.mark.parametrize("answer", [DENIED, Refused("NoSuchResourceException")])
def test_without_a_look_the_need_is_still_told(answer: Refused) -> None:
    cloud = _account({})
    for operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        cloud.answers["service-quotas", operation] = answer
    finding = _found(program(made("ec2/eip:Eip")), cloud)["EC2-VPC Elastic IPs"]
    assert finding.status.name == "UNSEEN"
    assert "the stack asks for 1, AWS's default is 5" in finding.found


def test_a_prefix_list_counts_for_its_entries() -> None:
    rule = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    heavy = managed_prefix_list("com.amazonaws.global.cloudfront.origin-facing", "eu-west-1")
    light = managed_prefix_list("com.amazonaws.eu-west-1.s3", "eu-west-1")
    rules = [made(rule, f"r{n}", securityGroupId="sg", prefixListId=id_) for n, id_ in enumerate((heavy, light, None))]
    quota = next(quota for quota in QUOTAS if quota.code == "L-0EA8095F")
    assert quota.asks(program(*rules)) == {"eu-west-1": 57}


def _named(name: str) -> Callable[[Program], Any]:
    return next(quota.asks for quota in QUOTAS if quota.name == name)


def test_nodes_brokers_and_shards_are_summed() -> None:
    of = program(
        made("elasticache/replicationGroup:ReplicationGroup", "a", numNodeGroups=2.0, replicasPerNodeGroup=1.0),
        made("elasticache/replicationGroup:ReplicationGroup", "b", numNodeGroups=1.0),
        made("msk/cluster:Cluster", numberOfBrokerNodes=3.0),
        made("kinesis/stream:Stream", "s1", shardCount=2.0),
        made("kinesis/stream:Stream", "s2", shardCount=3.0),
    )
    assert _named("Nodes per Region")(of) == {"eu-west-1": 5}
    assert _named("Number of brokers per account")(of) == {"eu-west-1": 3}
    assert _named("Shards per Region")(of) == {"eu-west-1": 5}


def test_nat_gateways_count_by_zone() -> None:
    subnets = [made("ec2/subnet:Subnet", f"net-{zone}", availabilityZone=f"eu-west-1{zone}") for zone in "ab"]
    gateways = [made("ec2/natGateway:NatGateway", f"nat-{n}", subnetId=f"net-{zone}") for n, zone in enumerate("aab")]
    assert _named("NAT gateways per Availability Zone")(program(*subnets, *gateways)) == {"eu-west-1": 2}


def test_codes_are_named_once() -> None:
    codes = [(quota.service, quota.code) for quota in QUOTAS]
    assert len(codes) == len(set(codes))
