"""Messages to customers in a run: what SES would refuse, what the page shows, and what comes back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from local.errors import AwsError
from local.mailbox import Mailbox
from local.state import Deployed
from tests.foundation import REGION
from tests.local.account import Account, started
from tests.local.front.parts import entries_of
from tests.local.gate_state import entry
from tests.mocks import record
from tests.unit.test_engagement import box

SENDER = "Web Store <no-reply@store.example.com>"
LIST = "customers"
QUEUE = "engagement-feedback"


def state() -> Deployed:
    """What the box makes, and the identity and the list that it uses."""
    topic = {"topicName": "marketing", "displayName": "News", "defaultSubscriptionStatus": "OPT_OUT"}
    return Deployed(
        [
            *entries_of(record(box)),
            entry("aws:sesv2/emailIdentity:EmailIdentity", "mail", emailIdentity="store.example.com"),
            entry("aws:sesv2/contactList:ContactList", "list", region=REGION, contactListName=LIST, topics=[topic]),
        ]
    )


@pytest.fixture(scope="module")
def account(loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    parts = AsyncExitStack()
    yield loop.run(started(state(), tmp_path_factory.mktemp("mails"), parts))
    loop.run(parts.aclose())


@pytest.fixture
def mails(account: Account, loop: asyncio.Runner) -> Iterator[Mailbox]:
    yield Mailbox(account.deployed, account.cloud, account.bus)
    loop.run(account.empty())


def asked(account: Account, **changes: Any) -> dict[str, Any]:
    configuration = account.one("aws:sesv2/configurationSet:ConfigurationSet", "engagement")
    return {
        "FromEmailAddress": SENDER,
        "ConfigurationSetName": configuration.outputs["configurationSetName"],
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Your order o-1"},
                "Body": {"Text": {"Data": "it is here"}, "Html": {"Data": "<p>it is here</p>"}},
            }
        },
        "EmailTags": [{"Name": "customer_id", "Value": "c-1"}, {"Name": "kind", "Value": "order-accepted"}],
        **changes,
    }


def offer(account: Account, to: str) -> dict[str, Any]:
    return asked(
        account,
        Destination={"ToAddresses": [to]},
        ListManagementOptions={"ContactListName": LIST, "TopicName": "marketing"},
    )


def subscribed(account: Account, to: str) -> None:
    account.cloud.client("sesv2").create_contact(
        ContactListName=LIST,
        EmailAddress=to,
        TopicPreferences=[{"TopicName": "marketing", "SubscriptionStatus": "OPT_IN"}],
        AttributesData='{"customer_id": "c-1"}',
    )


async def told(account: Account) -> list[dict[str, Any]]:
    """Events in the queue of what SES tells, after `account` has settled."""
    await account.bus.settled()
    return [json.loads(message["body"]) for message in await account.messages(QUEUE)]


def test_a_message_is_kept_as_it_was_sent(account: Account, mails: Mailbox, loop: asyncio.Runner) -> None:
    answer = loop.run(mails.send(asked(account)))
    (mail,) = mails
    assert (mail.id, mail.to, mail.subject, mail.text) == (
        answer["MessageId"],
        "ada@example.com",
        "Your order o-1",
        "it is here",
    )
    assert (mail.kind, mail.sender) == ("order-accepted", SENDER)
    assert loop.run(told(account)) == [], "nobody asked SES to tell of deliveries"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"FromEmailAddress": "Web Store <no-reply@example.org>"}, "MessageRejected"),
        ({"ConfigurationSetName": "other"}, "NotFoundException"),
        ({"Destination": {"ToAddresses": ["a@example.com", "b@example.com"]}}, "BadRequestException"),
        ({"Content": {"Raw": {"Data": ""}}}, "BadRequestException"),
    ],
)
def test_what_ses_refuses_is_refused(
    account: Account, mails: Mailbox, loop: asyncio.Runner, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(AwsError) as refused:
        loop.run(mails.send(asked(account, **changes)))
    assert refused.value.code == code
    assert list(mails) == []


@pytest.mark.parametrize(
    ("what", "detail_type", "part"),
    [("bounce", "Email Bounced", "bounce"), ("complain", "Email Complaint Received", "complaint")],
)
def test_what_becomes_of_a_message_reaches_the_queue(
    account: Account, mails: Mailbox, loop: asyncio.Runner, what: str, detail_type: str, part: str
) -> None:
    mail_id = loop.run(mails.send(asked(account)))["MessageId"]
    loop.run(getattr(mails, what)(mail_id))
    (event,) = loop.run(told(account))
    assert (event["source"], event["detail-type"]) == ("aws.ses", detail_type)
    assert event["detail"]["mail"]["tags"]["customer_id"] == ["c-1"]
    assert part in event["detail"]


def test_who_unsubscribes_has_left_the_topic_and_gets_no_more_offers(
    account: Account, mails: Mailbox, loop: asyncio.Runner
) -> None:
    to = "grace@example.com"
    subscribed(account, to)
    first = loop.run(mails.send(offer(account, to)))["MessageId"]
    loop.run(mails.unsubscribe(first))
    contact = account.cloud.client("sesv2").get_contact(ContactListName=LIST, EmailAddress=to)
    assert contact["TopicPreferences"][0]["SubscriptionStatus"] == "OPT_OUT"
    loop.run(mails.send(offer(account, to)))
    assert [mail.id for mail in mails] == [first]
    (subscription,) = loop.run(told(account))
    assert subscription["detail-type"] == "Email Subscribed"
    left = subscription["detail"]["subscription"]["newTopicPreferences"]["topicSubscriptionStatus"]
    assert left == [{"topicName": "marketing", "subscriptionStatus": "OptOut"}]


def test_who_is_in_no_list_gets_no_offer(account: Account, mails: Mailbox, loop: asyncio.Runner) -> None:
    loop.run(mails.send(offer(account, "nobody@example.com")))
    assert list(mails) == []


def test_a_message_about_an_order_cannot_be_unsubscribed_from(
    account: Account, mails: Mailbox, loop: asyncio.Runner
) -> None:
    mail_id = loop.run(mails.send(asked(account)))["MessageId"]
    with pytest.raises(LookupError, match="is no offer"):
        loop.run(mails.unsubscribe(mail_id))
    with pytest.raises(LookupError, match="no message other"):
        loop.run(mails.bounce("other"))
