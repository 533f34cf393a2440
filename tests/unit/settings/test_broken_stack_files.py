"""Broken stack files: every problem at once, each with its place, the value, the rule and the fix."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.loader import parse
from settings.problems import Problem, SettingsError

PROJECT = Path(__file__).resolve().parents[3]
Config = dict[str, Any]


def stack_file(stack: str) -> Config:
    return yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]


def handed_over(config: Config) -> dict[str, str]:
    """The configuration as Pulumi hands it to the program."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def problems_of(stack: str, change: Callable[[Config], object], secret_keys: tuple[str, ...] = ()) -> list[Problem]:
    config = copy.deepcopy(stack_file(stack))
    change(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack=stack, secret_keys=secret_keys)
    return list(caught.value.problems)


def put(path: str, value: Any) -> Callable[[Config], object]:
    def change(config: Config) -> None:
        section, *keys, last = path.split(".")
        place = config.setdefault(f"web-store:{section}", {})
        for key in keys:
            place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
        place[int(last) if isinstance(place, list) else last] = value

    return change


def drop(path: str) -> Callable[[Config], object]:
    def change(config: Config) -> None:
        section, *keys = path.split(".")
        if keys:
            del config[f"web-store:{section}"][keys[0]]
        else:
            del config[f"web-store:{section}"]

    return change


