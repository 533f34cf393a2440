"""Location Service: trackers, geofences, API keys."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN
from policies.rules.helpers.customer_keys import no_customer_key

_API_KEY = "AWS::Location::APIKey"


@rule(
    "location-api-key-bounded",
    control="IAM-27",
    pack="guardrails",
    title="API keys of Location Service are restricted by action and caller, and expire",
    why="anyone can copy the key from the page and use it at the store's expense",
    fix="list single actions in Restrictions.AllowActions, the store's pages in AllowReferers (or its apps), and set"
    " ExpireTime",
    severity="medium",
    dev="advisory",
    kinds=(_API_KEY,),
    paths=("restrictions.allowActions", "restrictions.allowReferers", "expireTime", "noExpiry"),
    url="https://docs.aws.amazon.com/location/latest/developerguide/using-apikeys.html",
    limits="Judged in Cloud Control, aws-native and templates only.",
)
def api_key(subject: Subject) -> Iterator[Problem]:
    if subject.value("restrictions") is not UNKNOWN:
        actions = subject.items("restrictions.allowActions")
        if any(isinstance(action, str) and action.rpartition(":")[2] in ("*", "") for action in actions):
            yield subject.problem("restrictions.allowActions", "must list single actions")
        callers = ("allowReferers", "allowAndroidApps", "allowAppleApps")
        referers = subject.items("restrictions.allowReferers")
        anybody = any(isinstance(page, str) and not page.strip("*") for page in referers)
        if anybody or not any(subject.has(f"restrictions.{name}") for name in callers):
            yield subject.problem("restrictions.allowReferers", "must list the store's pages: anyone may use the key")
    if subject.flag("noExpiry") is True or not subject.has("expireTime"):
        yield subject.problem("expireTime", "must be a time: the key never expires")


@rule(
    "location-customer-key",
    control="ENC-18",
    pack="encryption",
    title="Trackers and geofences are encrypted with a customer managed key",
    why="positions reveal where customers live",
    fix="set kms_key_id to a customer managed key (the resource is replaced)",
    severity="medium",
    dev="disabled",
    kinds=("location/tracker", "location/geofenceCollection"),
    paths=("kmsKeyId",),
    url="https://docs.aws.amazon.com/location/latest/developerguide/encryption-at-rest.html",
)
def positions(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsKeyId")


@rule(
    "location-personalize-cost-bounded",
    control="TAG-11",
    pack="guardrails",
    title="Trackers filter positions, and campaigns have a low minimum throughput",
    why="AWS charges for each position, and for provisioned throughput even when idle",
    fix="set position_filtering to AccuracyBased or DistanceBased, and MinProvisionedTPS to at most the profile's",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=("location/tracker", "AWS::Personalize::Campaign"),
    paths=("positionFiltering", "AWS::Personalize::Campaign · minProvisionedTps"),
    url="https://docs.aws.amazon.com/location/latest/developerguide/trackers.html",
    settings={"throughput": Setting(10, {"type": "integer", "minimum": 1}, "Maximum MinProvisionedTPS.")},
)
def cost_bounded(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "location/tracker":
        if subject.text("positionFiltering") in (MISSING, "TimeBased"):
            yield subject.problem("positionFiltering", "must be AccuracyBased or DistanceBased")
        return
    rate = subject.number("minProvisionedTps")
    if isinstance(rate, float) and rate > subject.config["throughput"]:
        yield subject.problem("minProvisionedTps", f"must be at most {int(subject.config['throughput'])}")
