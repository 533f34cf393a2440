"""Web ACLs: what is blocked, counted and limited before CloudFront, the load balancer, the API and the user pool.

All four have the same keys, except where AWS offers less at one place.
"""

from collections.abc import Collection, Iterator
from itertools import chain, count
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import CountryCode
from settings.managed_rules import RULES_OF
from settings.meant import nearest_word
from settings.problems import NOTHING, Refusal, refuse
from settings.types import LogRetentionDays, WebPath

Mode = Literal["block", "count"]
RuleName = Annotated[
    str, form(r"^[a-z][a-z0-9-]{0,40}$", "small letters, digits and hyphens, 41 at most, a letter first", "checkout")
]
BodyKib = Literal[16, 32, 48, 64]


def _name_the_group(schema: dict[str, Any], group: "type[RuleGroup]") -> None:
    schema["description"] = f"{schema['description']} AWS's group `{group.GROUP}`."


class RuleGroup(Section):
    """A managed rule group of AWS
    (https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html)."""

    model_config = ConfigDict(json_schema_extra=_name_the_group)
    GROUP: ClassVar[str]

    mode: Mode = "block"
    """`count` lets everything pass and shows in metrics and logs what `block` would stop; new groups start with it."""

    count_only: tuple[str, ...] = Field(default=(), max_length=100)
    """Rules of the group that only count while the group blocks, by AWS's name such as `SizeRestrictions_BODY`."""

    @section_rule
    def _has_the_rules(self) -> Iterator[Refusal]:
        known = RULES_OF[self.GROUP]
        for position, name in enumerate(self.count_only):
            if name not in known:
                near = nearest_word(name, known)
                yield refuse(
                    f"must be a rule of {self.GROUP}, because WAF ignores other names: {', '.join(known)}",
                    fix="" if near else "a rule that AWS has added goes into settings/managed_rules.py",
                    at=("count_only", position),
                    write=NOTHING if near is None else near,
                )


class CommonAttacks(RuleGroup):
    """OWASP's common attacks."""

    GROUP = "AWSManagedRulesCommonRuleSet"


class CommonAttacksOnPrograms(CommonAttacks):
    """OWASP's common attacks, where programs call beside browsers."""

    count_only: tuple[str, ...] = Field(default=("NoUserAgent_HEADER",), max_length=100)
    """Rules that only count, by AWS's name. Requests without `User-Agent` do by default: machines need not send one,
    and would get no token (https://github.com/aws-samples/cloudfront-authorization-at-edge/issues/264)."""


class KnownBadInputs(RuleGroup):
    """Known exploits such as Log4j."""

    GROUP = "AWSManagedRulesKnownBadInputsRuleSet"


class SqlInjection(RuleGroup):
    """SQL in query, body, cookies or path."""

    GROUP = "AWSManagedRulesSQLiRuleSet"


class IpReputation(RuleGroup):
    """Addresses known for attacks."""

    GROUP = "AWSManagedRulesAmazonIpReputationList"


class AnonymousIp(RuleGroup):
    """VPNs, proxies, Tor."""

    GROUP = "AWSManagedRulesAnonymousIpList"

    count_only: tuple[str, ...] = Field(default=("HostingProviderIPList",), max_length=100)
    """Rules that only count. Hosting providers do by default: partners, monitors and crawlers come from there."""


class BotControl(RuleGroup):
    """Recognises bots that request pages; requests to `/api/` pass, because mobile apps and API clients look like bots.
    Charged per month and per request on top of the web ACL (https://aws.amazon.com/waf/pricing/)."""

    GROUP = "AWSManagedRulesBotControlRuleSet"

    level: Literal["COMMON", "TARGETED"] = "COMMON"
    """`TARGETED` adds browser interrogation and machine learning, at a higher price per request."""


class BotControlOfPrograms(RuleGroup):
    """Recognises bots where programs call beside browsers. Charged per month and per request on top of the web ACL
    (https://aws.amazon.com/waf/pricing/)."""

    GROUP = "AWSManagedRulesBotControlRuleSet"

    level: Literal["COMMON"] = "COMMON"
    """`TARGETED` challenges clients, and programs cannot answer."""

    count_only: tuple[str, ...] = Field(
        default=("CategoryHttpLibrary", "SignalKnownBotDataCenter", "SignalNonBrowserUserAgent"), max_length=100
    )
    """Rules that only count, by AWS's name. By default those that stop mobile apps and machines
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-bot-control-example-user-agent-exception.html)."""


