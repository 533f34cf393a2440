"""Who sends the messages of customers' accounts, in section `identity`."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from settings.base import Section, section_rule
from settings.form import form
from settings.problems import Refusal, refuse
from settings.types import HostLabel

Address = Annotated[
    str,
    form(
        r"^[^@\s<>]+@[^@\s<>]+$", "an e-mail address alone", "service@example.com", one_environment="an e-mail address"
    ),
]


class CognitoSender(Section):
    """Cognito's own sender. It sends at most 50 messages a day, from an address that customers do not know
    (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html): for development."""

    kind: Literal["cognito"] = "cognito"


class Dmarc(Section):
    """What receivers do with messages in the store's name that the store did not send (https://dmarc.org/overview/)."""

    policy: Literal["none", "quarantine", "reject"] = "quarantine"
    """`quarantine` puts them into the spam folder, `none` only reports them. It holds for subdomains, too."""

    report_to: Address | None = None
    """Address of receivers' reports. In another domain it needs a record there that accepts them
    (https://datatracker.ietf.org/doc/html/rfc7489#section-7.1)."""


class SesSender(Section):
    """Messages through Amazon SES, under the quota of the account there. An account begins in the sandbox: it reaches
    verified addresses only until AWS grants production access
    (https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html)."""

    kind: Literal["ses"]

    identity_arn: (
        Annotated[
            str,
            form(
                r"^arn:aws[a-z-]*:ses:[a-z0-9-]+:\d{12}:identity/\S+$",
                "the ARN of an identity of SES",
                "arn:aws:ses:eu-west-1:111111111111:identity/store.example.com",
                max_length=2048,
            ),
        ]
        | None
    ) = None
    """Verified identity of somebody else, a domain or an address, in the home Region. Without it the stack makes the
    identity of the store's domain with its records in the zone, and the user pool waits for the verification."""

    from_address: Address
    """Address of the sender, of that identity or in the store's domain."""

    from_name: Annotated[
        str, form(r'^[^"<>\r\n]{1,64}$', "a name of 64 characters at most, without quotes, < and >", "Web Store")
    ] = "Web Store"
    """Name that mail programs show."""

    reply_to: Address | None = None
    """Where answers go; without it to the sender."""

    configuration_set: (
        Annotated[
            str, form(r"^[A-Za-z0-9_-]{1,64}$", "letters, digits, underscores and hyphens, 64 at most", "web-store")
        ]
        | None
    ) = None
    """Existing SES configuration set; without it the stack makes one for an identity of its own."""

    account_messages: Literal["ses", "cognito"] = "ses"
    """Who sends codes of sign-ups and resets. `cognito` sends at most 50 messages a day, from an address that customers
    do not know, and reaches everybody while SES is in its sandbox; the user pool waits for no verification: for
    development. Messages about orders come from SES in any case."""

    mail_from_label: HostLabel = "mail"
    """Where bounces return to: `mail` is `mail.<domain>`, with an SPF record. For an identity of the stack."""

    dmarc: Dmarc | None = Dmarc()
    """DMARC record of the store's domain; `null` where the zone has one already. For an identity of the stack."""

    @section_rule
    def _own_address(self) -> Iterator[Refusal]:
        if self.identity_arn is None:
            return
        for setting in ("mail_from_label", "dmarc"):
            if setting in self.model_fields_set:
                yield refuse(
                    "must be left out with `identity_arn`: whoever made the identity has set its records",
                    fix="leave it out, or leave `identity_arn` out to have the identity made",
                    at=(setting,),
                )
        identity = self.identity_arn.rpartition("/")[2]
        if identity != self.from_address and not re.search(rf"[@.]{re.escape(identity)}$", self.from_address):
            yield refuse(
                f"must belong to the identity {identity}, or SES refuses every message",
                at=("from_address",),
                write=identity if "@" in identity else f"no-reply@{identity}",
            )
