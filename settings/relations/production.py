"""What an environment of profile `prod` must have, whatever the components would accept."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from settings.app_tier.microservice import Microservice
from settings.backup import BackupPlan, NoBackup
from settings.feeds import Kinesis, MskProvisioned, MskServerless
from settings.identity import CognitoSender, SesSender, WebClient
from settings.network import OpenEgress, PaymentEgress
from settings.problems import Problem
from settings.relations.relation import Relation, problem, relation
from settings.web_acl import WebAclSettings
from settings.web_tier import RegionalWebAclSettings


def demand(path: str, rule: str, write: Any, *, met: Callable[[Any], bool]) -> Relation:
    """A rule of production about the one setting at `path`, for which `write` is the fix."""
    section, field, *below = path.split(".")

    def check(profile: str, value: Any) -> Iterator[Problem]:
        for name in below:
            value = getattr(value, name, None)
        if profile == "prod" and value is not None and not met(value):
            yield problem(path, value, f"profile `prod` {rule}", write)

    return Relation(f"profile `prod` {rule}", ("environment.profile", f"{section}.{field}"), check)


@relation("environment.profile", "environment.region", "network.zones")
def production_spans_three_zones(profile: str, region: str, zones: tuple[str, ...]) -> Iterator[Problem]:
    if profile == "prod" and len(set(zones)) < 3:
        offered = [f"{region}{letter}" for letter in "abcdef"]
        yield problem(
            "network.zones",
            zones,
            "profile `prod` spans at least three zones: with one down, two still share the load",
            [*dict.fromkeys([zone for zone in zones if zone in offered] + offered)][:3],
        )


@relation("environment.profile", "network.payment_egress")
def production_lists_where_payments_go(profile: str, egress: PaymentEgress) -> Iterator[Problem]:
    if profile == "prod" and isinstance(egress, OpenEgress):
        yield problem(
            "network.payment_egress.engine",
            egress.engine,
            "profile `prod` lets payment services reach listed destinations only: with any address open, stolen card"
            " data leaves unseen",
            fix="payment_egress: {engine: network_firewall, domains: [api.payments.example.com]}",
        )


@relation("environment.profile", "edge.web_acl")
def production_blocks_attacks(profile: str, web_acl: WebAclSettings) -> Iterator[Problem]:
    for path in web_acl.not_blocking if profile == "prod" else ():
        yield problem(
            f"edge.web_acl.{path}",
            "count",
            "profile `prod` blocks what the web ACL's rules find; counting stops nothing",
            "block",
        )


@relation("environment.profile", "observability.alarm_emails", "observability.alarm_endpoints")
def production_alarms_are_heard(profile: str, emails: tuple[str, ...], endpoints: tuple[str, ...]) -> Iterator[Problem]:
    if profile == "prod" and not emails and not endpoints:
        yield problem(
            "observability.alarm_emails",
            emails,
            "profile `prod` needs somebody who hears of alarms, here or in `alarm_endpoints`",
            ["store-oncall@example.com"],
        )


@relation("environment.profile", "backup.plan")
def production_backups_survive(profile: str, plan: BackupPlan | NoBackup) -> Iterator[Problem]:
    if profile != "prod" or isinstance(plan, NoBackup):
        return
    if plan.lock is None:
        yield problem(
            "backup.plan.lock",
            None,
            "profile `prod` locks its vaults: whoever takes over an administrator deletes the backups first",
            {"min_days": 7, "max_days": 400},
        )
    if plan.copy_region is None:
        yield problem(
            "backup.plan.copy_region",
            None,
            "profile `prod` has its backups in a second Region too, for the day that the first is lost",
            fix="copy_region: eu-central-1   # or another Region than the home Region",
        )


@relation("environment.profile", "budget.monthly_usd")
def production_has_a_budget(profile: str, monthly_usd: int | None) -> Iterator[Problem]:
    if profile == "prod" and monthly_usd is None:
        yield problem(
            "budget.monthly_usd",
            None,
            "profile `prod` has a budget, so that costs out of hand are noticed before the bill",
            10_000,
        )


@relation("environment.profile", "identity.email")
def production_messages_reach_customers(profile: str, sender: CognitoSender | SesSender) -> Iterator[Problem]:
    if profile == "prod" and isinstance(sender, CognitoSender):
        yield problem(
            "identity.email.kind",
            sender.kind,
            "profile `prod` sends by SES: Cognito's own sender stops after 50 messages a day, and with it sign-ups and"
            " forgotten passwords",
            fix="email: {kind: ses, identity_arn: arn:aws:ses:..., from_address: no-reply@...}",
        )


@relation("environment.profile", "identity.web_acl")
def production_filters_sign_ins(profile: str, web_acl: RegionalWebAclSettings | None) -> Iterator[Problem]:
    if profile == "prod" and web_acl is None:
        yield problem(
            "identity.web_acl",
            None,
            "profile `prod` has a web ACL before the user pool: sign-in is where stolen passwords are tried first",
            {"mode": "block"},
        )


@relation("environment.profile", "identity.web")
def production_sends_codes_to_the_store_alone(profile: str, web: WebClient) -> Iterator[Problem]:
    for position, url in enumerate(web.extra_urls):
        if profile == "prod" and url.startswith("http://"):
            yield problem(
                f"identity.web.extra_urls.{position}",
                url,
                "profile `prod` hands codes of sign-ins to HTTPS addresses only",
                fix="leave it out; developers sign in to another environment",
            )


@relation("environment.profile", "app_tier.services")
def production_bounds_what_everybody_may_call(profile: str, services: Mapping[str, Microservice]) -> Iterator[Problem]:
    for name, service in services.items() if profile == "prod" else ():
        for position, route in enumerate(service.routes):
            if route.auth == "public" and route.throttle is None:
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.throttle",
                    None,
                    "profile `prod` gives each public route a limit of its own: nobody else stands before it",
                    {"requests_per_second": 100.0, "burst": 200},
                )


@relation("environment.profile", "feeds.engine")
def production_sets_single_records_aside(
    profile: str, engine: MskProvisioned | MskServerless | Kinesis
) -> Iterator[Problem]:
    if profile == "prod" and not isinstance(engine, Kinesis) and engine.pollers is None:
        yield problem(
            "feeds.engine.pollers",
            None,
            "profile `prod` reads Kafka with pollers: on demand one bad record holds up its batch, then takes it along",
            {"minimum": 1},
        )


PRODUCTION = (
    production_spans_three_zones,
    production_lists_where_payments_go,
    production_blocks_attacks,
    production_alarms_are_heard,
    production_backups_survive,
    production_has_a_budget,
    production_messages_reach_customers,
    production_filters_sign_ins,
    production_sends_codes_to_the_store_alone,
    production_bounds_what_everybody_may_call,
    production_sets_single_records_aside,
    demand("environment.protect", "protects what holds customer data from deletion", True, met=bool),
    demand(
        "network.nat",
        "has a NAT gateway in each zone: with one for all, its zone takes every other offline",
        "one_per_az",
        met=lambda nat: nat == "one_per_az",
    ),
    demand(
        "encryption.deletion_window_days",
        "leaves the full 30 days to notice that a key is about to be lost",
        30,
        met=lambda days: days == 30,
    ),
    demand(
        "web_tier.service.scaling.min_tasks",
        "keeps a task running while another is replaced or its zone is down",
        3,
        met=lambda tasks: tasks >= 2,
    ),
    demand(
        "web_tier.service.spot_percent",
        "runs no tasks on Fargate Spot, which AWS stops when it needs the room",
        0,
        met=lambda percent: percent == 0,
    ),
    demand(
        "web_tier.service.execute_command",
        "lets nobody open a shell in running tasks",
        False,
        met=lambda allowed: not allowed,
    ),
    demand(
        "data.dax.nodes",
        "has three nodes of the accelerator: with fewer the loss of one leaves its reads to the tables",
        3,
        met=lambda nodes: nodes >= 3,
    ),
    demand(
        "data.cache.replicas_per_shard",
        "has a replica of each shard in another zone to fail over to",
        1,
        met=lambda replicas: replicas >= 1,
    ),
    demand("data.cache.snapshot_days", "can restore the cache", 7, met=lambda days: days >= 1),
    demand(
        "backup.plan.engine",
        "has recovery points of its data, which outlive a mistake or an attack that the data does not",
        "aws-backup",
        met=lambda engine: engine != "off",
    ),
    demand(
        "backup.plan.daily_keep_days",
        "keeps daily recovery points for five weeks",
        35,
        met=lambda days: days >= 35,
    ),
    demand(
        "web_tier.load_balancer.web_acl.mode",
        "blocks what the web ACL's rules find; counting stops nothing",
        "block",
        met=lambda mode: mode == "block",
    ),
    demand(
        "web_tier.cache.replicas_per_shard",
        "has a replica of each shard in another zone to fail over to",
        1,
        met=lambda replicas: replicas >= 1,
    ),
    demand("web_tier.cache.snapshot_days", "can restore the cache", 7, met=lambda days: days >= 1),
    demand(
        "identity.threat_protection",
        "acts on stolen passwords and account take-overs; needs `tier: PLUS`",
        "enforced",
        met=lambda mode: mode == "enforced",
    ),
    demand("identity.mfa", "offers customers a second factor", "optional", met=lambda mfa: mfa != "none"),
    demand(
        "identity.web_acl.mode",
        "blocks what the web ACL's rules find; counting stops nothing",
        "block",
        met=lambda mode: mode == "block",
    ),
    demand(
        "events.archive_days",
        "can replay the events of a quarter, the time in which a wrong consumer is usually found",
        365,
        met=lambda days: days >= 90,
    ),
    demand(
        "events.log_level", "logs which events the bus could not deliver", "error", met=lambda level: level != "off"
    ),
    demand(
        "api.web_acl.mode",
        "blocks what the web ACL's rules find; counting stops nothing",
        "block",
        met=lambda mode: mode == "block",
    ),
    demand("api.tracing", "follows requests from the API on", True, met=bool),
    demand(
        "api.tls_policy",
        "speaks TLS with forward secrecy only: what is recorded today stays closed when a key leaks",
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        met=lambda policy: "_PFS_" in policy,
    ),
    demand(
        "feeds.engine.instance_type",
        "has brokers that do not live on CPU credits",
        "kafka.m7g.large",
        met=lambda kind: not kind.startswith("kafka.t3."),
    ),
    demand(
        "feeds.dead_letter_days",
        "keeps records that could not be used over a week's holidays",
        14,
        met=lambda days: days >= 7,
    ),
    demand("orders.retention_days", "keeps orders while the OMS is away", 14, met=lambda days: days >= 7),
)
