"""The account itself: is it the right one, and are its Regions, zones, CloudFront and cost tags ready?"""

from collections.abc import Iterator

from doctor.account import Account
from doctor.program import Program
from doctor.result import Check, Finding, Step, missing, ok, unseen

_CLOUDFRONT_CASE = (
    "AWS Support > Create case > Account and billing > Account > other: ask to verify the account for CloudFront; "
    "hours to days"
)


def _identity(program: Program, account: Account) -> Iterator[Finding]:
    wanted = program.settings.environment.account_id
    caller = account.caller
    if caller["Account"] == wanted:
        yield ok(f"account {wanted}", f"credentials of {caller['Arn']}")
    else:
        yield missing(
            f"account {wanted}",
            f"the credentials are of account {caller['Account']}",
            f"use credentials of {wanted} (AWS_PROFILE), or correct web-store:environment.account_id in "
            f"Pulumi.{program.stack}.yaml",
        )


def _regions(program: Program, account: Account) -> Iterator[Finding]:
    states = {
        region["RegionName"]: region["OptInStatus"]
        for region in account.call("ec2", "describe_regions", AllRegions=True)["Regions"]
    }
    for region in program.regions():
        state = states.get(region, "unknown to AWS")
        if state in ("opt-in-not-required", "opted-in"):
            yield ok(region, "enabled")
        else:
            yield missing(region, state, f"aws account enable-region --region-name {region}   # takes up to hours")


def _zones(program: Program, account: Account) -> Iterator[Finding]:
    wanted = program.settings.network.zones
    found = account.call("ec2", "describe_availability_zones", AllAvailabilityZones=True)["AvailabilityZones"]
    usable = {
        zone["ZoneName"]
        for zone in found
        if zone["State"] == "available" and zone.get("ZoneType", "availability-zone") == "availability-zone"
    }
    for zone in wanted:
        if zone in usable:
            yield ok(zone, "available")
        else:
            yield missing(
                zone, "no available zone of this account", f"web-store:network.zones: of {', '.join(sorted(usable))}"
            )


def _cloudfront(program: Program, account: Account) -> Iterator[Finding]:
    if not program.of("cloudfront/distribution:Distribution"):
        return
    answer = account.call("cloudfront", "list_distributions", MaxItems="1", region="us-east-1")
    if answer["DistributionList"].get("Quantity"):
        yield ok("CloudFront", "the account has distributions, so AWS has verified it")
        return
    yield unseen(
        "CloudFront",
        "the account has no distribution yet, and no API says whether AWS has verified it. An account that is not gets "
        "`Your account must be verified before you can add new CloudFront resources`",
        _CLOUDFRONT_CASE,
    )


def _cost_tags(program: Program, account: Account) -> Iterator[Finding]:
    states = {
        tag["TagKey"]: tag["Status"]
        for tag in account.every(
            "ce", "list_cost_allocation_tags", "CostAllocationTags", region="us-east-1", Type="UserDefined"
        )
    }
    for key in program.settings.environment.tags:
        if states.get(key) == "Active":
            yield ok(f"tag {key}", "active for cost allocation")
        elif key in states:
            yield missing(
                f"tag {key}",
                "known, not active: the budget counts nothing",
                f"aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey={key},Status=Active",
            )
        else:
            yield unseen(
                f"tag {key}",
                "Billing learns of a tag up to 24 hours after a resource carries it; look again the day after",
            )


CHECKS = (
    Check(
        name="account",
        step=Step.ACCOUNT,
        looks_at="The account of the credentials (`sts get-caller-identity`) against `environment.account_id`.",
        mends="Sign in to the right account.",
        run=_identity,
        in_account=False,
    ),
    Check(
        name="regions",
        step=Step.ACCOUNT,
        looks_at="Every Region that the program uses: home, us-east-1, replicas (`ec2 describe-regions`).",
        mends="`aws account enable-region`; up to hours.",
        run=_regions,
    ),
    Check(
        name="zones",
        step=Step.ACCOUNT,
        looks_at="The zones of `network.zones` (`ec2 describe-availability-zones`).",
        mends="Name other zones in the stack file.",
        run=_zones,
    ),
    Check(
        name="cloudfront",
        step=Step.ACCOUNT,
        looks_at="Whether the account may create distributions. AWS has no API for it: an account that has one may.",
        mends="A support case; hours to days.",
        run=_cloudfront,
    ),
    Check(
        name="cost-tags",
        step=Step.ACCOUNT,
        looks_at="Cost allocation tags that the budget filters by (`ce list-cost-allocation-tags`; in an organization "
        "only its management account may).",
        mends="`aws ce update-cost-allocation-tags-status`, the day after the first update; a day until it counts.",
        run=_cost_tags,
    ),
)
