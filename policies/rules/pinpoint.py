"""End User Messaging: phone numbers and configuration sets."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING


@rule(
    "pinpoint-sms-deletion-protection",
    control="BCK-18",
    pack="guardrails",
    title="Phone numbers for messages are protected from deletion",
    why="a number that is released goes to somebody else, and registering another takes weeks",
    fix="set deletion_protection_enabled to true",
    severity="medium",
    dev="disabled",
    kinds=("pinpoint/smsvoicev2PhoneNumber",),
    paths=("deletionProtectionEnabled",),
    url="https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers.html",
)
def numbers_protected(subject: Subject) -> Iterator[Problem]:
    if subject.flag("deletionProtectionEnabled") in (False, MISSING):
        yield subject.problem("deletionProtectionEnabled", "must be true")


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
