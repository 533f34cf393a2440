"""SES, as far as the store sends by it: messages are kept for the page, and a person answers them there.

Identity, configuration set and contact decide as AWS documents it; what becomes of a message goes to the default bus,
where the state has an event destination for it.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any, Final

from local.bus import Bus
from local.cloud import Cloud
from local.errors import AwsError
from local.state import Deployed

_KEPT: Final = 200
_PLACEHOLDER: Final = "{{amazonSESUnsubscribeUrl}}"
_SET: Final = "ses:configuration-set"


@dataclass(frozen=True)
class Mail:
    id: str
    at: str
    sender: str
    to: str
    subject: str
    text: str
    tags: Mapping[str, list[str]]
    options: Mapping[str, str]
    """List and topic of an offer; empty for other messages."""

    @property
    def kind(self) -> str:
        return next(iter(self.tags.get("kind", ())), "")


class Mailbox:
    """The messages of a run, the newest first."""

    def __init__(self, deployed: Deployed, cloud: Cloud, bus: Bus) -> None:
        self._cloud = cloud
        self._bus = bus
        self._region = deployed.region
        self._identities = {
            one.outputs["emailIdentity"] for one in deployed.of_type("aws:sesv2/emailIdentity:EmailIdentity")
        }
        self._sets = {
            one.outputs["configurationSetName"]
            for one in deployed.of_type("aws:sesv2/configurationSet:ConfigurationSet")
        }
        self._published = {
            (one.outputs["configurationSetName"], event)
            for one in deployed.of_type("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
            if one.outputs["eventDestination"].get("eventBridgeDestination")
            for event in one.outputs["eventDestination"]["matchingEventTypes"]
        }
        self._mails: deque[Mail] = deque(maxlen=_KEPT)

    def __iter__(self) -> Iterator[Mail]:
        return iter(self._mails)

    async def send(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """SendEmail, allowed by IAM, of a simple message to one address.

        Raises:
            AwsError: AWS would refuse it, or it is not emulated.
        """
        _, sender = parseaddr(asked.get("FromEmailAddress", ""))
        if not {sender, sender.rpartition("@")[2]} & self._identities:
            raise AwsError("MessageRejected", f"Email address is not verified: {sender}")
        configuration = asked.get("ConfigurationSetName", "")
        if configuration not in self._sets:
            raise AwsError("NotFoundException", f"Configuration set <{configuration}> does not exist.")
        to, content = (asked.get("Destination") or {}).get("ToAddresses") or [], asked["Content"].get("Simple")
        if len(to) != 1 or not content:
            raise AwsError("BadRequestException", "here a message must be `Simple`, and go to one address")
        options = asked.get("ListManagementOptions") or {}
        tags = {tag["Name"]: [tag["Value"]] for tag in asked.get("EmailTags") or []}
        mail = Mail(
            id=str(uuid.uuid4()),
            at=_now(),
            sender=asked["FromEmailAddress"],
            to=to[0],
            subject=content["Subject"]["Data"],
            text=content["Body"].get("Text", {}).get("Data", "").replace(_PLACEHOLDER, "(link of SES)"),
            tags={**tags, _SET: [configuration]},
            options=options,
        )
        # SES takes an offer to who has left, and bounces it; nothing is told of that here
        # (https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html).
        if not options or await asyncio.to_thread(self._is_subscribed, mail):
            self._mails.appendleft(mail)
        return {"MessageId": mail.id}

    async def unsubscribe(self, mail_id: str) -> None:
        """As the customer does by the link of an offer.

        Raises:
            LookupError: there is no such message, or it is no offer.
        """
        mail = self._find(mail_id)
        if not mail.options:
            raise LookupError(f"message {mail_id} is no offer: it has no link to unsubscribe")
        await asyncio.to_thread(self._leave, mail)
        topic = mail.options["TopicName"]
        left = [{"topicName": topic, "subscriptionStatus": "OptOut"}]
        told = {
            "contactList": mail.options["ContactListName"],
            "timestamp": _now(),
            "source": "UnsubscribeHeader",
            "newTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": left},
        }
        await self._tell(mail, "SUBSCRIPTION", "Email Subscribed", {"subscription": told})

    async def bounce(self, mail_id: str) -> None:
        """As the server of an address that does not exist.

        Raises:
            LookupError: there is no such message.
        """
        mail = self._find(mail_id)
        told = {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": _now()}
        await self._tell(mail, "BOUNCE", "Email Bounced", {"bounce": told})

    async def complain(self, mail_id: str) -> None:
        """As the customer who marks the message as spam.

        Raises:
            LookupError: there is no such message.
        """
        told = {"complaint": {"timestamp": _now()}}
        await self._tell(self._find(mail_id), "COMPLAINT", "Email Complaint Received", told)

    def _find(self, mail_id: str) -> Mail:
        found = next((mail for mail in self._mails if mail.id == mail_id), None)
        if found is None:
            raise LookupError(f"no message {mail_id}")
        return found

    def _is_subscribed(self, mail: Mail) -> bool:
        """SES makes a contact of an address that is not in the list; the topic's default counts then."""
        client, options = self._cloud.client("sesv2", self._region), mail.options
        try:
            contact = client.get_contact(ContactListName=options["ContactListName"], EmailAddress=mail.to)
        except client.exceptions.NotFoundException:
            return False
        of_topic = [one for one in contact["TopicPreferences"] if one["TopicName"] == options["TopicName"]]
        return not contact["UnsubscribeAll"] and any(one["SubscriptionStatus"] == "OPT_IN" for one in of_topic)

    def _leave(self, mail: Mail) -> None:
        client, options = self._cloud.client("sesv2", self._region), mail.options
        contact = {"ContactListName": options["ContactListName"], "EmailAddress": mail.to}
        kept = client.get_contact(**contact).get("AttributesData") or ""
        left = [{"TopicName": options["TopicName"], "SubscriptionStatus": "OPT_OUT"}]
        client.update_contact(**contact, TopicPreferences=left, UnsubscribeAll=False, AttributesData=kept)

    async def _tell(self, mail: Mail, event: str, detail_type: str, told: Mapping[str, Any]) -> None:
        if (mail.tags[_SET][0], event) not in self._published:
            return
        about = {"messageId": mail.id, "timestamp": mail.at, "destination": [mail.to], "tags": mail.tags}
        detail = {"eventType": event.capitalize(), "mail": about, **told}
        entry = {"Source": "aws.ses", "DetailType": detail_type, "Detail": json.dumps(detail)}
        await self._bus.put([entry])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