# (stack, mistake, place, value told, in the rule, in the fix)
MISTAKES = {
    "unknown key": (
        "dev",
        put("network.zonse", ["eu-west-1a"]),
        "network.zonse",
        "a key that the settings do not have",
        "no key of this name",
        "did you mean `zones`?",
    ),
    "unknown section": ("dev", put("netwrok.nat", "single"), "netwrok", "", "no section of this name", "`network`"),
    "section under another name": (
        "dev",
        lambda config: config.update({"webstore:network": {}}),
        "network",
        "webstore:network",
        "nobody reads",
        "web-store:network",
    ),
    "text for a truth value": ("dev", put("environment.protect", "yes"), "environment.protect", '"yes"', "true or", ""),
    "text for a number": (
        "dev",
        put("observability.access_logs_days", "30"),
        "observability.access_logs_days",
        '"30"',
        "must be a whole number",
        "access_logs_days: 30",
    ),
    "number for text": (
        "dev",
        put("environment.account_id", 111111111111),
        "environment.account_id",
        "111111111111",
        "must be text",
        "account_id: '111111111111'",
    ),
    "account that YAML reads as an octal number": (
        "dev",
        put("environment.account_id", 1227133513),
        "environment.account_id",
        "1227133513",
        "must be text",
        "account_id: '111111111111'",
    ),
    "secret among the variables": (
        "dev",
        put("web_tier.service.environment_variables.DB_PASSWORD", "hunter2"),
        "web_tier.service.environment_variables.DB_PASSWORD",
        "not shown",
        "looks like a secret",
        "secrets: { DB_PASSWORD: <ARN of the secret> }",
    ),
    "memory that Fargate does not sell with the CPU": (
        "dev",
        put("web_tier.service.size", {"cpu": 512, "memory_mib": 16384}),
        "web_tier.service.size.memory_mib",
        "16384",
        "Fargate has 1024, 2048, 3072, 4096",
        "memory_mib: 4096",
    ),
    "fewer tasks at most than at least": (
        "dev",
        put("web_tier.service.scaling", {"min_tasks": 5, "max_tasks": 4}),
        "web_tier.service.scaling",
        '{"min_tasks": 5, "max_tasks": 4}',
        "min_tasks 5 is above max_tasks 4",
        "raise `max_tasks`",
    ),
    "text for a list": (
        "dev",
        put("network.zones", "eu-west-1a"),
        "network.zones",
        '"eu-west-1a"',
        "must be a list",
        "- eu-west-1a",
    ),
    "text for a section": (
        "dev",
        lambda c: c.update({"web-store:network": "x"}),
        "network",
        '"x"',
        "must be a mapping",
        "",
    ),
    "missing section": ("dev", drop("network"), "network", "nothing", "is required", "cidr_block: 10.20.0.0/16"),
    "missing key": (
        "dev",
        drop("network.cidr_block"),
        "network.cidr_block",
        "nothing",
        "is required",
        "cidr_block: 10.",
    ),
    "no CIDR": (
        "dev",
        put("network.cidr_block", "10.10.0.0/33"),
        "network.cidr_block",
        '"10.10.0.0/33"',
        "must be an IPv4 block",
        "cidr_block: 10.20.0.0/16",
    ),
    "CIDR with host bits": (
        "dev",
        put("network.cidr_block", "10.10.0.5/16"),
        "network.cidr_block",
        "",
        "host bits",
        "",
    ),
    "public CIDR": ("dev", put("network.cidr_block", "8.8.0.0/16"), "network.cidr_block", "8.8", "private address", ""),
    "CIDR too small for the layers": (
        "dev",
        put("network.cidr_block", "10.10.0.0/20"),
        "network.cidr_block",
        "10.10.0.0/20",
        "too small: the subnets of a zone (app /20, public /24, data /24, payment /24) take 4864 addresses, a zone has",
        "larger block",
    ),
    "overlapping subnets": (
        "dev",
        put("network.layers", {"data": {"cidr_blocks": ["10.10.0.0/24", "10.10.200.0/24"]}}),
        "network.layers.data.cidr_blocks[0]",
        '"10.10.0.0/24"',
        "overlaps the app subnet in eu-west-1a, 10.10.0.0/20",
        "do not share",
    ),
    "subnet outside the VPC": (
        "dev",
        put("network.layers", {"data": {"cidr_blocks": ["10.10.200.0/24", "10.11.0.0/24"]}}),
        "network.layers.data.cidr_blocks[1]",
        '"10.11.0.0/24"',
        "inside the VPC's block 10.10.0.0/16",
        "",
    ),
    "one zone in production": ("prod", put("network.zones", ["eu-west-1a"]), "network.zones", "", "at least", ""),
    "two zones in production": (
        "prod",
        put("network.zones", ["eu-west-1a", "eu-west-1c"]),
        "network.zones",
        '["eu-west-1a", "eu-west-1c"]',
        "at least three zones",
        "- eu-west-1a\n  - eu-west-1c\n  - eu-west-1b",
    ),
    "no zone at all": (
        "dev",
        put("network.zones.1", "ireland-b"),
        "network.zones[1]",
        '"ireland-b"',
        "form",
        "see network in docs/settings.md",
    ),
    "zone of another Region": (
        "dev",
        put("network.zones.1", "eu-central-1b"),
        "network.zones[1]",
        '"eu-central-1b"',
        "zone of the Region eu-west-1",
        "- eu-west-1b",
    ),
    "a zone twice": ("dev", put("network.zones.1", "eu-west-1a"), "network.zones[1]", "", "a second time", ""),
    "bad domain": (
        "dev",
        put("dns.domain_name", "shop_example"),
        "dns.domain_name",
        '"shop_example"',
        "form",
        "example.com",
    ),
    "key of the tasks' disks in several Regions": (
        "dev",
        put("encryption.multi_region", ["customer"]),
        "encryption.multi_region[0]",
        '"customer"',
        "one of",
        "media",
    ),
    "load balancer that hangs up before CloudFront does": (
        "dev",
        put("web_tier.load_balancer.idle_timeout_seconds", 30),
        "web_tier.load_balancer.idle_timeout_seconds",
        "30",
        "60",
        "idle_timeout_seconds: 60",
    ),
    "word that is not offered": (
        "dev",
        put("network.nat", "one_per_as"),
        "network.nat",
        "",
        "one of",
        "nat: one_per_az",
    ),
    "retention that CloudWatch does not have": (
        "dev",
        put("network.flow_logs.retention_days", 10),
        "network.flow_logs.retention_days",
        "10",
        "must be one of 1, 3, 5, 7, 14",
        "",
    ),
    "number out of range": (
        "dev",
        put("encryption.deletion_window_days", 3),
        "encryption.deletion_window_days",
        "3",
        "must be at least 7",
        "deletion_window_days: 7",
    ),
    "public image without NAT": (
        "dev",
        put("network.nat", "none"),
        "web_tier.service.image",
        "public.ecr.aws",
        "",
        "mirror",
    ),
    "no way to AWS without NAT": (
        "dev",
        put("network.nat", "none"),
        "network.interface_endpoints",
        "[]",
        "ecr.api",
        "- logs",
    ),
    "production without protection": (
        "prod",
        put("environment.protect", False),
        "environment.protect",
        "false",
        "`prod` protects",
        "protect: true",
    ),
    "production with one NAT gateway": (
        "prod",
        put("network.nat", "single"),
        "network.nat",
        "",
        "each zone",
        "one_per_az",
    ),
    "a firewall that lets nothing pass": (
        "prod",
        put("network.payment_egress", {"engine": "network_firewall", "domains": []}),
        "network.payment_egress.domains",
        "[]",
        "",
        "api.payments.example.com",
    ),
    "an address for a domain": (
        "prod",
        put("network.payment_egress.domains", ["https://api.payments.example.com/v1"]),
        "network.payment_egress.domains[0]",
        "https",
        "",
        "api.payments.example.com",
    ),
    "half the internet for a payment provider": (
        "prod",
        put("network.payment_egress", {"engine": "addresses", "cidr_blocks": ["203.0.113.0/24", "128.0.0.0/1"]}),
        "network.payment_egress.cidr_blocks[1]",
        "128.0.0.0/1",
        "must be /16 or smaller",
        "203.0.113.0/24",
    ),
    "a payment provider's block twice": (
        "prod",
        put("network.payment_egress", {"engine": "addresses", "cidr_blocks": ["203.0.113.7", "203.0.113.7/32"]}),
        "network.payment_egress.cidr_blocks",
        "203.0.113.7",
        "names 203.0.113.7/32 a second time",
        "leave the second",
    ),
    "production with payments to anywhere": (
        "prod",
        put("network.payment_egress", {"engine": "open"}),
        "network.payment_egress.engine",
        "open",
        "listed destinations only",
        "network_firewall",
    ),
    "payments without NAT": (
        "dev",
        put("network.nat", "none"),
        "network.payment_egress.engine",
        "open",
        "no way to their provider",
        "engine: closed",
    ),
    "payments that reach their provider but no images": (
        "prod",
        put("network.interface_endpoints", ["kms", "logs"]),
        "network.interface_endpoints",
        "kms",
        "missing: ecr.api, ecr.dkr, secretsmanager",
        "- ecr.api",
    ),
    "production that only counts attacks": (
        "prod",
        put("edge.web_acl", {"common": {"mode": "count"}}),
        "edge.web_acl.common.mode",
        '"count"',
        "blocks",
        "mode: block",
    ),
    "production whose alarms nobody hears": (
        "prod",
        put("observability.alarm_emails", []),
        "observability.alarm_emails",
        "[]",
        "hears of alarms",
        "alarm_emails:",
    ),
    "runbooks under a page instead of a folder": (
        "dev",
        put("observability.runbooks_url", "https://example.com/runbooks/"),
        "observability.runbooks_url",
        "runbooks/",
        "form",
        "docs/runbooks",
    ),
    "production without backups": (
        "prod",
        put("backup.plan", {"engine": "off"}),
        "backup.plan.engine",
        '"off"',
        "outlive a mistake",
        "engine: aws-backup",
    ),
    "production whose backups can be deleted": (
        "prod",
        put("backup.plan.lock", None),
        "backup.plan.lock",
        "null",
        "locks its vaults",
        "min_days: 7",
    ),
    "production whose backups are lost with the Region": (
        "prod",
        put("backup.plan.copy_region", None),
        "backup.plan.copy_region",
        "null",
        "second Region",
        "copy_region:",
    ),
    "production that forgets within a month": (
        "prod",
        put("backup.plan.daily_keep_days", 30),
        "backup.plan.daily_keep_days",
        "30",
        "five weeks",
        "daily_keep_days: 35",
    ),
    "backups copied to where they are": (
        "prod",
        put("backup.plan.copy_region", "eu-west-1"),
        "backup.plan.copy_region",
        '"eu-west-1"',
        "another Region",
        "leave it out",
    ),
    "vault for ever in an environment that is destroyed": (
        "dev",
        put("backup.plan", {"engine": "aws-backup", "lock": {"immutable_after_days": 3}}),
        "backup.plan.lock.immutable_after_days",
        "3",
        "nobody can remove",
        "leave it out",
    ),
    "backups that their vault would refuse": (
        "prod",
        put("backup.plan.monthly.keep_days", 500),
        "backup.plan.monthly.keep_days",
        "500",
        "the vault takes no other",
        "keep_days: 400",
    ),
    "restore test of more tables than AWS tests": (
        "prod",
        put(
            "data.tables.extra",
            {f"table-{number}": {"design": {"partition": {"name": "id"}}} for number in range(26)},
        ),
        "backup.plan.restore_tests",
        "tables",
        "30 tables at most, the store has 33",
        "leave `tables` out",
    ),
    "production without a budget": (
        "prod",
        drop("budget.monthly_usd"),
        "budget.monthly_usd",
        "null",
        "before the bill",
        "monthly_usd: 10000",
    ),
    "stack that passes for another": (
        "dev",
        put("environment.name", "prod"),
        "environment.name",
        '"prod"',
        "`dev`",
        "dev",
    ),
    "role in another account": (
        "dev",
        put("environment.assume_role_arn", "arn:aws:iam::999999999999:role/deploy"),
        "environment.assume_role_arn",
        "999999999999",
        "account 111111111111",
        "arn:aws:iam::111111111111:role/deploy",
    ),
    "credentials in a URL": (
        "dev",
        put("observability.alarm_endpoints", ["https://user:hunter2@alarms.example.com"]),
        "observability.alarm_endpoints[0]",
        "not shown",
        "without user name",
        "",
    ),
    "secret in clear": (
        "dev",
        lambda config: config.update({"web-store:origin_secret": "hunter2"}),
        "origin_secret",
        "a value in clear",
        "must be encrypted",
        "--secret",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_place_value_rule_and_fix(mistake: str) -> None:
    stack, change, place, value, rule, fix = MISTAKES[mistake]
    found = problems_of(stack, change)
    told = [problem for problem in found if problem.dotted == f"web-store:{place}"]
    assert told, f"told instead: {[problem.dotted for problem in found]}"
    assert any(value in problem.received and rule in problem.rule and fix in problem.fix for problem in told), told
    assert all(problem.rule and problem.fix for problem in found)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stack_files_of_the_project_are_right(stack: str) -> None:
    assert parse(handed_over(stack_file(stack)), stack=stack).environment.name == stack


def test_all_problems_of_all_sections_and_of_their_relations_are_told_at_once() -> None:
    def change(config: Config) -> None:
        put("environment.protect", False)(config)
        put("environment.owner", 7)(config)
        put("network.zones", ["eu-west-1a", "us-east-1b"])(config)
        put("network.nat", "two")(config)
        put("encryption.rotation_period_days", 1)(config)
        put("dns.domain_name", "-")(config)
        put("surprise.key", 1)(config)

    places = {problem.dotted.removeprefix("web-store:") for problem in problems_of("prod", change)}
    assert places >= {
        "environment.protect",
        "environment.owner",
        "network.zones",
        "network.zones[1]",
        "network.nat",
        "encryption.rotation_period_days",
        "dns.domain_name",
        "surprise",
    }


def test_the_message_names_file_place_value_rule_and_yaml_to_write() -> None:
    config = stack_file("dev")
    put("encryption.deletion_window_days", 3)(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="dev")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Pulumi.dev.yaml: 1 problem in the settings, so nothing was planned or changed."
    start = lines.index("  Pulumi.dev.yaml: web-store:encryption.deletion_window_days")
    assert lines[start + 1].split() == ["received", "3"]
    assert lines[start + 2].split()[:4] == ["rule", "must", "be", "at"]
    assert lines[start + 3].split() == ["fix", "web-store:encryption:"]
    assert lines[start + 4].strip() == "deletion_window_days: 7"


def test_yaml_of_a_fix_mends_the_file() -> None:
    config = stack_file("prod")
    put("network.zones", ["eu-west-1a", "eu-west-1b"])(config)
    put("environment.protect", False)(config)
    put("network.nat", "single")(config)
    for problem in problems_of("prod", lambda broken: broken.update(config)):
        for section, keys in yaml.safe_load(problem.fix).items():
            config[section].update(keys)
    assert parse(handed_over(config), stack="prod").network.nat == "one_per_az"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("environment.assume_role_arn", "AKIAIOSFODNN7EXAMPLE"),
        ("environment.region", "wJalrXUtnFEMIKMDENGbPxRfiCYEXAMPLEKEYxyz"),
        ("network.api_token", "hunter2"),
        ("network.colour", "hunter2"),
    ],
)
def test_a_value_that_could_be_a_secret_is_not_shown(path: str, value: str) -> None:
    config = stack_file("dev")
    put(path, value)(config)
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="dev")
    assert value not in str(caught.value)
    assert f"web-store:{path}" in str(caught.value)


def test_an_encrypted_section_is_refused_and_not_shown() -> None:
    (problem,) = problems_of("dev", put("encryption.deletion_window_days", 3), secret_keys=("web-store:encryption",))
    assert problem.dotted == "web-store:encryption"
    assert problem.received == "an encrypted value"
    assert "Secrets Manager" in problem.fix


def test_an_encrypted_origin_secret_is_accepted_beside_the_sections() -> None:
    config = {**stack_file("dev"), "web-store:origin_secret": "x" * 64}
    parse(handed_over(config), stack="dev", secret_keys=["web-store:origin_secret"])


def test_a_secret_header_without_its_secret_is_told_with_the_command_that_sets_it() -> None:
    (problem,) = problems_of("dev", put("edge.origin", {"kind": "secret_header"}))
    assert problem.dotted == "web-store:origin_secret"
    assert problem.fix.startswith("pulumi config set --secret web-store:origin_secret")


def test_keys_of_other_programs_are_left_alone() -> None:
    config = {**stack_file("dev"), "aws:region": "eu-west-1", "pulumi:tags": {"a": "b"}}
    parse(handed_over(config), stack="dev")
