"""What an environment of profile `prod` must have, whatever the components would accept."""

from collections.abc import Callable, Iterator
from typing import Any

from settings.identity import CognitoSender, SesSender, WebClient
from settings.network import OpenEgress, PaymentEgress
from settings.problems import Problem
from settings.relations import Relation, problem, relation
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


PRODUCTION = (
    production_spans_three_zones,
    production_lists_where_payments_go,
    production_blocks_attacks,
    production_alarms_are_heard,
    production_messages_reach_customers,
    production_filters_sign_ins,
    production_sends_codes_to_the_store_alone,
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
    demand("shared_files.backup", "backs shared files up", True, met=bool),
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
    demand("orders.retention_days", "keeps orders while the OMS is away", 14, met=lambda days: days >= 7),
)
