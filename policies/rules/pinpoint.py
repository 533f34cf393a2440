"""End User Messaging: phone numbers and configuration sets."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING


@rule(
    "pinpoint-sms-deletion-protection",
    control="BCK-18",
    pack="guardrails",
    title="Phone numbers are protected from deletion",
    why="AWS gives a released number to another customer, and the registration of a new one takes weeks",
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
    title="Configuration sets of SMS messages have an event destination",
    why="only events show which message was not delivered, and what it cost",
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
        yield Problem("eventDestinations", "must have an event destination; none references it")
