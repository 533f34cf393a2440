"""Location, Lex, Personalize, messages, budgets: what scanners do not cover."""

from collections.abc import Iterator

from policies.library.documents import parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, read, spread

_API_KEY = "AWS::Location::APIKey"
_SOURCES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")


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
    "aws-resource-policy-service-bounded",
    control="IAM-28",
    pack="guardrails",
    title="Policies that let a service in say on whose behalf",
    why="the service acts for every account: anybody could have it write to, or read from, this resource",
    fix="condition the statement on aws:SourceArn or aws:SourceAccount",
    severity="medium",
    dev="advisory",
    kinds=("s3/bucketPolicy", "s3/bucket", "sqs/queuePolicy", "sqs/queue", "sns/topicPolicy", "sns/topic"),
    paths=("policy",),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    settings={
        "services": Setting(
            ["events.amazonaws.com", "personalize.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"],
            {"type": "array", "items": {"type": "string"}},
            "Services that act on behalf of others.",
        )
    },
    limits="Roles of such services are judged by their trust policies.",
)
def service_bounded(subject: Subject) -> Iterator[Problem]:
    document = parse(subject.value("policy"))
    if document is UNKNOWN:
        subject.defer("policy")
    for statement in statements(document):
        if not statement.allows or statement.conditions_on(*_SOURCES):
            continue
        for kind, name in statement.principals or ():
            if kind.lower() == "service" and name.lower() in subject.config["services"]:
                yield Problem("policy", f"policy admits {name} on behalf of any account")


@rule(
    "lex-bot-privacy",
    control="IAM-29",
    pack="guardrails",
    title="Bots say whether they are for children, and forget a session soon",
    why="the law asks for the first; a session left open tells the next person at the device what was ordered",
    fix="set child_directed of data_privacies, and idle_session_ttl_in_seconds to at most that of the profile",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=("lex/v2modelsBot", "AWS::Lex::Bot"),
    paths=("dataPrivacies[].childDirected", "idleSessionTtlInSeconds", "AWS::Lex::Bot · dataPrivacy.childDirected"),
    url="https://docs.aws.amazon.com/lexv2/latest/dg/build-create.html",
    settings={"seconds": Setting(1800, {"type": "integer", "minimum": 60}, "Longest idle session.")},
)
def privacy(subject: Subject) -> Iterator[Problem]:
    block = "dataPrivacies" if subject.resource.kind == "lex/v2modelsBot" else "dataPrivacy"
    stated = as_list(spread(subject.resource.props, f"{block}[].childDirected"))
    if not stated and subject.value(block) is not UNKNOWN:
        yield subject.problem(f"{block}.childDirected", "must be stated")
    seconds = subject.number("idleSessionTtlInSeconds")
    if isinstance(seconds, float) and seconds > subject.config["seconds"]:
        yield subject.problem("idleSessionTtlInSeconds", f"must be at most {int(subject.config['seconds'])}")


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


@rule(
    "aws-service-logs-kept",
    control="LOG-16",
    pack="guardrails",
    title="User pools and event buses write logs",
    why="why a sign-in message never came, or an event matched no rule, is told nowhere else",
    fix="add a cognito.LogDeliveryConfiguration for the pool, set log_config.level of the bus to ERROR or finer",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("cognito/userPool", "cloudwatch/eventBus"),
    paths=("cognito/logDeliveryConfiguration · userPoolId", "cloudwatch/eventBus · logConfig.level"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html",
)
def service_logs(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "cloudwatch/eventBus":
        if not subject.has("eventSourceName") and subject.text("logConfig.level") in (MISSING, "OFF"):
            yield subject.problem("logConfig.level", "the bus writes no log")
    elif not subject.stack.pointing_at(subject.resource, "cognito/logDeliveryConfiguration", "userPoolId"):
        yield Problem("logDeliveryConfiguration", "no cognito.LogDeliveryConfiguration has this pool")


@rule(
    "pinpoint-sms-events",
    control="LOG-17",
    pack="guardrails",
    title="Configuration sets of messages have an event destination",
    why="which message did not arrive, and what it cost, is told by its events alone",
    fix="add a pinpoint.Smsvoicev2EventDestination for the configuration set",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("pinpoint/smsvoicev2ConfigurationSet",),
    paths=("pinpoint/smsvoicev2EventDestination · configurationSetName",),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-destinations.html",
)
def message_events(subject: Subject) -> Iterator[Problem]:
    kind = "pinpoint/smsvoicev2EventDestination"
    if not subject.stack.pointing_at(subject.resource, kind, "configurationSetName"):
        yield Problem("eventDestinations", "no event destination has this configuration set")


@rule(
    "budgets-budget-notifies",
    control="TAG-05",
    pack="guardrails",
    title="Budgets tell somebody when costs run away",
    why="a loop or a break-in is seen on the bill otherwise, a month late",
    fix="give the budget a notification with subscribers",
    severity="low",
    dev="advisory",
    kinds=("budgets/budget",),
    paths=("notifications",),
    url="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html",
    limits="That a budget exists is not asked for: it is often another stack's, for the whole account.",
)
def budget(subject: Subject) -> Iterator[Problem]:
    if subject.value("notifications") is UNKNOWN:
        return
    listeners = ("subscriberEmailAddresses", "subscriberSnsTopicArns", "subscribers")
    heard = any(
        read(block, name) not in (MISSING, []) for _, block in subject.blocks("notifications") for name in listeners
    )
    if not heard and not subject.deferred:
        yield subject.problem("notifications", "nobody is told")