class CredentialFields(RuleGroup):
    """Where credentials are in a request body."""

    payload: Literal["JSON", "FORM_ENCODED"] = "JSON"
    """Form of the request's body."""

    username_field: str = Field(default="/username", min_length=1, max_length=512)
    """JSON pointer such as `/login/name`, or name of the form field."""

    password_field: str = Field(default="/password", min_length=1, max_length=512)
    """JSON pointer or name of the form field."""


class AccountTakeover(CredentialFields):
    """Stops stolen and guessed credentials at a login page of the store's own host (ATP). The sign-in pages of section
    `identity` have another host, which AWS lets `identity.threat_protection` guard.

    Charged per month and per login attempt on top of the web ACL (https://aws.amazon.com/waf/pricing/).
    """

    GROUP = "AWSManagedRulesATPRuleSet"

    login_path: WebPath
    """Beginning of the path that takes logins."""


class AccountCreation(CredentialFields):
    """Stops fraudulent sign-ups (ACFP) at pages of the store's own host; those of section `identity` have another one.
    Charged like account takeover (https://aws.amazon.com/waf/pricing/)."""

    GROUP = "AWSManagedRulesACFPRuleSet"

    registration_page_path: WebPath
    """Beginning of the path that shows the sign-up form."""

    creation_path: WebPath
    """Beginning of the path that takes it."""

    email_field: str | None = Field(default=None, min_length=1, max_length=512)
    """JSON pointer or name of the form field."""


class AntiDdos(RuleGroup):
    """Recognises floods of requests (layer 7) within seconds and challenges or blocks their senders.

    Charged per month and per request on top of the web ACL (https://aws.amazon.com/waf/pricing/).
    """

    GROUP = "AWSManagedRulesAntiDDoSRuleSet"

    sensitivity: Literal["LOW", "MEDIUM", "HIGH"] = "LOW"
    """Suspicion from which on requests are blocked rather than challenged."""

    never_challenge: tuple[str, ...] = Field(
        default=(r"^\/api\/", r"\.(js|css|png|jpg|svg|woff2)$"), min_length=1, max_length=5
    )
    """Regular expressions of paths whose callers cannot answer a browser challenge; before the API, all paths."""


class RateLimit(Section):
    """Upper limit of requests from one address."""

    name: RuleName
    """Name of the limit, unique; part of the metric's name."""

    path: WebPath | None = None
    """Beginning of the paths that it counts, of this web ACL's host; without it all requests."""

    limit: int = Field(ge=10, le=2_000_000_000)
    """Requests per window and address (https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html)."""

    window_seconds: Literal[60, 120, 300, 600] = 300
    """Seconds over which requests are counted."""

    mode: Mode = "block"
    """`block` refuses further requests; `count` only counts them."""


class GeoRule(Section):
    """Countries that are blocked, or the only ones that are admitted. Exactly one of the lists must be given."""

    only: tuple[CountryCode, ...] = ()
    """ISO 3166 codes of the countries that are admitted."""

    never: tuple[CountryCode, ...] = ()
    """ISO 3166 codes of the countries that are blocked."""

    mode: Mode = "block"
    """`block` refuses requests from elsewhere; `count` only counts them."""

    @section_rule
    def _one_list(self) -> Iterator[Refusal]:
        if bool(self.only) == bool(self.never):
            yield refuse(
                "must have either `only` or `never`, with at least one country",
                fix="or leave `geo` out",
                edits={("only",): list(self.only), ("never",): []} if self.only else {("never",): ["KP"]},
            )


