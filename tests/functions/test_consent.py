"""The contact list follows what customers have agreed to, and an erased customer has neither contact nor account."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.cloud import CONTACTS, Cloud
from tests.functions.faults import aws_fails, before, too_many

EMAIL = "ada@example.com"
EVENT = "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11"


def customer(cloud: Cloud, customer_id: str = "c-1", *, given: bool = True, email: str = EMAIL) -> None:
    cloud.put("customers", customer_id=customer_id, item="PROFILE", email=email)
    choose(cloud, given, "2026-01-31T08:00:00Z", customer_id)


def choose(cloud: Cloud, given: bool, at: str, customer_id: str = "c-1") -> None:
    cloud.put("customers", customer_id=customer_id, item="CONSENT#marketing_email", given=given, given_at=at)


def erase(cloud: Cloud, customer_id: str = "c-1", email: str = EMAIL) -> None:
    """As the service `customers` does it."""
    cloud.delete("customers", customer_id=customer_id, item="PROFILE")
    cloud.delete("customers", customer_id=customer_id, item="CONSENT#marketing_email")
    cloud.put("customers", customer_id=customer_id, item="ERASED", contact_email=email, expires_at=1_900_000_000)


def messages(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m-{position}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:consent",
                "awsRegion": "eu-west-1",
            }
            for position, body in enumerate(bodies)
        ]
    }


def signed_up(customer_id: str = "c-1", event_id: str = EVENT) -> dict[str, Any]:
    # Says yes, as an old event may: what counts is the table.
    return heard("customer.signed-up", customer_id, event_id, consent={"marketing_email": True})


def heard(name: str, customer_id: str = "c-1", event_id: str = EVENT, **detail: Any) -> dict[str, Any]:
    told = {"event_id": event_id, "customer_id": customer_id, **detail}
    return {"id": "1", "source": "store.customers", "detail-type": name, "detail": told}


def follow(cloud: Cloud, *bodies: Any) -> list[str]:
    """Ids of the messages that failed."""
    return [failed["itemIdentifier"] for failed in cloud.run("consent", messages(*bodies))["batchItemFailures"]]


def engagement(cloud: Cloud, customer_id: str = "c-1") -> dict[str, Any]:
    profile = cloud.item("customers", customer_id=customer_id, item="PROFILE")
    assert profile is not None
    return {key: value for key, value in profile.get("engagement", {}).items() if key != "changed_at"}


def choice(cloud: Cloud, email: str = EMAIL) -> tuple[str, bool] | None:
    contact = cloud.contact(email)
    if contact is None:
        return None
    (topic,) = contact["TopicPreferences"]
    assert topic["TopicName"] == "marketing"
    return topic["SubscriptionStatus"], contact["UnsubscribeAll"]


def test_who_agreed_becomes_a_contact_that_is_found_by_the_customers_id(cloud: Cloud) -> None:
    customer(cloud)
    assert follow(cloud, signed_up()) == []
    assert choice(cloud) == ("OPT_IN", False)
    contact = cloud.contact(EMAIL)
    assert contact is not None
    assert json.loads(contact["AttributesData"]) == {"customer_id": "c-1"}
    assert engagement(cloud) == {"choice_at": "2026-01-31T08:00:00Z", "email": "subscribed"}


def test_who_did_not_agree_is_no_contact(cloud: Cloud) -> None:
    customer(cloud, given=False)
    assert follow(cloud, signed_up()) == []
    assert choice(cloud) is None
    assert engagement(cloud) == {"choice_at": "2026-01-31T08:00:00Z", "email": "unsubscribed"}


@pytest.mark.parametrize("given", [True, False])
def test_without_its_list_nobody_s_choice_counts_as_copied(cloud: Cloud, given: bool) -> None:
    customer(cloud, given=given)
    cloud.ses.delete_contact_list(ContactListName=CONTACTS)
    assert follow(cloud, signed_up()) == ["m-0"], "the error for a contact and for a list is the same"
    assert engagement(cloud) == {}


def test_a_request_too_many_is_made_again_after_a_pause(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    customer(cloud)
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    with too_many("CreateContact", 3):
        assert follow(cloud, signed_up()) == []
    assert choice(cloud) == ("OPT_IN", False)
    assert len(pauses) == 3


def test_a_contact_from_earlier_is_opted_out_or_in_again(cloud: Cloud) -> None:
    cloud.ses.create_contact(
        ContactListName=CONTACTS,
        EmailAddress=EMAIL,
        TopicPreferences=[{"TopicName": "marketing", "SubscriptionStatus": "OPT_IN"}],
    )
    customer(cloud, given=False)
    follow(cloud, signed_up())
    assert choice(cloud) == ("OPT_OUT", True)
    choose(cloud, True, "2026-01-31T09:00:00Z")
    # moto takes a second contact of the same address, which SES refuses.
    with aws_fails("ses", "CreateContact", "AlreadyExistsException"):
        assert follow(cloud, signed_up()) == []
    assert choice(cloud) == ("OPT_IN", False)


def test_a_repeated_event_does_not_subscribe_again_who_has_unsubscribed_in_a_message(cloud: Cloud) -> None:
    customer(cloud)
    follow(cloud, signed_up())
    cloud.ses.update_contact(
        ContactListName=CONTACTS,
        EmailAddress=EMAIL,
        TopicPreferences=[{"TopicName": "marketing", "SubscriptionStatus": "OPT_OUT"}],
        UnsubscribeAll=True,
    )
    assert follow(cloud, signed_up()) == []
    assert choice(cloud) == ("OPT_OUT", True)


def test_a_replay_finds_the_choice_of_today(cloud: Cloud) -> None:
    customer(cloud, given=False)
    follow(cloud, signed_up())
    assert choice(cloud) is None


def test_a_customer_who_is_gone_stays_gone(cloud: Cloud) -> None:
    assert follow(cloud, signed_up()) == []
    assert cloud.items("customers") == []
    assert choice(cloud) is None


def test_a_customer_who_is_erased_meanwhile_leaves_no_contact(cloud: Cloud) -> None:
    customer(cloud)
    with before("dynamodb", "TransactWriteItems", lambda: erase(cloud)):
        assert follow(cloud, signed_up()) == []
    assert cloud.item("customers", customer_id="c-1", item="PROFILE") is None
    assert choice(cloud) is None


CHANGED, ERASED = "customer.consent-changed", "customer.erased"


def test_a_contact_follows_the_choice_there_and_back_whatever_the_order_of_events(cloud: Cloud) -> None:
    customer(cloud)
    follow(cloud, signed_up())
    choose(cloud, False, "2026-01-31T09:00:00Z")
    assert follow(cloud, heard(CHANGED), signed_up()) == []
    assert choice(cloud) == ("OPT_OUT", True)
    choose(cloud, True, "2026-01-31T10:00:00Z")
    with aws_fails("ses", "CreateContact", "AlreadyExistsException"):
        assert follow(cloud, heard("customer.contact-given"), heard(CHANGED)) == []
    assert choice(cloud) == ("OPT_IN", False)


def test_a_choice_that_changes_while_it_is_copied_is_copied_again(cloud: Cloud) -> None:
    customer(cloud)

    def meanwhile() -> None:
        """The customer withdraws, and another instance copies that."""
        choose(cloud, False, "2026-01-31T09:00:00Z")
        assert follow(cloud, heard(CHANGED)) == []
        cloud.ses.update_contact(
            ContactListName=CONTACTS,
            EmailAddress=EMAIL,
            TopicPreferences=[{"TopicName": "marketing", "SubscriptionStatus": "OPT_IN"}],
            UnsubscribeAll=False,
        )  # the call of this instance comes last

    with before("dynamodb", "TransactWriteItems", meanwhile):
        assert follow(cloud, signed_up()) == ["m-0"]
    assert follow(cloud, signed_up()) == []
    assert choice(cloud) == ("OPT_OUT", True)


def test_an_erased_customer_is_no_contact_and_the_address_is_gone(cloud: Cloud) -> None:
    customer(cloud)
    follow(cloud, signed_up())
    erase(cloud)
    assert follow(cloud, heard(ERASED), heard(ERASED), signed_up()) == []
    assert choice(cloud) is None
    assert cloud.items("customers") == []


def test_an_erased_customer_who_was_no_contact_needs_the_list_all_the_same(cloud: Cloud) -> None:
    erase(cloud)
    cloud.ses.delete_contact_list(ContactListName=CONTACTS)
    assert follow(cloud, heard(ERASED)) == ["m-0"]
    assert len(cloud.items("customers")) == 1


def test_an_erased_customer_has_no_account_and_others_keep_theirs(cloud: Cloud) -> None:
    ada, bob = cloud.sign_up(EMAIL), cloud.sign_up("bob@example.com")
    erase(cloud, ada)
    assert follow(cloud, heard(ERASED, ada), heard(ERASED, ada)) == []
    assert cloud.accounts == [bob]


def test_the_account_goes_though_the_address_was_forgotten_before(cloud: Cloud) -> None:
    """As in a replay of the archive, or when the item has expired."""
    ada = cloud.sign_up(EMAIL)
    assert follow(cloud, heard(ERASED, ada)) == []
    assert cloud.accounts == []


@pytest.mark.parametrize("code", ["TooManyRequestsException", "InternalErrorException", "ResourceNotFoundException"])
def test_an_account_that_cannot_be_deleted_now_is_deleted_by_the_message_that_comes_again(
    cloud: Cloud, code: str
) -> None:
    ada = cloud.sign_up(EMAIL)
    erase(cloud, ada)
    with aws_fails("cognito", "AdminDeleteUser", code):
        assert follow(cloud, heard(ERASED, ada)) == ["m-0"]
    assert (cloud.accounts, len(cloud.items("customers"))) == ([ada], 1)
    assert follow(cloud, heard(ERASED, ada)) == []
    assert (cloud.accounts, cloud.items("customers")) == ([], [])


def test_nobody_s_account_is_deleted_by_another_event(cloud: Cloud) -> None:
    ada = cloud.sign_up(EMAIL)
    customer(cloud, ada, given=False)
    assert follow(cloud, signed_up(ada), heard(CHANGED, ada)) == []
    assert cloud.accounts == [ada]


def test_the_contact_of_a_new_account_with_the_address_stays(cloud: Cloud) -> None:
    erase(cloud)
    customer(cloud, "c-2")
    follow(cloud, signed_up("c-2"))
    assert follow(cloud, heard(ERASED)) == []
    assert choice(cloud) == ("OPT_IN", False)


def test_a_message_that_fails_comes_again_and_the_others_are_done(
    cloud: Cloud, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    customer(cloud)
    customer(cloud, "c-2", email="bob@example.com")
    second = signed_up("c-2", "1b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11")
    with aws_fails("ses", "CreateContact", after=1):
        assert follow(cloud, "no json", signed_up(), second) == ["m-0", "m-2"]
    assert engagement(cloud, "c-2") == {}
    assert follow(cloud, second) == []
    assert choice(cloud, "bob@example.com") == ("OPT_IN", False)
    failed = [(line["message_id"], line["cause"]) for line in logged() if line["level"] == "ERROR"]
    assert failed == [("m-0", "ValidationError"), ("m-2", "CreateContact: ThrottlingException")]
    # The errors quote an address.
    assert not any(name in json.dumps(logged()) for name in ("example.com", "c-1", "c-2"))


def test_when_all_fail_all_come_again(cloud: Cloud) -> None:
    customer(cloud)
    with aws_fails("dynamodb", "GetItem"):
        assert follow(cloud, signed_up()) == ["m-0"]
