"""Web ACL of the edge, part of section `edge`: what is blocked, counted and limited before a request is routed."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.base import LogRetentionDays, Section
from settings.problems import refuse

Mode = Literal["block", "count"]
Path = Annotated[str, StringConstraints(pattern=r"^/\S*$", max_length=200)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]


class RuleGroup(Section):
    """One of AWS's managed rule groups."""

    mode: Mode = "block"
    """`count` lets everything pass and shows in metrics and logs what `block` would stop; new groups start with it."""

    count_only: tuple[str, ...] = Field(default=(), max_length=100)
    """Rules of the group that only count while the group blocks, by AWS's name such as `SizeRestrictions_BODY`."""


class BotControl(RuleGroup):
    """Recognises bots. Charged per month and per request on top of the web ACL (https://aws.amazon.com/waf/pricing/)."""

    level: Literal["COMMON", "TARGETED"] = "COMMON"
    """`TARGETED` adds browser interrogation and machine learning, at a higher price per request."""


class CredentialFields(RuleGroup):
    """Where credentials are in a request body."""

    payload: Literal["JSON", "FORM_ENCODED"] = "JSON"

    username_field: str = Field(default="/username", min_length=1, max_length=512)
    """JSON pointer such as `/login/name`, or name of the form field."""

    password_field: str = Field(default="/password", min_length=1, max_length=512)
    """JSON pointer or name of the form field."""


class AccountTakeover(CredentialFields):
    """Stops stolen and guessed credentials at the login (ATP).

    Charged per month and per login attempt on top of the web ACL (https://aws.amazon.com/waf/pricing/).
    """

    login_path: Path
    """Beginning of the path that takes logins."""


class AccountCreation(CredentialFields):
    """Stops fraudulent sign-ups (ACFP). Charged like account takeover (https://aws.amazon.com/waf/pricing/)."""

    registration_page_path: Path
    """Beginning of the path that shows the sign-up form."""

    creation_path: Path
    """Beginning of the path that takes it."""

    email_field: str | None = Field(default=None, min_length=1, max_length=512)
    """JSON pointer or name of the form field."""


class AntiDdos(RuleGroup):
    """Recognises floods of requests (layer 7) within seconds and challenges or blocks their senders.

    Charged per month and per request on top of the web ACL (https://aws.amazon.com/waf/pricing/).
    """

    sensitivity: Literal["LOW", "MEDIUM", "HIGH"] = "LOW"
    """Suspicion from which on requests are blocked rather than challenged."""

    never_challenge: tuple[str, ...] = Field(
        default=(r"^\/api\/", r"\.(js|css|png|jpg|svg|woff2)$"), min_length=1, max_length=5
    )
    """Regular expressions of paths whose callers cannot answer a browser challenge."""


class RateLimit(Section):
    """Upper limit of requests from one address."""

    name: RuleName
    """Name of the limit, unique; part of the metric's name."""

    path: Path | None = None
    """Beginning of the paths that it counts; without it all requests."""

    limit: int = Field(ge=10, le=2_000_000_000)
    """Requests per window and address (https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html)."""

    window_seconds: Literal[60, 120, 300, 600] = 300
    mode: Mode = "block"


class GeoRule(Section):
    """Countries that are turned away, or the only ones that are let in."""

    only: tuple[CountryCode, ...] = ()
    """ISO 3166 codes of the countries that are let in."""

    never: tuple[CountryCode, ...] = ()
    """ISO 3166 codes of the countries that are turned away."""

    mode: Mode = "block"

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if bool(self.only) == bool(self.never):
            raise refuse(
                "is either `only` or `never`, with at least one country", fix="never: [KP], or no `geo` at all"
            )
        return self


class WebAclSettings(Section):
    common: RuleGroup = RuleGroup()
    """OWASP's common attacks (AWSManagedRulesCommonRuleSet)."""

    known_bad_inputs: RuleGroup = RuleGroup()
    """Known exploits such as Log4j (AWSManagedRulesKnownBadInputsRuleSet)."""

    sql_injection: RuleGroup = RuleGroup()
    """AWSManagedRulesSQLiRuleSet."""

    ip_reputation: RuleGroup = RuleGroup()
    """Addresses known for attacks (AWSManagedRulesAmazonIpReputationList)."""

    anonymous_ip: RuleGroup = RuleGroup(count_only=("HostingProviderIPList",))
    """VPNs, proxies, Tor (AWSManagedRulesAnonymousIpList). Hosting providers only count by default: partners, monitors
    and crawlers come from there."""

    bot_control: BotControl | None = None
    account_takeover: AccountTakeover | None = None
    account_creation: AccountCreation | None = None
    anti_ddos: AntiDdos | None = None

    rate_limits: tuple[RateLimit, ...] = Field(
        default=(RateLimit(name="all", limit=2000),), min_length=1, max_length=10
    )
    """One of them without a path, as a ceiling for everything."""

    geo: GeoRule | None = None

    max_body_kib: Literal[16, 32, 48, 64] = 16
    """Larger request bodies are refused, because rules see no more of them than this. More than 16 is charged
    (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html). The common group
    refuses 8 KiB already unless its `SizeRestrictions_BODY` is in `count_only`."""

    log_days: LogRetentionDays = 90
    """Days that the web ACL's log is kept, without authorization headers and cookies."""

    log_allowed: bool = False
    """Log requests that passed every rule, too; they are most of the volume."""

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        names = [limit.name for limit in self.rate_limits]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise refuse(
                    f"has the name {name} a second time; names are part of metrics",
                    fix="give each limit a name of its own",
                    at=("rate_limits", position, "name"),
                )
        if all(limit.path for limit in self.rate_limits):
            raise refuse(
                "needs one limit without a path, as a ceiling for all requests",
                fix="- {name: all, limit: 2000}",
                at=("rate_limits",),
            )
        return self

    @property
    def not_blocking(self) -> list[str]:
        """Dotted paths of the rules that only count: none may be left in production."""
        parts: dict[str, RuleGroup | GeoRule | None] = {
            "common": self.common,
            "known_bad_inputs": self.known_bad_inputs,
            "sql_injection": self.sql_injection,
            "ip_reputation": self.ip_reputation,
            "anonymous_ip": self.anonymous_ip,
            "bot_control": self.bot_control,
            "account_takeover": self.account_takeover,
            "account_creation": self.account_creation,
            "anti_ddos": self.anti_ddos,
            "geo": self.geo,
        }
        counting = [f"{name}.mode" for name, part in parts.items() if part is not None and part.mode == "count"]
        return counting + [f"rate_limits.{i}.mode" for i, limit in enumerate(self.rate_limits) if limit.mode == "count"]
