"""What an environment of profile `prod` must have, and of `staging` what policies demand there, too."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from settings.backup import NoBackup
from settings.clients import WebClient
from settings.feeds import Kinesis
from settings.network import OpenEgress
from settings.problems import Problem
from settings.relations.reads import DomainName, Egress, Engine, Plan, Profile, Region, Services, Zones
from settings.relations.relation import Reads, Relation, problem, relation
from settings.senders import CognitoSender, SesSender
from settings.web_acl import UserPoolWebAclSettings, WebAclSettings

_PROD = ("prod",)
_STRICT = ("staging", "prod")
"""Profiles in which policies/profiles.yaml makes the rule mandatory: settings tell it first, at the setting."""


def _profiles(profiles: Sequence[str]) -> str:
    return " and ".join(f"`{profile}`" for profile in profiles)


def demand(
    path: str, rule: str, write: Any, *, met: Callable[[Any], bool], profiles: Sequence[str] = _PROD
) -> Relation:
    """A rule about the one setting at `path`: what the profiles must do, and `write`, the fix."""
    section, field, *below = path.split(".")

    def check(profile: str, value: Any) -> Iterator[Problem]:
        for name in below:
            value = getattr(value, name, None)
        if profile in profiles and value is not None and not met(value):
            yield problem(path, value, f"profile `{profile}` must {rule}", write)

    return Relation(f"profile {_profiles(profiles)} must {rule}", ("environment.profile", f"{section}.{field}"), check)


@relation
def production_spans_three_zones(profile: Profile, region: Region, zones: Zones) -> Iterator[Problem]:
    if profile in _STRICT and len(set(zones)) < 3:
        offered = [f"{region}{letter}" for letter in "abcdef"]
        yield problem(
            "network.zones",
            zones,
            f"profile `{profile}` must span at least three zones: when one is down, two still share the load",
            [*dict.fromkeys([zone for zone in zones if zone in offered] + offered)][:3],
        )


@relation
def production_lists_where_payments_go(profile: Profile, egress: Egress) -> Iterator[Problem]:
    if profile == "prod" and isinstance(egress, OpenEgress):
        yield problem(
            "network.payment_egress.engine",
            egress.engine,
            "profile `prod` must let payment services reach listed destinations only: with all addresses open, nobody"
            " notices stolen card data that leaves",
            edits={
                "network.payment_egress.engine": "network_firewall",
                "network.payment_egress.domains": ["api.payments.example.com"],
            },
        )


def block_attacks(path: str) -> Relation:
    """The web ACL at `path` must block."""
    section, field, *below = path.split(".")

    def check(profile: str, value: Any) -> Iterator[Problem]:
        for name in below:
            value = getattr(value, name)
        web_acl: WebAclSettings | None = value
        for place in web_acl.not_blocking if profile in _STRICT and web_acl is not None else ():
            yield problem(
                f"{path}.{place}",
                "count",
                f"profile `{profile}` must block what the web ACL's rules find, because counting stops nothing; single"
                " rules of a group may be in its `count_only`",
                "block",
            )

    return Relation(
        f"profile {_profiles(_STRICT)} must block attacks at {path}",
        ("environment.profile", f"{section}.{field}"),
        check,
    )


@relation
def production_alarms_are_heard(
    profile: Profile,
    emails: Annotated[tuple[str, ...], Reads("observability.alarm_emails")],
    endpoints: Annotated[tuple[str, ...], Reads("observability.alarm_endpoints")],
) -> Iterator[Problem]:
    if profile == "prod" and not emails and not endpoints:
        yield problem(
            "observability.alarm_emails",
            emails,
            "profile `prod` must send alarms to somebody, here or in `alarm_endpoints`",
            ["store-oncall@example.com"],
        )


@relation
def production_backups_survive(profile: Profile, region: Region, plan: Plan) -> Iterator[Problem]:
    if profile != "prod" or isinstance(plan, NoBackup):
        return
    if plan.lock is None:
        yield problem(
            "backup.plan.lock",
            None,
            "profile `prod` must lock its vaults: an attacker with an administrator's rights deletes backups first",
            {"min_days": 7, "max_days": 400},
        )
    if plan.copy_region is None:
        yield problem(
            "backup.plan.copy_region",
            None,
            "profile `prod` must copy its backups to a second Region, to have them when the first is lost",
            "eu-central-1" if region != "eu-central-1" else "eu-west-1",
            fix="or another Region than the home Region",
        )


@relation
def production_has_a_budget(
    profile: Profile, monthly_usd: Annotated[int | None, Reads("budget.monthly_usd")]
) -> Iterator[Problem]:
    if profile == "prod" and monthly_usd is None:
        yield problem(
            "budget.monthly_usd",
            None,
            "profile `prod` must have a budget, so that runaway costs are noticed before the bill",
            10_000,
        )


@relation
def production_messages_reach_customers(
    profile: Profile,
    domain_name: DomainName,
    sender: Annotated[CognitoSender | SesSender, Reads("identity.email")],
) -> Iterator[Problem]:
    if profile == "prod" and isinstance(sender, CognitoSender):
        yield problem(
            "identity.email.kind",
            sender.kind,
            "profile `prod` must send by SES: Cognito's own sender stops after 50 messages a day, and then nobody can"
            " sign up or reset a password",
            "ses",
            edits={"identity.email.from_address": f"no-reply@{domain_name}"},
        )
    elif profile == "prod" and isinstance(sender, SesSender) and sender.account_messages == "cognito":
        yield problem(
            "identity.email.account_messages",
            sender.account_messages,
            "profile `prod` must send codes by SES: Cognito's own sender stops after 50 messages a day, and then nobody"
            " can sign up or reset a password",
            "ses",
        )


@relation
def production_filters_sign_ins(
    profile: Profile, web_acl: Annotated[UserPoolWebAclSettings | None, Reads("identity.web_acl")]
) -> Iterator[Problem]:
    if profile in _STRICT and web_acl is None:
        yield problem(
            "identity.web_acl",
            None,
            f"profile `{profile}` must have a web ACL before the user pool: attackers try stolen passwords there first",
            {"mode": "block"},
        )


@relation
def production_sends_codes_to_the_store_alone(
    profile: Profile, web: Annotated[WebClient, Reads("identity.web")]
) -> Iterator[Problem]:
    for position, url in enumerate(web.extra_urls):
        if profile == "prod" and url.startswith("http://"):
            yield problem(
                f"identity.web.extra_urls.{position}",
                url,
                "profile `prod` must send authorization codes to HTTPS addresses only",
                fix="leave it out; developers sign in to another environment",
            )


@relation
def production_bounds_what_everybody_may_call(profile: Profile, services: Services) -> Iterator[Problem]:
    for name, service in services.items() if profile == "prod" else ():
        for position, route in enumerate(service.routes):
            if route.auth == "public" and route.throttle is None:
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.throttle",
                    None,
                    "profile `prod` must give each public route its own `throttle`: no token limits who may call it",
                    {"requests_per_second": 100.0, "burst": 200},
                )


@relation
def production_sets_single_records_aside(profile: Profile, engine: Engine) -> Iterator[Problem]:
    if profile == "prod" and not isinstance(engine, Kinesis) and engine.pollers is None:
        yield problem(
            "feeds.engine.pollers",
            None,
            "profile `prod` must read Kafka with pollers: without them one bad record blocks its batch, and the whole"
            " batch is discarded with it",
            {"minimum": 1},
        )


PRODUCTION = (
    production_spans_three_zones,
    production_lists_where_payments_go,
    *map(block_attacks, ("edge.web_acl", "web_tier.load_balancer.web_acl", "api.web_acl", "identity.web_acl")),
    production_alarms_are_heard,
    production_backups_survive,
    production_has_a_budget,
    production_messages_reach_customers,
    production_filters_sign_ins,
    production_sends_codes_to_the_store_alone,
    production_bounds_what_everybody_may_call,
    production_sets_single_records_aside,
    demand(
        "network.payment_egress.dns.mode",
        "answer listed names only: data leaves the payment services in names, too",
        "block",
        met=lambda mode: mode == "block",
    ),
    demand(
        "environment.protect",
        "protect resources with customer data from deletion, and let deleted secrets be recovered",
        True,
        met=bool,
        profiles=_STRICT,
    ),
    demand(
        "network.nat",
        "have a NAT gateway in each zone: when the zone of the only one fails, no zone reaches the internet",
        "one_per_az",
        met=lambda nat: nat == "one_per_az",
    ),
    demand(
        "encryption.deletion_window_days",
        "leave the full 30 days to notice that a key is scheduled for deletion",
        30,
        met=lambda days: days == 30,
    ),
    demand(
        "web_tier.service.scaling.min_tasks",
        "keep at least two tasks: one serves while the other is replaced or its zone is down",
        3,
        met=lambda tasks: tasks >= 2,
    ),
    demand(
        "web_tier.service.spot_percent",
        "run no tasks on Fargate Spot, which AWS interrupts when it needs the capacity",
        0,
        met=lambda percent: percent == 0,
    ),
    demand(
        "web_tier.service.execute_command",
        "not allow shells in running tasks",
        False,
        met=lambda allowed: not allowed,
    ),
    demand(
        "data.dax.nodes",
        "have at least three nodes of the accelerator: with fewer, the loss of one moves too many reads to the tables",
        3,
        met=lambda nodes: nodes >= 3,
    ),
    demand(
        "data.cache.replicas_per_shard",
        "have a replica of each shard in another zone to fail over to",
        1,
        met=lambda replicas: replicas >= 1,
    ),
    demand(
        "data.cache.snapshot_days",
        "keep at least one daily snapshot, to restore the cache from",
        7,
        met=lambda days: days >= 1,
    ),
    demand(
        "backup.plan.engine",
        "back up its data: recovery points survive mistakes and attacks that destroy the data",
        "aws-backup",
        met=lambda engine: engine != "off",
    ),
    demand(
        "backup.plan.daily_keep_days",
        "keep daily recovery points for at least five weeks",
        35,
        met=lambda days: days >= 35,
    ),
    demand(
        "web_tier.cache.replicas_per_shard",
        "have a replica of each shard in another zone to fail over to",
        1,
        met=lambda replicas: replicas >= 1,
    ),
    demand(
        "web_tier.cache.snapshot_days",
        "keep at least one daily snapshot, to restore the cache from",
        7,
        met=lambda days: days >= 1,
    ),
    demand(
        "identity.threat_protection",
        "act on stolen passwords and account takeovers; this needs `tier: PLUS`",
        "enforced",
        met=lambda mode: mode == "enforced",
        profiles=_STRICT,
    ),
    demand(
        "identity.mfa",
        "offer customers a second factor",
        "optional",
        met=lambda mfa: mfa != "none",
        profiles=_STRICT,
    ),
    demand(
        "events.archive_days",
        "archive events for at least 90 days: a faulty consumer is usually found within a quarter, and needs a replay",
        365,
        met=lambda days: days >= 90,
    ),
    demand(
        "events.log_level", "log the events that the bus could not deliver", "error", met=lambda level: level != "off"
    ),
    demand("api.tracing", "trace requests from the API on", True, met=bool),
    demand(
        "api.tls_policy",
        "accept TLS with forward secrecy only: traffic recorded today stays unreadable when a key leaks",
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        met=lambda policy: "_PFS_" in policy,
    ),
    demand(
        "feeds.engine.instance_type",
        "not use burstable brokers (kafka.t3): they throttle when their CPU credits run out",
        "kafka.m7g.large",
        met=lambda kind: not kind.startswith("kafka.t3."),
    ),
    demand(
        "feeds.dead_letter_days",
        "keep failed records for at least 7 days, over a holiday week",
        14,
        met=lambda days: days >= 7,
    ),
    demand(
        "search.engine.instance_type",
        "not use burstable nodes (t3): searches wait when their CPU credits run out",
        "m7g.large.search",
        met=lambda kind: not kind.startswith("t3."),
    ),
    demand(
        "search.engine.standby",
        "have nodes that stand by in another zone: without them, a failing zone takes a third of the search with it",
        True,
        met=bool,
    ),
    demand(
        "search.engine.min_search_units",
        "keep at least 2 units for searches: with fewer, the first customers after a quiet time wait up to 30 seconds",
        2,
        met=lambda units: units >= 2,
    ),
    demand(
        "orders.retention_days",
        "keep orders for at least 7 days while the order management system is down",
        14,
        met=lambda days: days >= 7,
    ),
)
