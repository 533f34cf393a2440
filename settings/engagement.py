"""Section `engagement`: the messages that customers get about orders and offers, and what their answers change."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section
from settings.legacy import LegacyEngine


class EndUserMessaging(Section):
    """E-mail by Amazon SES, from the sender of `identity.email`: messages about orders, offers to customers who agreed
    to them, and bounces, complaints and unsubscriptions followed back to the customer. Billed by message
    (https://aws.amazon.com/ses/pricing/); idle it costs its alarms."""

    kind: Literal["end-user-messaging"]

    feedback_age_alarm_minutes: int = Field(default=60, ge=1, le=1440)
    """Alarm when a bounce, a complaint or an unsubscription waits longer than this."""


class PinpointLegacy(LegacyEngine):
    """Refused: Amazon Pinpoint has ended (https://docs.aws.amazon.com/pinpoint/latest/userguide/migrate.html)."""

    SERVICE = "Amazon Pinpoint"
    SUCCESSOR = "end-user-messaging"

    kind: Literal["pinpoint-legacy"]


class NoEngagement(Section):
    """Customers get no messages but those of their accounts (`identity.email`)."""

    kind: Literal["off"]


EngagementEngine = Annotated[EndUserMessaging | PinpointLegacy | NoEngagement, Field(discriminator="kind")]


class EngagementSettings(Section):
    engine: EngagementEngine = EndUserMessaging(kind="end-user-messaging")
    """What sends. Services that declare `engagement` go on without it, and send nothing."""
