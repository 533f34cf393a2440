"""Section `identity`: customers' accounts, how they sign in, and which applications sign them in."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.base import Section
from settings.clients import MachineClient, MobileClient, ScopeName, WebClient, taken_for_attacks
from settings.problems import refuse
from settings.types import ONE_ENVIRONMENT, HostLabel, LogRetentionDays, Percent
from settings.web_acl import UserPoolWebAclSettings

GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,127}$")]
ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
Description = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Color = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{6}$")]
Address = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$"),
    Field(json_schema_extra={ONE_ENVIRONMENT: "an e-mail address"}),
]
ProfileAttribute = Literal[
    "address",
    "birthdate",
    "email",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "zoneinfo",
]
Tier = Literal["LITE", "ESSENTIALS", "PLUS"]


class AccountSettings(Section):
    """How accounts sign in and what they must have. AWS fixes it: a change makes a new user pool without accounts."""

    sign_in_with: Literal["email", "username"] = "email"
    """`email`: by address, upper or lower case. `username`: by a user name or by the verified address."""

    required_attributes: tuple[Literal["email", "family_name", "given_name", "locale", "name"], ...] = Field(
        default=("email",), min_length=1
    )
    """Attributes that every sign-up must bring."""

    confirmed_choice: str | None = Field(default=None, min_length=1)
    """Repeats the choice in one line. Required with `environment.protect`: a changed choice would replace the user
    pool, and is refused until this line is changed, too."""

    @property
    def choice(self) -> str:
        """The text of `confirmed_choice` that fits."""
        return f"sign in with {self.sign_in_with}; required: {', '.join(sorted(self.required_attributes))}"

    @model_validator(mode="after")
    def _unchanged(self) -> Self:
        if "email" not in self.required_attributes:
            raise refuse(
                "must contain `email`: without a verified address customers cannot recover their accounts",
                fix=f"required_attributes: [{', '.join(('email', *self.required_attributes))}]",
                at=("required_attributes",),
            )
        if self.confirmed_choice is not None and self.confirmed_choice != self.choice:
            raise refuse(
                "must repeat the choice of `sign_in_with` and `required_attributes`, because a changed choice would"
                f" delete all customer accounts: they were made under `{self.confirmed_choice}`, and AWS cannot change"
                " how accounts sign in or which attributes they require; it replaces the user pool, and nothing brings"
                " the accounts back",
                fix="restore `sign_in_with` and `required_attributes` to what this line says; only where no account is"
                f" worth keeping: `confirmed_choice: {self.choice!r}`",
                at=("confirmed_choice",),
            )
        return self


class CustomAttribute(Section):
    """An attribute of the store's own. AWS never removes one or changes its type; more can be added at any time.

    Customers cannot write it, only the store's own services can.
    """

    type: Literal["String", "Boolean"] = "String"
    """Kind of value."""

    max_length: int = Field(default=256, ge=1, le=2048)
    """Longest value, for `String`."""

    customers_read: bool = False
    """Applications see it in the customer's tokens and profile."""


class PasswordSettings(Section):
    min_length: int = Field(default=12, ge=8, le=99)
    """Shortest password, in characters."""

    must_hold: tuple[Literal["lowercase", "uppercase", "numbers", "symbols"], ...] = (
        "lowercase",
        "uppercase",
        "numbers",
        "symbols",
    )
    """Kinds of characters that each password has (https://docs.aws.amazon.com/securityhub/latest/userguide/cognito-controls.html)."""

    history: int = Field(default=5, ge=0, le=24)
    """Earlier passwords that cannot be used again; must be 0 with tier `LITE`
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html)."""

    temporary_days: int = Field(default=3, ge=1, le=7)
    """Days that the temporary password of an account made by an administrator is valid."""


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
            str, StringConstraints(pattern=r"^arn:aws[a-z-]*:ses:[a-z0-9-]+:\d{12}:identity/\S+$", max_length=2048)
        ]
        | None
    ) = None
    """Verified identity of somebody else, a domain or an address, in the home Region. Without it the stack makes the
    identity of the store's domain with its records in the zone, and the user pool waits for the verification."""

    from_address: Address
    """Address of the sender, of that identity or in the store's domain."""

    from_name: str = Field(default="Web Store", pattern=r'^[^"<>\r\n]{1,64}$')
    """Name that mail programs show."""

    reply_to: Address | None = None
    """Where answers go; without it to the sender."""

    configuration_set: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """Existing SES configuration set; without it the stack makes one for an identity of its own."""

    mail_from_label: HostLabel = "mail"
    """Where bounces return to: `mail` is `mail.<domain>`, with an SPF record. For an identity of the stack."""

    dmarc: Dmarc | None = Dmarc()
    """DMARC record of the store's domain; `null` where the zone has one already. For an identity of the stack."""

    @model_validator(mode="after")
    def _own_address(self) -> Self:
        if self.identity_arn is None:
            return self
        for setting in ("mail_from_label", "dmarc"):
            if setting in self.model_fields_set:
                raise refuse(
                    "must be left out with `identity_arn`: whoever made the identity has set its records",
                    fix="leave it out, or leave `identity_arn` out to have the identity made",
                    at=(setting,),
                )
        identity = self.identity_arn.rpartition("/")[2]
        if identity != self.from_address and not re.search(rf"[@.]{re.escape(identity)}$", self.from_address):
            raise refuse(
                f"must belong to the identity {identity}, or SES refuses every message",
                fix=f"from_address: no-reply@{identity.rpartition('@')[2]}",
                at=("from_address",),
            )
        return self


