"""Section `identity`: customers' accounts, how they sign in, and which applications sign them in."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.base import Section, section_rule
from settings.clients import MachineClient, MobileClient, ScopeName, WebClient, taken_for_attacks
from settings.form import form
from settings.problems import Refusal, refuse
from settings.senders import CognitoSender, SesSender
from settings.types import HostLabel, LogRetentionDays, Percent
from settings.web_acl import UserPoolWebAclSettings

GroupName = Annotated[
    str, form(r"^[a-z][a-z0-9-]{0,127}$", "small letters, digits and hyphens, a letter first", "support")
]
ClientName = Annotated[
    str, form(r"^[a-z][a-z0-9-]{0,40}$", "small letters, digits and hyphens, 41 at most, a letter first", "warehouse")
]
AttributeName = Annotated[
    str,
    form(
        r"^[a-z][a-z0-9_]{0,19}$",
        "small letters, digits and underscores, 20 at most, a letter first",
        "customer_number",
    ),
]
Description = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Color = Annotated[
    str, form(r"^[0-9a-f]{6}$", "a colour: six hexadecimal digits in small letters, such as 1d4ed8", "1d4ed8")
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

    @section_rule
    def _unchanged(self) -> Iterator[Refusal]:
        if "email" not in self.required_attributes:
            yield refuse(
                "must contain `email`: without a verified address customers cannot recover their accounts",
                at=("required_attributes",),
                write=["email", *self.required_attributes],
            )
        if self.confirmed_choice is not None and self.confirmed_choice != self.choice:
            yield refuse(
                "must repeat the choice of `sign_in_with` and `required_attributes`, because a changed choice would"
                f" delete all customer accounts: they were made under `{self.confirmed_choice}`, and AWS cannot change"
                " how accounts sign in or which attributes they require; it replaces the user pool, and nothing brings"
                " the accounts back",
                fix="restore `sign_in_with` and `required_attributes` to what this line says; only where no account is"
                f" worth keeping: `confirmed_choice: {self.choice!r}`",
                at=("confirmed_choice",),
            )


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


class CustomDomain(Section):
    """Sign-in pages under the store's own name; certificate and records are made."""

    kind: Literal["custom"] = "custom"

    label: HostLabel = "auth"
    """First part of the host name: `auth` makes `auth.<domain>`."""


class PrefixDomain(Section):
    """Sign-in pages under a name of Cognito's, `<prefix>.auth.<region>.amazoncognito.com`."""

    kind: Literal["prefix"]

    prefix: (
        Annotated[
            str,
            form(
                r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
                "one part of a host name: small letters, digits and hyphens, 63 at most",
                "my-store-dev",
            ),
        ]
        | None
    ) = None
    """Unique in the Region over all AWS accounts; by default the stack's name with the account id."""

    @section_rule
    def _not_reserved(self) -> Iterator[Refusal]:
        if self.prefix is not None and any(word in self.prefix for word in ("aws", "amazon", "cognito")):
            yield refuse(
                "must not contain aws, amazon or cognito, which AWS reserves",
                fix="take another prefix, or leave it out",
                at=("prefix",),
            )


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
    def accounts_by_ses(self) -> bool:
        """SES sends the messages of accounts; else Cognito does."""
        return isinstance(self.email, SesSender) and self.email.account_messages == "ses"

    @property
    def sign_in_web_acl(self) -> UserPoolWebAclSettings | None:
        """`web_acl`, which lets sign-ins return to the applications' own addresses."""
        acl = self.web_acl
        if acl is None:
            return None
        urls = [*self.web.extra_urls, *(self.mobile.callback_urls if self.mobile else ())]
        counted = sorted({*acl.common.count_only, *taken_for_attacks(urls)})
        return acl.model_copy(update={"common": acl.common.model_copy(update={"count_only": tuple(counted)})})

    @section_rule
    def _plan_covers_it(self) -> Iterator[Refusal]:
        lite = {
            "passkeys": (self.passkeys, False),
            "email_mfa": (self.email_mfa, False),
            "button_color": (self.button_color is not None, None),
        }
        for name, (wanted, off) in lite.items():
            if wanted and self.tier == "LITE":
                yield refuse(
                    "must be off: tier LITE does not have it", fix="or `tier: ESSENTIALS`", at=(name,), write=off
                )
        if self.password.history and self.tier == "LITE":
            yield refuse(
                "must be 0: tier LITE keeps no history",
                fix="or `tier: ESSENTIALS`",
                at=("password", "history"),
                write=0,
            )
        if self.threat_protection != "none" and self.tier != "PLUS":
            yield refuse(
                f"must be `none`: tier {self.tier} does not have it",
                fix="or `threat_protection: none`",
                at=("threat_protection",),
                edits={("tier",): "PLUS"},
            )

    @section_rule
    def _factors_fit(self) -> Iterator[Refusal]:
        if self.passkeys and self.mfa == "required":
            yield refuse(
                "must be off with `mfa: required`: AWS refuses that while passkeys count as one factor",
                fix="or `mfa: optional`",
                at=("passkeys",),
                write=False,
            )
        if self.email_mfa and self.mfa == "none":
            yield refuse(
                "must be off with `mfa: none`, because codes by e-mail are a second factor",
                fix="or `mfa: optional`",
                at=("email_mfa",),
                write=False,
            )
        if self.email_mfa and not self.accounts_by_ses:
            yield refuse(
                "must be off without SES: Cognito's own sender does not send codes for sign-ins",
                fix="or `email` with `kind: ses`, without `account_messages: cognito`",
                at=("email_mfa",),
                write=False,
            )

    @section_rule
    def _required_attributes_can_be_entered(self) -> Iterator[Refusal]:
        missing = [name for name in self.accounts.required_attributes if name not in self.profile_attributes]
        if missing:
            yield refuse(
                f"must contain the required {', '.join(missing)}: otherwise customers cannot sign up",
                at=("profile_attributes",),
                write=[*missing, *self.profile_attributes],
            )
