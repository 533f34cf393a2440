"""Alarms, logs, dashboards, budgets, GuardDuty, Lex, Location and parameters."""

import json
import re
from collections.abc import Iterator, Mapping

from offline.checks.block import Block, number_of
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_DAY = 86400
_WEEK = 7 * _DAY
_HOUR = 3600
_QUERY = re.compile(r"[a-z][a-zA-Z0-9_]*")
_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")
_PARAMETER_SIZES = {"Standard": 4096, "Advanced": 8192}


@rule("cloudwatch/metricAlarm:MetricAlarm")
def alarm(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    if args.given("metricName") and args.given("metricQueries"):
        yield args.problem_without_value("metricQueries", "only one of metricName and metricQueries may be set")
    if args.given("statistic") and args.given("extendedStatistic"):
        yield args.problem_without_value("extendedStatistic", "only one of statistic and extendedStatistic may be set")
    if args.given("metricName"):
        for name in ("namespace", "period"):
            if args.missing(name):
                yield args.problem(name, f"an alarm on a metric needs {name}")
        if args.missing("statistic") and args.missing("extendedStatistic"):
            yield args.problem("statistic", "an alarm on a metric needs statistic or extendedStatistic")
    yield from _periods(args)
    for name in ("alarmActions", "okActions", "insufficientDataActions"):
        count = args.count(name)
        if count and count > 5:
            yield args.problem_without_value(name, f"an alarm must have at most 5 actions of a kind; received {count}")
    yield from _queries(args)


def _periods(args: Block) -> Iterator[Problem]:
    period, periods = args.number("period"), args.number("evaluationPeriods")
    if period is not None and period not in (10, 20, 30) and (period < 60 or period % 60):
        yield args.problem("period", "must be 10, 20, 30 or a multiple of 60 seconds")
    elif period is not None and periods is not None:
        most = _WEEK if period >= _HOUR else _DAY
        if period * periods > most:
            yield args.problem("evaluationPeriods", f"period times evaluationPeriods must not exceed {most} seconds")
    points = args.number("datapointsToAlarm")
    if points is not None and periods is not None and points > periods:
        yield args.problem("datapointsToAlarm", f"must not be above evaluationPeriods ({periods:g})")


def _queries(args: Block) -> Iterator[Problem]:
    queries = list(args.blocks("metricQueries"))
    seen: set[str] = set()
    for query in queries:
        label = query.text("id")
        if label and not _QUERY.fullmatch(label):
            yield query.problem("id", "must be a lowercase letter, then letters, digits or underscores")
        elif label and label in seen:
            yield query.problem("id", "the ids of queries must be unique")
        seen.add(label or "")
        if query.given("expression") and query.given("metric"):
            yield query.problem_without_value("metric", "a query must have an expression or a metric, not both")
    returned = [query for query in queries if query.flag("returnData")]
    if queries and args.settled("metricQueries") and len(returned) != 1:
        yield args.problem_without_value(
            "metricQueries", f"exactly one query must have returnData true; received {len(returned)}"
        )


@rule("cloudwatch/logGroup:LogGroup")
def log_group(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""
    name = args.text("name")
    if name and not _LOG_GROUP.fullmatch(name):
        yield args.problem("name", "must be 1 to 512 letters, digits, or any of . - _ / #")


@rule("cloudwatch/dashboard:Dashboard")
def dashboard(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""
    text = args.text("dashboardBody")
    try:
        body = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return
    if not text:
        return
    widgets = body.get("widgets") if isinstance(body, Mapping) else None
    if not isinstance(widgets, list):
        yield args.problem_without_value("dashboardBody", "must be a JSON object with a list of widgets")
        return
    for index, widget in enumerate(widgets):
        if not isinstance(widget, Mapping) or not isinstance(widget.get("type"), str):
            yield args.problem_without_value("dashboardBody", f"widget {index} needs a type")
            return
        left, width = number_of(widget.get("x", 0)), number_of(widget.get("width", 6))
        if left is not None and width is not None and not (0 <= left <= 23 and 1 <= width <= 24):
            yield args.problem_without_value("dashboardBody", f"widget {index}: x must be 0 to 23, width 1 to 24")
            return


@rule("budgets/budget:Budget")
def budget(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html"""
    if args.text("limitAmount") is not None and args.number("limitAmount") is None:
        yield args.problem("limitAmount", "must be a number, as text")
    ways = ("limitAmount", "plannedLimits", "autoAdjustData")
    if all(args.missing(name) for name in ways):
        yield args.problem_without_value("limitAmount", f"a budget needs one of {', '.join(ways)}; received none")
    for notice in args.blocks("notifications"):
        if notice.missing("subscriberEmailAddresses") and notice.missing("subscriberSnsTopicArns"):
            yield notice.problem_without_value(
                "subscriberEmailAddresses", "a notification needs at least one subscriber"
            )
        threshold = notice.number("threshold")
        if threshold is not None and threshold <= 0:
            yield notice.problem("threshold", "must be above 0")


@rule("guardduty/detector:Detector")
def detector(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html"""
    frequency = args.text("findingPublishingFrequency")
    if frequency and frequency not in _FREQUENCIES:
        yield args.problem("findingPublishingFrequency", f"must be one of {', '.join(_FREQUENCIES)}")


@rule("lex/v2modelsBot:V2modelsBot")
def bot(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBot.html"""
    seconds = args.number("idleSessionTtlInSeconds")
    if seconds is not None and not 60 <= seconds <= _DAY:
        yield args.problem("idleSessionTtlInSeconds", f"must be between 60 and {_DAY}")


@rule("lex/v2modelsBotLocale:V2modelsBotLocale")
def bot_locale(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotLocale.html"""
    confidence = args.number("nLuIntentConfidenceThreshold")
    if confidence is not None and not 0 <= confidence <= 1:
        yield args.problem("nLuIntentConfidenceThreshold", "must be between 0 and 1")


@rule("ssm/parameter:Parameter")
def parameter(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""
    name = args.text("name")
    if name and not re.fullmatch(r"[a-zA-Z0-9_.\-/]{1,1011}", name):
        yield args.problem("name", "must be at most 1011 letters, digits or any of . - _ /")
    elif name and "/" in name and not name.startswith("/"):
        yield args.problem("name", "the name of a parameter in a hierarchy must start with /")
    elif name and re.match(r"/?(aws|ssm)", name, re.IGNORECASE):
        yield args.problem("name", "a name cannot start with aws or ssm")
    most = _PARAMETER_SIZES.get(args.text("tier") or "Standard")
    for holder in ("value", "insecureValue"):
        value = args.text(holder)
        if value and most and not args.unknown("tier") and len(value) > most:
            yield args.problem_without_value(
                holder, f"must have at most {most} characters in this tier; received {len(value)}"
            )


@rule("location/tracker:Tracker", "location/geofenceCollection:GeofenceCollection", "location/placeIndex:PlaceIndex")
def location_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/location/latest/APIReference/API_WaypointTracking_CreateTracker.html"""
    for name in ("trackerName", "collectionName", "indexName"):
        label = args.text(name)
        if label and not re.fullmatch(r"[-._\w]{1,100}", label):
            yield args.problem(name, "must be 1 to 100 letters, digits, dots, hyphens or underscores")