class CustomDomain(Section):
    """Sign-in pages under the store's own name; certificate and records are made."""

    kind: Literal["custom"] = "custom"

    label: HostLabel = "auth"
    """First part of the host name: `auth` makes `auth.<domain>`."""


class PrefixDomain(Section):
    """Sign-in pages under a name of Cognito's, `<prefix>.auth.<region>.amazoncognito.com`."""

    kind: Literal["prefix"]

    prefix: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] | None = None
    """Unique in the Region over all AWS accounts; by default the stack's name with the account id."""

    @model_validator(mode="after")
    def _not_reserved(self) -> Self:
        if self.prefix is not None and any(word in self.prefix for word in ("aws", "amazon", "cognito")):
            raise refuse(
                "must not contain aws, amazon or cognito, which AWS reserves",
                fix="take another prefix, or leave it out",
                at=("prefix",),
            )
        return self


class Group(Section):
    """People with the same rights; the name is in their tokens (`cognito:groups`)."""

    precedence: int = Field(ge=0, le=2_147_483_647)
    """For customers in several groups, the group with the lowest number takes precedence."""

    meaning: Description
    """Who belongs to it."""


class IdentitySettings(Section):
    tier: Tier = "ESSENTIALS"
    """Feature plan of the user pool, each charged per active user at its own price
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html)."""

    accounts: AccountSettings = AccountSettings()
    """How accounts sign in and what they must have."""

    custom_attributes: dict[AttributeName, CustomAttribute] = Field(default={}, max_length=50)
    """Attributes of the store's own, as `custom:<name>`."""

    profile_attributes: tuple[ProfileAttribute, ...] = ("email", "family_name", "given_name", "locale", "name")
    """Attributes that customers read and write through the applications; the required ones among them."""

    self_sign_up: bool = True
    """Customers create their own accounts; with `false` only administrators do."""

    password: PasswordSettings = PasswordSettings()
    """Rules for passwords."""

    mfa: Literal["none", "optional", "required"] = "optional"
    """Second factor, from an authenticator app. `optional`: for customers who set it up."""

    passkeys: bool = True
    """Sign-in with a passkey in place of a password. Not with `mfa: required`: the provider cannot tell AWS that a
    passkey counts as two factors (https://github.com/hashicorp/terraform-provider-aws/issues/50110)."""

    email_mfa: bool = False
    """Codes by e-mail as a second factor, through SES. AWS refuses it beside recovery by e-mail alone, so that with it
    nobody recovers an account without support (https://github.com/hashicorp/terraform-provider-aws/issues/41049)."""

    threat_protection: Literal["none", "audit", "enforced"] = "none"
    """Stolen passwords and account take-overs: `audit` reports them, `enforced` also asks for a second factor or
    blocks. Needs tier `PLUS`."""

    email: Annotated[CognitoSender | SesSender, Field(discriminator="kind")] = CognitoSender()
    """Sender of codes and warnings."""

    domain: Annotated[CustomDomain | PrefixDomain, Field(discriminator="kind")] = CustomDomain()
    """Host name of the sign-in pages. Passkeys belong to it: after a change customers make new ones."""

    button_color: Color | None = None
    """Colour of buttons on the sign-in pages, such as `1d4ed8`; without it Cognito's. Not with tier `LITE`."""

    scopes: dict[ScopeName, Description] = Field(default={}, max_length=100)
    """Scopes of the API that no service declares, with their meanings: `<service>.read` and `<service>.write`
    (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html)."""

    web: WebClient = WebClient()
    """The web store in browsers."""

    mobile: MobileClient | None = None
    """The mobile app; without it there is none."""

    machines: dict[ClientName, MachineClient] = Field(default={}, max_length=50)
    """Systems that call the API in their own name; each has its secret in Secrets Manager."""

    groups: dict[GroupName, Group] = Field(
        default={
            "admin": Group(precedence=0, meaning="Runs the store"),
            "support": Group(precedence=10, meaning="Helps customers"),
            "customer": Group(precedence=20, meaning="Buys in the store"),
        },
        max_length=50,
    )
    """Groups of people."""

    identity_pool: bool = False
    """AWS credentials for signed-in customers, for applications that call AWS directly. The role has no permissions
    until another part of the store grants some."""

    web_acl: UserPoolWebAclSettings | None = UserPoolWebAclSettings()
    """Web ACL in front of sign-in pages and API of the user pool; without it there is none."""

    failed_sign_ins_percent: Percent = 50
    """Alarm when more of the sign-ins fail for a quarter of an hour."""

    risky_sign_ins_per_5_minutes: int = Field(default=10, ge=1)
    """Alarm when more sign-ins are of high risk, with `threat_protection`."""

    log_days: LogRetentionDays = 365
    """Days that undelivered messages, risky sign-ins and the web ACL's refusals are kept."""

    @property
    def sign_in_web_acl(self) -> UserPoolWebAclSettings | None:
        """`web_acl`, which lets sign-ins return to the applications' own addresses."""
        acl = self.web_acl
        if acl is None:
            return None
        urls = [*self.web.extra_urls, *(self.mobile.callback_urls if self.mobile else ())]
        counted = sorted({*acl.common.count_only, *taken_for_attacks(urls)})
        return acl.model_copy(update={"common": acl.common.model_copy(update={"count_only": tuple(counted)})})

    @model_validator(mode="after")
    def _plan_covers_it(self) -> Self:
        lite = {
            "passkeys": (self.passkeys, "passkeys: false"),
            "email_mfa": (self.email_mfa, "email_mfa: false"),
            "button_color": (self.button_color is not None, "leave `button_color` out"),
        }
        for name, (wanted, fix) in lite.items():
            if wanted and self.tier == "LITE":
                raise refuse("must be off: tier LITE does not have it", fix=f"tier: ESSENTIALS, or {fix}", at=(name,))
        if self.password.history and self.tier == "LITE":
            raise refuse(
                "must be 0: tier LITE keeps no history",
                fix="tier: ESSENTIALS, or history: 0",
                at=("password", "history"),
            )
        if self.threat_protection != "none" and self.tier != "PLUS":
            raise refuse(
                f"must be `none`: tier {self.tier} does not have it",
                fix="tier: PLUS, or threat_protection: none",
                at=("threat_protection",),
            )
        return self

    @model_validator(mode="after")
    def _factors_fit(self) -> Self:
        if self.passkeys and self.mfa == "required":
            raise refuse(
                "must be off with `mfa: required`: AWS refuses that while passkeys count as one factor",
                fix="mfa: optional, or passkeys: false",
                at=("passkeys",),
            )
        if self.email_mfa and self.mfa == "none":
            raise refuse(
                "must be off with `mfa: none`, because codes by e-mail are a second factor",
                fix="mfa: optional, or email_mfa: false",
                at=("email_mfa",),
            )
        if self.email_mfa and isinstance(self.email, CognitoSender):
            raise refuse(
                "must be off without SES: Cognito's own sender does not send codes for sign-ins",
                fix="email: {kind: ses, identity_arn: ..., from_address: ...}, or email_mfa: false",
                at=("email_mfa",),
            )
        return self

    @model_validator(mode="after")
    def _required_attributes_can_be_entered(self) -> Self:
        missing = [name for name in self.accounts.required_attributes if name not in self.profile_attributes]
        if missing:
            raise refuse(
                f"must contain the required {', '.join(missing)}: otherwise customers cannot sign up",
                fix=f"profile_attributes: [{', '.join((*missing, *self.profile_attributes))}]",
                at=("profile_attributes",),
            )
        return self
