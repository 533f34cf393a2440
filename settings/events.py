"""Section `events`: the event bus, and the third parties that receive events."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from events.data_classes import EventDataClass
from settings.base import Section, section_rule
from settings.form import IN_PLACE_OF_TEXT, form
from settings.problems import PROJECT, Refusal, refuse
from settings.types import LogRetentionDays, SecretArn, Word

# Names that no public resolver knows (https://www.iana.org/assignments/special-use-domain-names/,
# https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en#section2.a).
_NOT_PUBLIC = ("internal", "invalid", "lan", "local", "localhost", "onion", "test", "home.arpa")


def _public(url: str) -> str:
    host, _, port = re.split("/", url, maxsplit=3)[2].partition(":")
    ending = next((name for name in _NOT_PUBLIC if host.endswith(f".{name}")), None)
    if ending is not None:
        raise refuse(
            f"must be of a host that everybody can resolve, and no public name ends in .{ending}: EventBridge sends"
            " from outside the VPC",
            fix="name the host that the third party publishes",
        )
    if port and not 1 <= int(port) <= 65535:
        raise refuse("must have a port from 1 to 65535", write=url.replace(f":{port}", "", 1))
    return url


# A host by its name: an address has digits after the last dot, also in its shorter forms.
_HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
Endpoint = Annotated[
    str,
    form(
        rf"^https://{_HOST}(:\d{{1,5}})?(/[\w.~%*-]*)*$",
        "an https:// URL with a public host name, no address, and without user name, query and anchor",
        "https://partner.example.com/v1/customers",
        max_length=2048,
    ),
    AfterValidator(_public),
]
EventName = Annotated[
    str,
    form(
        r"^[a-z][a-z-]*(\.[a-z0-9][a-z0-9-]*)+$",
        "an event's name, such as order.placed",
        "customer.signed-up",
        "order.placed",
    ),
]
# EventBridge fills placeholders of this form in the request.
RequestKey = Annotated[
    str, form(r"^[A-Za-z]\w{0,63}$", "letters, digits and underscores, 64 at most, a letter first", "customerId")
]
FieldPath = Annotated[
    str,
    form(
        r"^[a-z]\w*(\.[a-z]\w*)*$",
        "a field's path in the event, such as consent.marketing_email",
        "customer_id",
    ),
]


class SecretValue(Section):
    """A value in Secrets Manager. It goes from there to EventBridge and never into the stack's state."""

    model_config = ConfigDict(
        json_schema_extra={
            IN_PLACE_OF_TEXT: "must be a mapping: secrets stay in Secrets Manager; settings name one (`arn: ...`), or"
            " let the stack make an empty one (`{}`) whose value is set later. Replace the value if it stood here"
        }
    )

    arn: SecretArn | None = None
    """Existing secret in the home Region. Without it the stack makes an empty secret,
    `web-store/<stack>/<third party>/access`, and the third party receives nothing until `version_id` names a
    value of it ([steps](runbooks/third-party-credentials.md))."""

    json_key: Annotated[
        str, form(r"^[\w-]{1,128}$", "letters, digits, underscores and hyphens, 128 at most", "value")
    ] = "value"
    """Key of the value in the secret's JSON text."""

    version_id: (
        Annotated[
            str,
            form(
                r"^[A-Za-z0-9-]{32,64}$",
                "a version's id: from 32 to 64 letters, digits and hyphens",
                "0123abcd-4567-89ef-0123-456789abcdef",
            ),
        ]
        | None
    ) = None
    """Version to use, as `aws secretsmanager put-secret-value` prints it. EventBridge keeps a copy: after a rotation,
    name the new version and update. Without it, an existing secret's current version of the last change is used."""

    @property
    def awaited(self) -> bool:
        """The stack makes the secret, and nobody has named a value of it."""
        return self.arn is None and self.version_id is None


class ApiKey(Section):
    """A key in a header of each request."""

    kind: Literal["api_key"]
    header: Annotated[
        str, form(r"^[A-Za-z0-9-]{1,128}$", "a header's name: letters, digits and hyphens", "x-api-key")
    ] = "x-api-key"
    """Name of the header."""

    secret: SecretValue = SecretValue()


