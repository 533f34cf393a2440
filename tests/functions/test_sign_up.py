"""Confirmed accounts: what is kept of a customer, and once only."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.functions.cloud import Cloud
from tests.functions.faults import aws_fails

SUB = "5b0c1c9e-77d1-4a0e-9c57-2f1b7a0d9f11"
PROFILE = {"customer_id": SUB, "item": "PROFILE"}


def confirmation(metadata: dict[str, str] | None = None, /, trigger: str = "ConfirmSignUp", **attributes: str) -> Any:
    request: dict[str, Any] = {
        "userAttributes": {
            "sub": SUB,
            "cognito:user_status": "CONFIRMED",
            "email_verified": "true",
            "email": "Ada@Example.com",
            **attributes,
        }
    }
    if metadata is not None:
        request["clientMetadata"] = metadata
    return {
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_AbCdEfGhI",
        "userName": SUB,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "4k2l"},
        "triggerSource": f"PostConfirmation_{trigger}",
        "request": request,
        "response": {},
    }


def choices(cloud: Cloud) -> dict[str, bool]:
    found = cloud.items("customers", "CONSENT#")
    return {item["item"].removeprefix("CONSENT#"): item["given"] for item in found}


def test_profile_consents_and_event_are_written_and_cognito_gets_its_event_back(cloud: Cloud) -> None:
    event = confirmation(
        {"marketing_email": "true", "profiling": "false", "policy_version": "2026-01", "channel": "mobile"},
        locale="de_AT",
        phone_number="+43123456789",
    )
    assert cloud.run("sign_up", event) == event
    profile = cloud.item("customers", **PROFILE)
    assert profile is not None
    at = profile.pop("signed_up_at")
    told = {"locale": "de-AT", "channel": "mobile"}
    contact = {"email": "ada@example.com", "phone_number": "+43123456789"}
    assert profile == {**PROFILE, **told, **contact}
    assert choices(cloud) == {"marketing_email": True, "marketing_sms": False, "profiling": False}
    assert {(item["policy_version"], item["given_at"]) for item in cloud.items("customers", "CONSENT#")} == {
        ("2026-01", at)
    }
    reach, outgoing = sorted(cloud.pump("customers"), key=lambda event: event["detail_type"])
    assert (outgoing["source"], outgoing["detail_type"]) == ("store.customers", "customer.signed-up")
    assert reach["detail_type"] == "customer.contact-given"
    assert contact.items() <= reach["detail"].items()
    assert (reach["detail"]["marketing_email"], reach["detail"]["marketing_sms"]) == (True, False)
    assert outgoing["detail"] == {
        "event_id": outgoing["detail"]["event_id"],
        "customer_id": SUB,
        "signed_up_at": at,
        **told,
        "consent": {
            "marketing_email": True,
            "marketing_sms": False,
            "profiling": False,
            "policy_version": "2026-01",
            "given_at": at,
        },
    }


def test_only_the_profile_is_found_by_email(cloud: Cloud) -> None:
    cloud.run("sign_up", confirmation())
    assert [item["item"] for item in cloud.query("customers", "by_email", email="ada@example.com")] == ["PROFILE"]


def test_a_repeated_call_changes_nothing(cloud: Cloud) -> None:
    cloud.run("sign_up", confirmation({"marketing_email": "true", "policy_version": "2026-01"}))
    before = cloud.items("customers")
    event = confirmation({"policy_version": "2026-02"})
    assert cloud.run("sign_up", event) == event
    assert cloud.items("customers") == before
    assert len(cloud.pump("customers")) == 2


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"marketing_email": "yes", "policy_version": "2026-01"},
        {"marketing_email": "", "policy_version": "2026-01"},
        # Nobody could show what was agreed to.
        {"marketing_email": "true"},
        {"marketing_email": "true", "policy_version": ""},
        {"marketing_email": "true", "policy_version": "2" * 33},
        {"marketing_email": "true", "policy_version": "2026\u202e-01"},
    ],
)
def test_what_is_not_clearly_given_is_not_given(cloud: Cloud, metadata: dict[str, str] | None) -> None:
    cloud.run("sign_up", confirmation(metadata))
    assert choices(cloud) == {"marketing_email": False, "marketing_sms": False, "profiling": False}
    (event,) = cloud.pump("customers")
    assert not event["detail"]["consent"]["marketing_email"]
    assert "ada@" not in json.dumps(event).casefold(), "nobody has to reach who wants nothing"


def test_attributes_that_an_event_cannot_hold_are_left_out(cloud: Cloud) -> None:
    cloud.run("sign_up", confirmation({"channel": "fax"}, locale="tlh-Piqd", phone_number="0123"))
    (event,) = cloud.pump("customers")
    assert (event["detail"]["locale"], event["detail"]["channel"]) == ("en", "web")
    assert "phone_number" not in event["detail"]


def test_a_new_password_is_no_sign_up(cloud: Cloud) -> None:
    event = confirmation(trigger="ConfirmForgotPassword")
    assert cloud.run("sign_up", event) == event
    assert cloud.items("customers") == []


def test_what_dynamodb_does_not_take_is_an_error_for_cognito_to_repeat(cloud: Cloud) -> None:
    with aws_fails("dynamodb", "TransactWriteItems"), pytest.raises(Exception, match="ThrottlingException"):
        cloud.run("sign_up", confirmation())
    assert cloud.items("customers") == []


def test_neither_log_nor_error_says_who_signed_up(cloud: Cloud, logged: Callable[[], list[dict[str, Any]]]) -> None:
    cloud.run("sign_up", confirmation({"marketing_email": "true", "policy_version": "1"}, phone_number="+43123456789"))
    broken = confirmation()
    del broken["request"]["userAttributes"]["sub"]
    with pytest.raises(ValidationError) as caught:
        cloud.run("sign_up", broken)
    text = json.dumps(logged()) + str(caught.value)
    assert [line["message"] for line in logged()] == ["customer stored"]
    assert not any(secret in text for secret in (SUB, "ada@", "Ada@", "+43123456789"))