class WebAclSettings(Section):
    """What every web ACL has."""

    mode: Mode = "block"
    """`count` makes every rule of this web ACL only count, for the first days of a rule set."""

    known_bad_inputs: KnownBadInputs = KnownBadInputs()
    sql_injection: SqlInjection = SqlInjection()
    ip_reputation: IpReputation = IpReputation()

    rate_limits: tuple[RateLimit, ...] = Field(
        default=(RateLimit(name="all", limit=2000),), min_length=1, max_length=10
    )
    """Requests from one address; above a limit further ones are blocked. One limit must have no path, as a ceiling for
    everything. Behind CloudFront the address is the customer's own
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html)."""

    geo: GeoRule | None = None

    log_days: LogRetentionDays | None = None
    """Days that the log is kept, without credentials; by default as long as the other logs of the section."""

    log_allowed: bool = True
    """Log requests that passed every rule, too; they are most of the volume."""

    @section_rule
    def _limits_fit(self) -> Iterator[Refusal]:
        names = [limit.name for limit in self.rate_limits]
        for position, name in enumerate(names):
            if name in names[:position]:
                yield refuse(
                    f"must have a name of its own; {name} is taken, and metrics are named after it",
                    at=("rate_limits", position, "name"),
                    write=_free(name, names),
                )
        if all(limit.path for limit in self.rate_limits):
            yield refuse(
                "must have one limit without a path, as a ceiling for all requests",
                at=("rate_limits",),
                edits={("rate_limits", len(names)): {"name": _free("all", names), "limit": 2000}},
            )

    @property
    def groups(self) -> dict[str, RuleGroup]:
        """Managed rule groups in use, by their keys."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, RuleGroup)}

    @property
    def not_blocking(self) -> list[str]:
        """Dotted paths of every `mode` that only counts: none may be left in production."""
        return [".".join(path) for path in _counting(self)]


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or with the first number that makes it differ from those taken."""
    numbered = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(free for free in numbered if free not in taken)


def _counting(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _counting(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _counting(item, (*path, str(position)))
    elif value == "count" and path[-1] == "mode":
        yield path


class _PublicPages(WebAclSettings):
    """Groups that AWS has no use for at a user pool
    (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html)."""

    account_takeover: AccountTakeover | None = None
    account_creation: AccountCreation | None = None
    anti_ddos: AntiDdos | None = None


class _Browsed(WebAclSettings):
    """Places that browsers call."""

    common: CommonAttacks = CommonAttacks()
    bot_control: BotControl | None = None


class EdgeWebAclSettings(_Browsed, _PublicPages):
    """Rules before CloudFront: every customer's requests pass here first."""

    anonymous_ip: AnonymousIp = AnonymousIp()

    max_body_kib: BodyKib = 16
    """Larger request bodies are refused, because rules see no more of them than this. More than 16 is charged
    (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html). The common group
    refuses 8 KiB already unless its `SizeRestrictions_BODY` is in `count_only`."""

    log_days: LogRetentionDays | None = 90
    """Days that the log is kept, without credentials; `null`: as long as the access logs."""

    log_allowed: bool = False
    """Log requests that passed every rule, too; they are most of the volume."""


class BalancerWebAclSettings(_Browsed, _PublicPages):
    """Second line behind the edge's web ACL, for requests that reach the load balancer."""

    anonymous_ip: AnonymousIp | None = None

    max_body_kib: Literal[8] | None = None
    """Refuse request bodies above 8 KiB, all that rules see of them at a load balancer. The common group does by
    default."""


class _CalledByPrograms(WebAclSettings):
    """Places that mobile apps and machines call, and whose body limit can be chosen."""

    common: CommonAttacksOnPrograms = CommonAttacksOnPrograms()
    bot_control: BotControlOfPrograms | None = None
    anonymous_ip: AnonymousIp | None = None

    max_body_kib: BodyKib | None = None
    """Refuse larger request bodies; rules see this much of them, without it 16. More than 16 is charged
    (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html). The common group
    refuses 8 KiB already unless its `SizeRestrictions_BODY` is in `count_only`."""


class ApiWebAclSettings(_CalledByPrograms, _PublicPages):
    """Second line behind the edge's web ACL, and the first for callers of the API's own host."""


class UserPoolWebAclSettings(_CalledByPrograms):
    """Rules before the sign-in pages and the API of the user pool. AWS hides user names, passwords and addresses from
    them, and admits neither `account_takeover` nor `account_creation` here
    (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html)."""


AnyWebAcl = EdgeWebAclSettings | BalancerWebAclSettings | ApiWebAclSettings | UserPoolWebAclSettings