class OAuthClient(Section):
    """OAuth 2.0 client credentials; EventBridge gets and renews the token."""

    kind: Literal["oauth_client"]
    token_endpoint: Endpoint
    """URL that issues access tokens for the client's credentials."""

    client_id: str = Field(min_length=1, max_length=512)
    """Public name of the client."""
    scope: str | None = None
    """Scope to ask for; without it the client's own."""

    secret: SecretValue = SecretValue()
    """The client's secret."""


class Delivery(Section):
    """The part of an event that a third party receives."""

    fields: dict[RequestKey, FieldPath] = Field(
        min_length=1, max_length=100, examples=[{"customerId": "customer_id", "email": "email"}]
    )
    """Key in the request's JSON: path of a field that every such event has. Besides these, only id and time of the
    event leave the store."""

    only_if: FieldPath | None = None
    """Yes-or-no field that must be true, such as `consent.marketing_email`; without it every such event is sent."""

    @section_rule
    def _own_keys_are_taken(self) -> Iterator[Refusal]:
        for key in ("eventId", "eventTime"):
            if key in self.fields:
                yield refuse(
                    f"must have another name: every request has {key} already",
                    fix="rename the key, or leave it out",
                    at=("fields", key),
                )


class ThirdParty(Section):
    """A system outside the store that receives events over HTTPS."""

    kind: Literal["cms", "marketing", "payment", "oms", "pim", "tax", "shipping", "other"]
    """What it is to the store; the record of processing lists parties by it."""

    enabled: bool = True
    """False stops all requests at once. The archive keeps the events of that time for a replay, but for those with
    contact data."""

    endpoint: Endpoint = Field(examples=["https://cms.example.com/v1/profiles"])
    """URL that receives the requests."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    """HTTP method of the requests."""

    auth: Annotated[ApiKey | OAuthClient, Field(discriminator="kind")]
    """How requests prove that the store sent them."""

    rate_limit_per_second: int = Field(default=10, ge=1, le=300)
    """Most requests a second; further ones wait
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)."""

    retry_hours: int = Field(default=24, ge=1, le=24)
    """Hours for which a failing request is repeated before the event goes to the dead-letter queue."""

    retry_attempts: int = Field(default=185, ge=0, le=185)
    """Most repetitions."""

    data_classes: tuple[EventDataClass, ...] = Field(min_length=1, examples=[["identity", "contact"]])
    """Data classes that it receives, for the record of processing; a field of another class is refused."""

    sends: dict[EventName, Delivery] = Field(min_length=1)
    """Events that it receives: name of the event, and the part that is sent."""


def secret_name_of(stack: str, party: str) -> str:
    """Name of the secret that a stack makes for a third party; its last part has no hyphen, after which six characters
    would look like the ending of an ARN
    (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html)."""
    return f"{PROJECT}/{stack}/{party}/access"


class EventsSettings(Section):
    archive_days: int = Field(default=365, ge=1)
    """Days that events are kept for replay, but for those with contact data, which no archive gets
    (https://aws.amazon.com/eventbridge/pricing/)."""

    log_level: Literal["off", "error", "info", "trace"] = "error"
    """Log level of the bus. Contents of events are never logged."""

    log_days: LogRetentionDays = 90
    """Days that logs of the bus are kept."""

    dead_letter_days: int = Field(default=14, ge=1, le=14)
    """Days that undelivered events are kept in the dead-letter queue."""

    third_parties: dict[Word, ThirdParty] = Field(default={})
    """Receiving systems, by name."""

    @section_rule
    def _few_enough(self) -> Iterator[Refusal]:
        rules = sum(len(party.sends) for party in self.third_parties.values())
        if rules > 150:
            yield refuse(
                f"must send at most 150 events, not {rules}: each is a rule, and a bus takes 300 with those of services"
                " (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)",
                fix="send fewer events, or raise the quota at AWS and this limit",
                at=("third_parties",),
            )
