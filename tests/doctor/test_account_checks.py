"""Checks of the account: credentials, Regions, zones, tags and account-wide limits."""

from typing import Any

import pytest

from tests.doctor.cloud import Cloud, findings, made, one, program, statuses


def test_credentials_of_another_account_are_told_and_no_other_check_looks_there() -> None:
    other = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/x", "UserId": "AIDAEXAMPLE"}
    cloud = Cloud({("sts", "GetCallerIdentity"): other})
    assert one(findings("account", program(), cloud)).status.name == "MISSING"
    found = one(findings("regions", program(), cloud))
    assert (found.status.name, found.found) == ("UNSEEN", "the credentials are of account 999999999999")
    assert set(cloud.asked) == {("sts", "GetCallerIdentity")}


def test_the_right_account_is_well() -> None:
    assert one(findings("account", program(), Cloud())).status.name == "OK"


@pytest.mark.parametrize(
    ("state", "status"), [("opt-in-not-required", "OK"), ("opted-in", "OK"), ("not-opted-in", "MISSING")]
)
def test_regions_must_be_enabled(state: str, status: str) -> None:
    cloud = Cloud({("ec2", "DescribeRegions"): {"Regions": [{"RegionName": "eu-south-2", "OptInStatus": state}]}})
    of = program(made("s3/bucket:Bucket", outputs={"region": "eu-south-2"}))
    found = one(findings("regions", of, cloud))
    assert (found.subject, found.status.name) == ("eu-south-2", status)
    assert ("enable-region --region-name eu-south-2" in found.mend) is (status == "MISSING")


def test_zones_must_be_available_and_no_local_zones() -> None:
    zones = [
        {"ZoneName": "eu-west-1a", "State": "available", "ZoneType": "availability-zone"},
        {"ZoneName": "eu-west-1b", "State": "available", "ZoneType": "local-zone"},
    ]
    cloud = Cloud({("ec2", "DescribeAvailabilityZones"): {"AvailabilityZones": zones}})
    assert statuses(findings("zones", program(), cloud)) == ["OK", "MISSING"]


@pytest.mark.parametrize(("quantity", "status"), [(1, "OK"), (0, "UNSEEN")])
def test_cloudfront_has_verified_an_account_that_has_a_distribution(quantity: int, status: str) -> None:
    listed = {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": quantity}
    cloud = Cloud({("cloudfront", "ListDistributions"): {"DistributionList": listed}})
    of = program(made("cloudfront/distribution:Distribution"))
    found = one(findings("cloudfront", of, cloud))
    assert found.status.name == status
    assert ("Support" in found.mend) is (status == "UNSEEN")


def test_cost_tags_must_be_active() -> None:
    tags = [
        {"TagKey": "application", "Type": "UserDefined", "Status": "Active"},
        {"TagKey": "environment", "Type": "UserDefined", "Status": "Inactive"},
    ]
    cloud = Cloud({("ce", "ListCostAllocationTags"): {"CostAllocationTags": tags}})
    found = {finding.subject: finding.status.name for finding in findings("cost-tags", program(), cloud)}
    assert found["tag application"] == "OK"
    assert found["tag environment"] == "MISSING"
    assert found["tag owner"] == "UNSEEN"


# Account-wide limits.


def _functions(reserved: int) -> Any:
    return program(made("lambda/function:Function", reservedConcurrentExecutions=reserved))


@pytest.mark.parametrize(
    ("whole", "free", "reserved", "owned", "status"),
    [
        (1000, 1000, 20, 0, "OK"),
        (10, 10, 20, 0, "MISSING"),
        (140, 119, 20, 0, "MISSING"),  # 99 would stay unreserved
        (140, 120, 20, 0, "OK"),
        (140, 100, 20, 1, "OK"),  # the stack has its own already
        (10, 10, 0, 0, "OK"),  # nothing is reserved
    ],
)
def test_lambda_keeps_a_hundred_unreserved(whole: int, free: int, reserved: int, owned: int, status: str) -> None:
    limits = {"ConcurrentExecutions": whole, "UnreservedConcurrentExecutions": free}
    mine = [{"ResourceARN": "arn:aws:lambda:eu-west-1:111111111111:function:x"}] * owned
    cloud = Cloud(
        {
            ("lambda", "GetAccountSettings"): {"AccountLimit": limits},
            ("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": mine},
        }
    )
    assert one(findings("lambda-concurrency", _functions(reserved), cloud)).status.name == status


@pytest.mark.parametrize(("there", "status"), [(8, "OK"), (9, "OK"), (10, "MISSING")])
def test_a_region_has_ten_resource_policies_of_logs(there: int, status: str) -> None:
    policies = [{"policyName": f"other-{n}"} for n in range(there)]
    cloud = Cloud({("logs", "DescribeResourcePolicies"): {"resourcePolicies": policies}})
    of = program(made("cloudwatch/logResourcePolicy:LogResourcePolicy", policyName="ours"))
    assert one(findings("log-policies", of, cloud)).status.name == status


def test_a_resource_policy_of_the_stack_itself_is_not_asked_for_again() -> None:
    policies = [{"policyName": f"other-{n}"} for n in range(9)] + [{"policyName": "ours"}]
    cloud = Cloud({("logs", "DescribeResourcePolicies"): {"resourcePolicies": policies}})
    of = program(made("cloudwatch/logResourcePolicy:LogResourcePolicy", policyName="ours"))
    assert one(findings("log-policies", of, cloud)).status.name == "OK"


@pytest.mark.parametrize(("used", "status"), [(999, "OK"), (1000, "MISSING")])
def test_roles_must_fit_the_account(used: int, status: str) -> None:
    summary = {"Roles": used, "RolesQuota": 1000, "Policies": 1, "PoliciesQuota": 1500}
    cloud = Cloud(
        {
            ("iam", "GetAccountSummary"): {"SummaryMap": summary},
            ("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": []},
        }
    )
    assert statuses(findings("iam-limits", program(made("iam/role:Role")), cloud)) == [status, "OK"]


@pytest.mark.parametrize(("used", "status"), [(499, "OK"), (500, "MISSING")])
def test_hosted_zones_must_fit_the_account(used: int, status: str) -> None:
    answer = {"Limit": {"Type": "MAX_HOSTED_ZONES_BY_OWNER", "Value": 500}, "Count": used}
    cloud = Cloud({("route53", "GetAccountLimit"): answer})
    assert one(findings("route53-limits", program(made("route53/zone:Zone")), cloud)).status.name == status
