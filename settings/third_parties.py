"""Section `third_parties`: the register of systems of others that the store works with, and what each receives."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from events.data_classes import EventDataClass
from settings.base import Section, section_rule
from settings.form import IN_PLACE_OF_TEXT, form
from settings.geography import CountryCode
from settings.identity import ClientName
from settings.problems import PROJECT, Refusal, refuse
from settings.types import Label, SecretArn, Word

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


Kind = Literal["payment", "oms", "pim", "cms", "marketing", "tax", "shipping", "other"]
SimulatedParty = Literal["shipping", "tax"]
"""Kinds that the service `payment-provider` simulates beside payments."""
SIMULATED_KINDS = ("payment", *get_args(SimulatedParty))
"""Kinds that the service `payment-provider` simulates."""


class EventCalls(Section):
    """Events that the bus sends to a party over HTTPS."""

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

    sends: dict[EventName, Delivery] = Field(min_length=1)
    """Events that it receives: name of the event, and the part that is sent."""


class ServiceCalls(Section):
    """API of a party that services call (`app_tier.services.<name>.third_parties`). What the store sends it is declared
    by kind, in `parties/apis`."""

    endpoint: Endpoint = Field(examples=["https://api.payments.example.com/v1"])
    """URL of the API, at port 443: nothing else leaves the subnets of payments. Its host is on the firewalls' list by
    itself; its credentials are among the `runtime.secrets` of the services."""

    @section_rule
    def _port(self) -> Iterator[Refusal]:
        parts = urlsplit(self.endpoint)
        if parts.port not in (None, 443):
            yield refuse(
                "must be at port 443: no security group and no firewall of the store opens another",
                at=("endpoint",),
                write=self.endpoint.replace(f":{parts.port}", "", 1),
            )


class Company(Section):
    """Who is behind a third party, for the record of processing activities
    (https://eur-lex.europa.eu/eli/reg/2016/679/oj, articles 28 and 30)."""

    name: str = Field(min_length=1, max_length=128, examples=["Example Mailings Ltd"])
    """Name in the contract."""

    country: CountryCode
    """Country in which it works on the data."""

    role: Literal["processor", "controller", "own"]
    """`processor`: on behalf of the store; `controller`: for purposes of its own, too; `own`: a system of the store's
    own company."""

    purpose: str = Field(min_length=1, max_length=256, examples=["sends mailings to customers who agreed to them"])
    """What it gets the data for."""

    legal_basis: Literal["contract", "consent", "legal-obligation", "legitimate-interests"]
    """Basis of the processing (article 6)."""

    agreement: str | None = Field(default=None, min_length=1, max_length=128, examples=["DPA-2026-014"])
    """Reference of the data processing agreement; a `processor` must have one."""

    @section_rule
    def _processors_have_agreements(self) -> Iterator[Refusal]:
        if self.role == "processor" and self.agreement is None:
            yield refuse(
                "must name the data processing agreement: without one a processor may not have personal data",
                fix="write its reference, such as DPA-2026-014",
                at=("agreement",),
            )


class ThirdParty(Section):
    """A system outside the store, and every way by which data go to it or come from it."""

    kind: Kind
    """What it is to the store; the record of processing lists parties by it."""

    enabled: bool = True
    """False stops it at once: no events and no calls go out, a firewall knows its host no more, and it loses its access
    to orders and feeds, and its client: tokens that it has end within `access_minutes`, and switched on again it has
    another client with another secret. The archive keeps the events of that time for a replay, but for those with
    contact data; orders wait in their queue; services go on as if it did not answer."""

    company: Company
    """Who it is, for what it has the data, and on which basis."""

    data_classes: tuple[EventDataClass, ...] = Field(default=(), examples=[["identity", "contact"]])
    """Data classes that it receives, for the record of processing: exactly those of the fields that are sent."""

    events: EventCalls | None = None
    """It receives events."""

    api: ServiceCalls | None = None
    """Services call it."""

    simulated: bool = False
    """In a test environment the service `payment-provider` answers in its place, to services that say so
    (`app_tier.services.<name>.simulated_provider` and `simulated_parties`); `data_classes` are those of the real one.
    For `kind` payment, shipping and tax, in place of `api`."""

    takes_orders: bool = False
    """It takes orders from the queue: as the account of `orders.oms`, or a service in its place with `orders: take`."""

    feeds: tuple[Label, ...] = Field(default=(), examples=[["catalogue"]])
    """Feeds that roles of its accounts write (`feeds.streams.<feed>.owners`)."""

    machine: ClientName | None = None
    """Its client of the user pool (`identity.machines`), by whose tokens it calls the store's API."""

    @property
    def sends(self) -> Mapping[str, Delivery]:
        """Events that it receives."""
        return self.events.sends if self.events else {}

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts that services reach for it; EventBridge calls others from outside the VPC."""
        return (urlsplit(self.api.endpoint).hostname or "",) if self.api and self.enabled else ()

    @section_rule
    def _is_used(self) -> Iterator[Refusal]:
        if not (self.events or self.api or self.simulated or self.takes_orders or self.feeds or self.machine):
            yield refuse(
                "must have a way in or out: `events`, `api`, `simulated`, `takes_orders`, `feeds` or `machine`",
                fix="leave the party out, or write one of these",
            )

    @section_rule
    def _is_simulated_or_real(self) -> Iterator[Refusal]:
        if self.simulated and self.kind not in SIMULATED_KINDS:
            yield refuse(
                f"must be false for kind {self.kind}: nothing simulates it. Kinds are {', '.join(SIMULATED_KINDS)}",
                at=("simulated",),
                write=False,
            )
        elif self.simulated and self.api:
            yield refuse(
                "must be false beside `api`: services call the party, or what simulates it",
                at=("simulated",),
                write=False,
                fix="or take `api` out",
            )


def secret_name_of(stack: str, party: str) -> str:
    """Name of the secret that a stack makes for a third party; its last part has no hyphen, after which six characters
    would look like the ending of an ARN
    (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html)."""
    return f"{PROJECT}/{stack}/{party}/access"


class ThirdPartiesSettings(Section):
    parties: dict[Word, ThirdParty] = Field(default={})
    """The parties, by name."""

    @property
    def off_feeds(self) -> frozenset[str]:
        """Feeds whose writers are switched off."""
        off = (party for party in self.parties.values() if not party.enabled)
        return frozenset(feed for party in off for feed in party.feeds)

    @property
    def off_machines(self) -> frozenset[str]:
        """Clients of parties that are switched off."""
        return frozenset(party.machine for party in self.parties.values() if party.machine and not party.enabled)

    @property
    def off_simulated(self) -> frozenset[str]:
        """Kinds whose simulated party is switched off."""
        return frozenset(party.kind for party in self.parties.values() if party.simulated and not party.enabled)

    @property
    def orders_are_taken(self) -> bool:
        """The party that takes orders, if there is one, is not switched off."""
        return all(party.enabled for party in self.parties.values() if party.takes_orders)

    def url_of(self, name: str) -> str | None:
        """Address at which services call a party; None while it is switched off."""
        party = self.parties[name]
        return party.api.endpoint if party.enabled and party.api else None

    @section_rule
    def _one_simulated_of_a_kind(self) -> Iterator[Refusal]:
        first: dict[str, str] = {}
        for name, party in self.parties.items():
            if party.simulated and first.setdefault(party.kind, name) != name:
                yield refuse(
                    f"must be left to {first[party.kind]}: services call one simulated party of kind {party.kind}",
                    at=("parties", name, "simulated"),
                    write=False,
                    fix="and give this one an `api`, or leave it out",
                )

    @section_rule
    def _few_enough(self) -> Iterator[Refusal]:
        rules = sum(len(party.sends) for party in self.parties.values())
        if rules > 150:
            yield refuse(
                f"must send at most 150 events, not {rules}: each is a rule, and a bus takes 300 with those of services"
                " (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html)",
                fix="send fewer events, or raise the quota at AWS and this limit",
                at=("parties",),
            )
