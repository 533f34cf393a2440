"""The box of engagement: who may send, what SES tells of messages and who follows it, alarms."""

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
import pytest

from components.engagement import Engagement
from components.identity import Identity
from components.identity.pool import Sender
from functions.common import names
from settings.engagement import EngagementSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record
from tests.unit.fakes import fake

ON: dict[str, Any] = {"kind": "end-user-messaging"}
OFF: dict[str, Any] = {"kind": "off"}
IDENTITY = f"arn:aws:ses:eu-west-1:{ACCOUNT_ID}:identity/store.example.com"
SET = "web-store-engagement-test"
SENDER = Sender(
    identity_arn=IDENTITY,
    configuration_set="of-accounts",
    name="Web Store",
    address="no-reply@store.example.com",
    reply_to="service@store.example.com",
)
ALARM, POLICY = "cloudwatch/metricAlarm:MetricAlarm", "iam/rolePolicy:RolePolicy"
DESTINATION = "sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"


def box(
    engine: dict[str, Any] = ON, *, sender: Sender | None = SENDER, contacts: str | None = "customers"
) -> Engagement:
    return Engagement(
        "engagement",
        settings=EngagementSettings.model_validate({"engine": engine}),
        foundation=foundation(),
        identity=fake(Identity, sender=sender, store_url="https://store.example.com"),
        contacts=contacts,
    )


def made(use: Callable[[Engagement], object] = lambda _: None, **given: Any) -> Recorder:
    return record(lambda: use(box(**given)))


def test_messages_leave_over_tls_and_are_counted_apart_from_those_of_accounts() -> None:
    recorder = made()
    deliveries = recorder.inputs("sesv2/configurationSet:ConfigurationSet")
    assert deliveries["configurationSetName"] == SET
    assert deliveries["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert deliveries["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert deliveries["reputationOptions"] == {"reputationMetricsEnabled": True}


def test_what_ses_tells_of_these_messages_reaches_a_queue_by_the_default_bus() -> None:
    recorder = made()
    told = recorder.inputs(DESTINATION, "engagement-feedback")["eventDestination"]
    assert told["matchingEventTypes"] == ["BOUNCE", "COMPLAINT", "SUBSCRIPTION"]
    bus = f"arn:aws:events:eu-west-1:{ACCOUNT_ID}:event-bus/default"
    assert told["eventBridgeDestination"] == {"eventBusArn": bus}
    rule = recorder.inputs("cloudwatch/eventRule:EventRule", "engagement-feedback")
    assert "eventBusName" not in rule
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.ses"],
        "detail-type": ["Email Bounced", "Email Complaint Received", "Email Subscribed"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [SET]}}},
    }
    target = recorder.inputs("cloudwatch/eventTarget:EventTarget")
    assert target["arn"].endswith("engagement-feedback")
    assert target["deadLetterConfig"]["arn"].endswith("engagement-feedback-dead-events")
    for queue in ("engagement-feedback", "engagement-feedback-dead-events"):
        assert recorder.inputs("sqs/queue:Queue", queue)["kmsMasterKeyId"] == key_arn("customer")
        (sends, _) = json.loads(recorder.inputs("sqs/queuePolicy:QueuePolicy", queue)["policy"])["Statement"]
        assert sends["Principal"] == {"Service": "events.amazonaws.com"}


def test_who_sends_may_do_so_from_the_stores_address_alone() -> None:
    recorder = made(lambda engagement: engagement.grant_send(aws.iam.Role("messages", assume_role_policy="{}")))
    (only,) = json.loads(recorder.inputs(POLICY, "engagement-send-by-messages")["policy"])["Statement"]
    assert only == {
        "Sid": "Messages",
        "Effect": "Allow",
        "Action": "ses:SendEmail",
        # In the sandbox the receiver's identity is asked for, too; the condition names the sender.
        "Resource": [
            f"arn:aws:ses:eu-west-1:{ACCOUNT_ID}:identity/*",
            f"arn:aws:ses:eu-west-1:{ACCOUNT_ID}:configuration-set/{SET}",
        ],
        "Condition": {"StringEquals": {"ses:FromAddress": "no-reply@store.example.com"}},
    }


@pytest.mark.parametrize("contacts", ["customers", None])
def test_who_sends_knows_sender_and_list(contacts: str | None) -> None:
    found: list[Engagement] = []
    made(found.append, contacts=contacts)
    variables = found[0].variables
    assert variables == {
        names.MAIL_FROM: "Web Store <no-reply@store.example.com>",
        names.MAIL_STORE: "Web Store",
        names.MAIL_REPLY_TO: "service@store.example.com",
        names.MAIL_CONFIGURATION_SET: SET,
        names.STORE_URL: "https://store.example.com",
        **({names.CONTACT_LIST: contacts} if contacts else {}),
    }


def test_who_follows_takes_the_queue() -> None:
    recorder = made(lambda engagement: engagement.grant_follow(aws.iam.Role("feedback", assume_role_policy="{}")))
    actions = json.loads(recorder.inputs(POLICY, "engagement-feedback-receive-by-feedback")["policy"])["Statement"]
    assert "sqs:ReceiveMessage" in actions[0]["Action"]


def test_alarms_tell_what_customers_notice() -> None:
    recorder = made(engine={**ON, "feedback_age_alarm_minutes": 5})
    alarms = {one.name: (one.inputs["metricName"], one.inputs["threshold"]) for one in recorder.of(ALARM)}
    assert alarms == {
        "engagement-bounces": ("Reputation.BounceRate", 0.05),
        "engagement-complaints": ("Reputation.ComplaintRate", 0.001),
        "engagement-feedback-age": ("ApproximateAgeOfOldestMessage", 300),
        "engagement-feedback-failures": ("FailedInvocations", 0),
        "engagement-feedback-dead-messages": ("ApproximateNumberOfMessagesVisible", 0),
        "engagement-feedback-dead-events-messages": ("ApproximateNumberOfMessagesVisible", 0),
    }


@pytest.mark.parametrize("given", [{"engine": OFF}, {"sender": None}])
def test_without_engine_or_sender_there_is_nothing(given: dict[str, Any]) -> None:
    found: list[Engagement] = []
    recorder = made(found.append, **given)
    assert [one.type for one in recorder.resources if one.type.startswith("aws:")] == []
    engagement = found[0]
    assert (engagement.variables, engagement.configuration_set, engagement.feedback_queue_arn) == (None, None, None)
    with pytest.raises(ValueError, match="must be on"):
        engagement.grant_send(None)  # pyright: ignore[reportArgumentType]


def test_pinpoint_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="Amazon Pinpoint ended on 2026-10-30"):
        EngagementSettings.model_validate({"engine": {"kind": "pinpoint-legacy"}})
