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
    title="API keys of Location are bounded by action and caller, and expire",
    why="the key is in the page for everybody to copy, and whoever copies it spends the store's money",
    fix="name single actions in Restrictions.AllowActions, the store's pages in AllowReferers (or its apps), and an"
    " ExpireTime",
    severity="medium",
    dev="advisory",
    kinds=(_API_KEY,),
    paths=("restrictions.allowActions", "restrictions.allowReferers", "expireTime", "noExpiry"),
    url="https://docs.aws.amazon.com/location/latest/developerguide/using-apikeys.html",
    limits="Comes by Cloud Control or aws-native alone.",
)
def api_key(subject: Subject) -> Iterator[Problem]:
    if subject.value("restrictions") is not UNKNOWN:
        actions = subject.items("restrictions.allowActions")
        if any(isinstance(action, str) and action.rpartition(":")[2] in ("*", "") for action in actions):
            yield subject.problem("restrictions.allowActions", "every action")
        callers = ("allowReferers", "allowAndroidApps", "allowAppleApps")
        referers = subject.items("restrictions.allowReferers")
        anybody = any(isinstance(page, str) and not page.strip("*") for page in referers)
        if anybody or not any(subject.has(f"restrictions.{name}") for name in callers):
            yield subject.problem("restrictions.allowReferers", "pages and apps of everybody may use it")
    if subject.flag("noExpiry") is True or not subject.has("expireTime"):
        yield subject.problem("expireTime", "the key never expires")


@rule(
    "location-customer-key",
    control="ENC-18",
    pack="encryption",
    title="Trackers and geofences are encrypted with a customer key",
    why="positions tell where customers live",
    fix="set kms_key_id to a customer key (the resource is replaced)",
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
    title="Trackers and campaigns do not cost more than they must",
    why="each position, and each second of reserved throughput, is paid for whether it is used or not",
    fix="set position_filtering to AccuracyBased or DistanceBased, MinProvisionedTPS to at most that of the profile",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=("location/tracker", "AWS::Personalize::Campaign"),
    paths=("positionFiltering", "AWS::Personalize::Campaign · minProvisionedTps"),
    url="https://docs.aws.amazon.com/location/latest/developerguide/trackers.html",
    settings={"throughput": Setting(10, {"type": "integer", "minimum": 1}, "Highest MinProvisionedTPS.")},
)
def cost_bounded(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "location/tracker":
        if subject.text("positionFiltering") in (MISSING, "TimeBased"):
            yield subject.problem("positionFiltering", "every position is kept and paid for")
        return
    rate = subject.number("minProvisionedTps")
    if isinstance(rate, float) and rate > subject.config["throughput"]:
        yield subject.problem("minProvisionedTps", f"must be at most {int(subject.config['throughput'])}")
