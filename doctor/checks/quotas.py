"""Quotas against what the stack asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from doctor.account import Account, UnseenError
from doctor.fargate import vcpus
from doctor.program import Program
from doctor.quotas import QUOTAS, Quota
from doctor.result import Check, Finding, Step, missing, ok, unseen
from doctor.tagged import owned

_ABSENT = ("NoSuchResourceException",)
_PENDING = ("PENDING", "CASE_OPENED")


def _run(program: Program, account: Account) -> Iterator[Finding]:
    for quota in QUOTAS:
        for region, asked in sorted(quota.asks(program).items()):
            if not asked:
                continue
            subject = f"{quota.name}, {region}"
            try:
                account.demand_right_account()
                yield _compared(quota, region, asked, program, account)
            except UnseenError as reason:
                yield unseen(subject, f"{reason}; the stack asks for {asked:g}, AWS's default is {quota.default:g}")


def _compared(quota: Quota, region: str, asked: float, program: Program, account: Account) -> Finding:
    subject = f"{quota.name}, {region}"
    applied = _applied(quota, region, account)
    used = _used(quota, region, applied, account)
    if quota.tagged:
        # What the stack has already is among what is used.
        asked = max(0, asked - owned(account, program, region, quota.tagged))
    elif quota.service == "fargate":
        asked = max(0, asked - min(used, _running(program, account, quota)))
    value = float(applied["Value"])
    what = f"{value:g}, {used:g} in use, the stack asks for {asked:g} more"
    if quota.service == "fargate":
        provider = "FARGATE_SPOT" if "Spot" in quota.name else "FARGATE"
        what += (
            f" while all tasks are replaced ({vcpus(program, provider):g} at rest, "
            f"{vcpus(program, provider, scaled_out=True):g} scaled out)"
        )
    if used + asked <= value:
        return ok(subject, what)
    return missing(subject, what + _already_asked(quota, region, account), _command(quota, region, used + asked))


def _applied(quota: Quota, region: str, account: Account) -> dict[str, Any]:
    for operation in ("get_service_quota", "get_aws_default_service_quota"):
        found = account.find(
            "service-quotas",
            operation,
            absent=_ABSENT,
            region=region,
            ServiceCode=quota.service,
            QuotaCode=quota.code,
        )
        if found:
            return found["Quota"]
    raise UnseenError(f"Service Quotas has no {quota.service} {quota.code} in {region}")


def _used(quota: Quota, region: str, applied: dict[str, Any], account: Account) -> float:
    listing = quota.listing
    if listing:
        items = account.every(
            listing.service, listing.operation, listing.key, region=region, **dict(listing.parameters or {})
        )
        return sum(listing.weight(item) for item in items if listing.only(item)) if items else 0
    metric = applied.get("UsageMetric")
    return _measured(metric, region, account) if metric else 0


def _measured(metric: dict[str, Any], region: str, account: Account) -> float:
    """The highest value of the last day of a usage metric; none where nothing has been used.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html
    """
    statistic = metric.get("MetricStatisticRecommendation") or "Maximum"
    now = datetime.now(UTC)
    points = account.call(
        "cloudwatch",
        "get_metric_statistics",
        region=region,
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=[{"Name": name, "Value": value} for name, value in metric["MetricDimensions"].items()],
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    return max((float(point[statistic]) for point in points), default=0)


def _running(program: Program, account: Account, quota: Quota) -> float:
    """vCPU that the stack's own tasks have at rest, if it has been deployed."""
    if not owned(account, program, program.home, "ecs:service"):
        return 0
    return vcpus(program, "FARGATE_SPOT" if "Spot" in quota.name else "FARGATE")


def _already_asked(quota: Quota, region: str, account: Account) -> str:
    try:
        requests = account.every(
            "service-quotas",
            "list_requested_service_quota_change_history_by_quota",
            "RequestedQuotas",
            region=region,
            ServiceCode=quota.service,
            QuotaCode=quota.code,
        )
    except UnseenError:
        return ""  # said only in addition: the quota itself has been seen
    asked = [f"{request['DesiredValue']:g}" for request in requests if request["Status"] in _PENDING]
    return f"; asked for already: {', '.join(asked)}" if asked else ""


def _command(quota: Quota, region: str, wanted: float) -> str:
    return (
        f"aws service-quotas request-service-quota-increase --region {region} --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {-(-wanted // 1):g}"
    )


CHECKS = (
    Check(
        name="quotas",
        step=Step.QUOTAS,
        looks_at="Each quota that the stack counts against, with what the account uses of it: Service Quotas, "
        "and the list operation or usage metric of the service.",
        mends="`aws service-quotas request-service-quota-increase`; AWS decides within minutes for small raises, "
        "within days for large ones.",
        run=_run,
        in_account=False,
    ),
)
