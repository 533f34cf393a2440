"""Limits that services tell by an API of their own, or by no API at all."""

from collections.abc import Iterator

from doctor.account import Account, UnseenError
from doctor.program import Program
from doctor.result import Check, Finding, Step, missing, ok, unseen
from doctor.tagged import owned

# Concurrency that Lambda keeps for functions without a reservation
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
_UNRESERVED = 100
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
_LOG_POLICIES = 10
_SUPPORT = "AWS Support > Create case > Service limit increase"


def _concurrency(program: Program, account: Account) -> Iterator[Finding]:
    functions = program.of("lambda/function:Function")
    if not functions:
        return
    reserved = sum(max(0, int(f.inputs.get("reservedConcurrentExecutions") or 0)) for f in functions)
    limits = account.call("lambda", "get_account_settings")["AccountLimit"]
    whole, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    taken = 0 if _is_deployed(program, account) else reserved
    subject = f"Lambda concurrent executions, {program.home}"
    what = f"{whole}, {free} unreserved; the stack reserves {taken} more, and {_UNRESERVED} must stay unreserved"
    if not reserved or free - taken >= _UNRESERVED:
        yield ok(subject, what if reserved else f"{whole}; the stack reserves none")
        return
    yield missing(
        subject,
        what,
        f"aws service-quotas request-service-quota-increase --region {program.home} --service-code lambda "
        f"--quota-code L-B99A9384 --desired-value {max(1000, whole - free + taken + _UNRESERVED)}",
    )


def _is_deployed(program: Program, account: Account) -> bool:
    return owned(account, program, program.home, "lambda:function") > 0


def _log_policies(program: Program, account: Account) -> Iterator[Finding]:
    for region in program.regions():
        mine = {
            str(policy.inputs.get("policyName"))
            for policy in program.of("cloudwatch/logResourcePolicy:LogResourcePolicy")
            if program.region_of(policy) == region
        }
        if not mine:
            continue
        there = {
            entry["policyName"]
            for entry in account.every("logs", "describe_resource_policies", "resourcePolicies", region=region)
        }
        after = len(there | mine)
        subject = f"CloudWatch Logs resource policies, {region}"
        what = (
            f"{len(there)} of {_LOG_POLICIES}, {after} with the stack; AWS adds its own (AWSLogDeliveryWrite20150319)"
        )
        if after <= _LOG_POLICIES:
            yield ok(subject, what)
        else:
            yield missing(
                subject,
                f"{what}; the limit cannot be raised",
                f"aws logs describe-resource-policies --region {region}   # then: aws logs delete-resource-policy",
            )


def _iam(program: Program, account: Account) -> Iterator[Finding]:
    summary = account.call("iam", "get_account_summary")["SummaryMap"]
    deployed = _is_deployed(program, account)
    for word, quota, types in (
        ("Roles", "RolesQuota", "iam/role:Role"),
        ("Policies", "PoliciesQuota", "iam/policy:Policy"),
    ):
        asked = 0 if deployed else len(program.of(types))
        used, limit = int(summary[word]), int(summary[quota])
        what = f"{limit}, {used} in use, the stack asks for {asked} more"
        if used + asked <= limit:
            yield ok(f"IAM {word.lower()}", what)
        else:
            yield missing(f"IAM {word.lower()}", what, f"{_SUPPORT}: IAM, {word.lower()} per account")


def _route53(program: Program, account: Account) -> Iterator[Finding]:
    for kind, what, types in (
        ("MAX_HOSTED_ZONES_BY_OWNER", "hosted zones", "route53/zone:Zone"),
        ("MAX_HEALTH_CHECKS_BY_OWNER", "health checks", "route53/healthCheck:HealthCheck"),
    ):
        asked = len(program.of(types))
        if not asked:
            continue
        subject = f"Route 53 {what}"
        try:
            found = account.call("route53", "get_account_limit", Type=kind)
            limit, used = int(found["Limit"]["Value"]), int(found["Count"])
        except UnseenError as reason:
            yield unseen(subject, str(reason))
            continue
        told = f"{limit}, {used} in use, the stack has {asked}"
        if used + asked <= limit:
            yield ok(subject, told)
        else:
            yield missing(subject, told, f"{_SUPPORT}: Route 53, {what}")


CHECKS = (
    Check(
        name="lambda-concurrency",
        step=Step.QUOTAS,
        looks_at="Concurrency of the account against what functions reserve (`lambda get-account-settings`): Lambda "
        f"keeps {_UNRESERVED} unreserved, and a new account may have 10 in all.",
        mends="`aws service-quotas request-service-quota-increase`, code L-B99A9384; minutes to days.",
        run=_concurrency,
    ),
    Check(
        name="log-policies",
        step=Step.QUOTAS,
        looks_at=f"Resource policies of CloudWatch Logs, of which a Region has {_LOG_POLICIES} "
        "(`logs describe-resource-policies`).",
        mends="Delete policies that nobody needs; the limit cannot be raised.",
        run=_log_policies,
    ),
    Check(
        name="iam-limits",
        step=Step.QUOTAS,
        looks_at="Roles and policies of the account (`iam get-account-summary`).",
        mends="A support case; a day.",
        run=_iam,
    ),
    Check(
        name="route53-limits",
        step=Step.QUOTAS,
        looks_at="Hosted zones and health checks of the account (`route53 get-account-limit`).",
        mends="A support case; a day.",
        run=_route53,
    ),
)
