"""A profile knows that its address is dead, and a consent ends when the customer complains or unsubscribes."""

from typing import Any

import pytest

from tests.functions.cloud import Cloud
from tests.functions.faults import aws_fails
from tests.functions.test_consent import messages

EMAIL = "ada@example.com"
GIVEN_AT, LATER = "2026-01-31T08:00:00.000000Z", "2026-02-01T08:00:00.123Z"
EARLIER = "2026-01-30T08:00:00.123Z"


def customer(cloud: Cloud, *, sms: bool = False, **profile: Any) -> None:
    given = {"email": EMAIL, "locale": "en", "version": 3, **profile}
    cloud.put("customers", customer_id="c-1", item="PROFILE", **given)
    for purpose, value in (("marketing_email", True), ("marketing_sms", sms), ("profiling", True)):
        choice = {"given": value, "given_at": GIVEN_AT, "policy_version": "2026-01"}
        cloud.put("customers", customer_id="c-1", item=f"CONSENT#{purpose}", **choice)


def told(*, customer_id: str | None = "c-1", destination: str = EMAIL, **what: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html"""
    tags = {"ses:configuration-set": ["engagement"], **({"customer_id": [customer_id]} if customer_id else {})}
    mail = {"messageId": "mail-1", "destination": [destination], "tags": tags}
    return {"source": "aws.ses", "detail": {"mail": mail, **what}}


def bounce(kind: str = "Permanent", subtype: str = "General") -> dict[str, Any]:
    return {"bounce": {"bounceType": kind, "bounceSubType": subtype, "timestamp": LATER}}


def complaint(at: str = LATER, subtype: str | None = None) -> dict[str, Any]:
    return {"complaint": {"timestamp": at, "complaintSubType": subtype}}


def subscription(at: str = LATER, *, everything: bool = False, topic: str = "marketing", status: str = "OptOut") -> Any:
    preferences = {
        "unsubscribeAll": everything,
        "topicSubscriptionStatus": [{"topicName": topic, "subscriptionStatus": status}],
    }
    return {
        "subscription": {
            "contactList": "customers",
            "timestamp": at,
            "source": "UnsubscribeHeader",
            "newTopicPreferences": preferences,
        }
    }


def follow(cloud: Cloud, *events: dict[str, Any]) -> list[str]:
    """Ids of the messages that failed."""
    return [one["itemIdentifier"] for one in cloud.run("mail_feedback", messages(*events))["batchItemFailures"]]


def consent(cloud: Cloud) -> dict[str, Any]:
    found = cloud.item("customers", customer_id="c-1", item="CONSENT#marketing_email")
    assert found is not None
    return found


def profile(cloud: Cloud) -> dict[str, Any]:
    found = cloud.item("customers", customer_id="c-1", item="PROFILE")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "what",
    [
        complaint(),
        subscription(),
        subscription(everything=True, topic="other", status="OptIn"),
    ],
)
def test_who_complains_or_unsubscribes_has_withdrawn_the_consent(cloud: Cloud, what: dict[str, Any]) -> None:
    customer(cloud)
    assert follow(cloud, told(**what)) == []
    kept = consent(cloud)
    assert (kept["given"], kept["policy_version"]) == (False, "2026-01")
    assert kept["given_at"] > GIVEN_AT
    assert profile(cloud)["version"] == 4
    (event,) = cloud.pump("customers")
    assert event["detail_type"] == "customer.consent-changed"
    assert event["detail"]["consents"] == {"marketing_email": False, "marketing_sms": False, "profiling": True}
    assert event["detail"]["changed_at"] == kept["given_at"]


def test_a_message_that_ses_held_back_is_no_new_complaint(cloud: Cloud) -> None:
    customer(cloud)
    assert follow(cloud, told(**complaint(subtype="OnAccountSuppressionList"))) == []
    assert consent(cloud)["given"]


def test_third_parties_with_the_phone_number_learn_of_it_too(cloud: Cloud) -> None:
    customer(cloud, sms=True, phone_number="+353861234567")
    follow(cloud, told(**subscription()))
    contact = next(e["detail"] for e in cloud.pump("customers") if e["detail_type"] == "customer.contact-given")
    assert (contact["marketing_email"], contact["marketing_sms"]) == (False, True)


def test_the_same_event_again_changes_nothing(cloud: Cloud) -> None:
    customer(cloud)
    follow(cloud, told(**subscription()), told(**subscription()), told(**complaint()))
    assert profile(cloud)["version"] == 4
    assert len(cloud.pump("customers")) == 1


@pytest.mark.parametrize(
    "what",
    [
        subscription(EARLIER),
        complaint(EARLIER),
        subscription(topic="other"),
        subscription(status="OptIn"),
        bounce(),
    ],
)
def test_a_consent_that_was_not_left_stays(cloud: Cloud, what: dict[str, Any]) -> None:
    customer(cloud)
    assert follow(cloud, told(**what)) == []
    assert (consent(cloud)["given"], consent(cloud)["given_at"]) == (True, GIVEN_AT)
    assert cloud.pump("customers") == []


def test_a_choice_of_the_same_moment_is_looked_at_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    customer(cloud)
    with monkeypatch.context() as patch:
        patch.setattr("functions.mail_feedback.handler.write", lambda *_: False)
        assert follow(cloud, told(**complaint())) == ["m-0"]
    assert consent(cloud)["given"] is True
    assert follow(cloud, told(**complaint())) == []
    assert consent(cloud)["given"] is False


def test_a_dead_address_is_noted(cloud: Cloud) -> None:
    customer(cloud)
    assert follow(cloud, told(**bounce(), destination="Ada@example.com")) == []
    assert profile(cloud)["email_bounced_at"] == "2026-02-01T08:00:00.123000Z"


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        (bounce("Transient", "MailboxFull"), {}),
        (bounce("Permanent", "OnAccountSuppressionList"), {}),
        (bounce(), {"email": "new@example.com"}),
    ],
)
def test_other_bounces_say_nothing_of_the_customers_address(
    cloud: Cloud, what: dict[str, Any], changed: dict[str, Any]
) -> None:
    customer(cloud, **changed)
    assert follow(cloud, told(**what)) == []
    assert "email_bounced_at" not in profile(cloud)


@pytest.mark.parametrize("what", [bounce(), complaint(), subscription()])
def test_nothing_is_kept_of_who_is_erased_or_no_customer(cloud: Cloud, what: dict[str, Any]) -> None:
    assert cloud.table_name("customers")
    assert follow(cloud, told(**what), told(**what, customer_id=None)) == []
    assert cloud.items("customers") == []


def test_what_fails_comes_again(cloud: Cloud) -> None:
    customer(cloud)
    with aws_fails("dynamodb", "Query"):
        assert follow(cloud, told(**complaint())) == ["m-0"]
    assert follow(cloud, told(**complaint())) == []


def test_the_contact_list_follows(cloud: Cloud) -> None:
    customer(cloud)
    queue = cloud.subscribe("consent", "customer.consent-changed")
    cloud.run("consent", messages({"detail-type": "customer.signed-up", "detail": _of_customer()}))
    assert (cloud.contact(EMAIL) or {})["UnsubscribeAll"] is False
    follow(cloud, told(**complaint()))
    cloud.pump("customers")
    cloud.deliver(queue, "consent")
    assert (cloud.contact(EMAIL) or {})["UnsubscribeAll"] is True


def _of_customer() -> dict[str, str]:
    return {"event_id": "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11", "customer_id": "c-1"}
