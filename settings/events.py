"""Section `events`: the event bus, and the third parties that are told of events."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from events.data_classes import EventDataClass
from settings.base import Section
from settings.problems import refuse
from settings.types import LogRetentionDays, SecretArn

Endpoint = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:\d{1,5})?(/[\w.~%*-]*)*$", max_length=2048)]
PartyName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*(\.[a-z0-9][a-z0-9-]*)+$")]
# EventBridge puts the values of fields into places named like this in the request.
RequestKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w{0,63}$")]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z]\w*(\.[a-z]\w*)*$")]


class SecretValue(Section):
    """A value in Secrets Manager. It goes from there to EventBridge and never into the stack's state."""

    arn: SecretArn
    """Secret in the home Region."""

    json_key: Annotated[str, StringConstraints(pattern=r"^[\w-]{1,128}$")] = "value"
    """Key of the value in the secret's JSON text."""

    version_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{32,64}$")] | None = None
    """Version to use; without it the current one of the last change. EventBridge keeps a copy: after a rotation, name
    the new version and update."""


class ApiKey(Section):
    """A key in a header of each request."""

    kind: Literal["api_key"]
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,128}$")] = "x-api-key"
    secret: SecretValue


class OAuthClient(Section):
    """OAuth 2.0 client credentials; EventBridge gets and renews the token."""

    kind: Literal["oauth_client"]
    token_endpoint: Endpoint
    client_id: str = Field(min_length=1, max_length=512)
    """Public name of the client."""
    scope: str | None = None
    secret: SecretValue
    """The client's secret."""


class Delivery(Section):
    """What of an event a third party is sent."""

    fields: dict[RequestKey, FieldPath] = Field(
        min_length=1, max_length=100, examples=[{"customerId": "customer_id", "email": "email"}]
    )
    """Key in the request's JSON to the path of a field that every such event has. Nothing else leaves the store but the
    event's own id and time."""

    only_if: FieldPath | None = None
    """Yes-or-no field that must be true, such as `consent.marketing_email`; without it every such event is sent."""

    @field_validator("fields")
    @classmethod
    def _own_keys_are_taken(cls, fields: dict[str, str]) -> dict[str, str]:
        for key in ("eventId", "eventTime"):
            if key in fields:
                raise refuse(f"{key} is the event's own; take another key", at=(key,))
        return fields


class ThirdParty(Section):
    """A system of somebody else that is told of events over HTTPS."""

    kind: Literal["cms", "marketing", "payment", "oms", "pim", "tax", "shipping", "other"]

    enabled: bool = True
    """False stops all requests at once. What happens meanwhile is kept in the archive and can be replayed."""

    endpoint: Endpoint = Field(examples=["https://cms.example.com/v1/profiles"])
    method: Literal["POST", "PUT", "PATCH"] = "POST"

    auth: Annotated[ApiKey | OAuthClient, Field(discriminator="kind")]

    rate_limit_per_second: int = Field(default=10, ge=1, le=300)
    """Requests a second at most; what comes faster waits
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)."""

    retry_hours: int = Field(default=24, ge=1, le=24)
    """Hours that a request is repeated before the event goes to the dead-letter queue."""

    retry_attempts: int = Field(default=185, ge=0, le=185)
    """Repetitions at most."""

    data_classes: tuple[EventDataClass, ...] = Field(min_length=1, examples=[["identity", "contact"]])
    """Kinds of data that it gets, for the record of processing; a field of another kind is refused."""

    sends: dict[EventName, Delivery] = Field(min_length=1)
    """Event to what is sent of it."""


class EventsSettings(Section):
    archive_days: int = Field(default=365, ge=1)
    """Days that all events are kept for replay (https://aws.amazon.com/eventbridge/pricing/)."""

    log_level: Literal["off", "error", "info", "trace"] = "error"
    """What the bus logs of its own work. Never the events' contents."""

    log_days: LogRetentionDays = 90

    dead_letter_days: int = Field(default=14, ge=1, le=14)
    """Days that events which could not be delivered are kept."""

    third_parties: dict[PartyName, ThirdParty] = Field(default={})
    """Name to the system that is told."""

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        rules = sum(len(party.sends) for party in self.third_parties.values())
        if rules > 150:
            raise refuse(
                f"{rules} events to third parties make as many rules; a bus takes 300 with those of the services "
                "(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)",
                fix="send fewer events, or have the quota raised and the limit here with it",
                at=("third_parties",),
            )
        return self
