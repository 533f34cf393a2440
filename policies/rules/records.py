"""CloudWatch: how long logs are kept."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN


@rule(
    "cloudwatch-log-group-retention",
    control="LOG-12",
    pack="guardrails",
    title="Log groups keep logs for a set time, long enough",
    why="without a time logs are kept, and paid for, for ever; with too short a one an incident cannot be explained",
    fix="set retention_in_days to at least the days that the profile asks for",
    severity="medium",
    dev="mandatory",
    kinds=("cloudwatch/logGroup",),
    paths=("retentionInDays",),
    references=(
        "fsbp:CloudWatch.16",
        "checkov:CKV_AWS_66",
        "checkov:CKV_AWS_338",
        "aws-config:CW_LOGGROUP_RETENTION_PERIOD_CHECK",
    ),
    settings={"days": Setting(90, {"type": "integer", "minimum": 1}, "Fewest days.")},
)
def retention(subject: Subject) -> Iterator[Problem]:
    if subject.text("logGroupClass") in ("DELIVERY", UNKNOWN):
        # Groups of class DELIVERY keep everything two days and take no other value.
        return
    days, fewest = subject.number("retentionInDays"), subject.config["days"]
    if days is UNKNOWN:
        return
    if days is MISSING or days == 0:
        yield subject.problem("retentionInDays", "logs would be kept for ever")
    elif days < fewest:
        yield subject.problem("retentionInDays", f"at least {int(fewest)} days are needed")
