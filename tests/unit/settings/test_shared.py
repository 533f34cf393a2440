"""What all environments share: merged below a stack file, and never something that belongs to one environment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.layers import files_of
from settings.loader import parse
from settings.problems import Problem, SettingsError
from settings.shared import merged
from settings.stack_files import configuration
from settings.store import StoreSettings, settings_schema
from tests.stack_files import PROJECT, STACKS
from tests.unit.settings.edits import put
from tests.unit.settings.test_broken_stack_files import handed_over

SHARED = "web-store:shared"
Config = dict[str, Any]


def settings(change: Callable[[Config], object], stack: str = "dev", folder: Path = PROJECT) -> StoreSettings:
    """Settings of a stack after a change of what the engine hands over."""
    config = configuration(stack)
    change(config)
    return parse(handed_over(config), stack=stack, files=files_of(folder, stack))


def problems(change: Callable[[Config], object], stack: str = "dev") -> list[Problem]:
    with pytest.raises(SettingsError) as caught:
        settings(change, stack)
    return list(caught.value.problems)


def share(path: str, value: Any) -> Callable[[Config], object]:
    """Write a setting into what all environments share."""

    def change(config: Config) -> None:
        sections = {f"web-store:{name}": section for name, section in config[SHARED].items()}
        put(path, value)(sections)
        config[SHARED] = {name.removeprefix("web-store:"): section for name, section in sections.items()}

    return change


def both(*changes: Callable[[Config], object]) -> Callable[[Config], object]:
    return lambda config: [change(config) for change in changes]


@pytest.mark.parametrize(
    ("shared", "own", "together"),
    [
        ({"orders": {"retention_days": 4}}, {}, {"orders": {"retention_days": 4}}),
        (
            {"orders": {"retention_days": 4}},
            {"orders": {"alarm_depth": 5}},
            {"orders": {"retention_days": 4, "alarm_depth": 5}},
        ),
        ({"orders": {"retention_days": 4}}, {"orders": {"retention_days": 5}}, {"orders": {"retention_days": 5}}),
        # A list is one value.
        ({"network": {"zones": ["a", "b"]}}, {"network": {"zones": ["c"]}}, {"network": {"zones": ["c"]}}),
        # An entry that a user named goes, with its last one the mapping stays.
        (
            {"app_tier": {"services": {"a": {"dax": True}}}},
            {"app_tier": {"services": {"a": None}}},
            {"app_tier": {"services": {}}},
        ),
        (
            {"identity": {"machines": {"a": {}, "b": {}}}},
            {"identity": {"machines": {"a": None}}},
            {"identity": {"machines": {"b": {}}}},
        ),
        # A field's null is its value.
        (
            {"identity": {"web_acl": {"mode": "block"}}},
            {"identity": {"web_acl": None}},
            {"identity": {"web_acl": None}},
        ),
        (
            {"dns": {"zone": {"query_log_days": 7}}},
            {"dns": {"zone": {"query_log_days": None}}},
            {"dns": {"zone": {"query_log_days": None}}},
        ),
        # Another kind of a thing has other keys.
        (
            {"feeds": {"engine": {"kind": "kinesis", "mode": "on_demand"}}},
            {"feeds": {"engine": {"kind": "msk-serverless"}}},
            {"feeds": {"engine": {"kind": "msk-serverless"}}},
        ),
        (
            {"feeds": {"engine": {"kind": "kinesis", "mode": "on_demand"}}},
            {"feeds": {"engine": {"mode": "provisioned"}}},
            {"feeds": {"engine": {"kind": "kinesis", "mode": "provisioned"}}},
        ),
        (
            {"app_tier": {"services": {"a": {"runtime": {"kind": "lambda", "code": "x"}}}}},
            {"app_tier": {"services": {"a": {"runtime": {"kind": "fargate"}}}}},
            {"app_tier": {"services": {"a": {"runtime": {"kind": "fargate"}}}}},
        ),
        # What is no mapping is left to the models.
        ({"app_tier": {"services": {"a": {}}}}, {"app_tier": {"services": 5}}, {"app_tier": {"services": 5}}),
        ({"app_tier": 5}, {"app_tier": {"log_days": 7}}, {"app_tier": {"log_days": 7}}),
    ],
)
def test_a_stack_file_departs_key_by_key(shared: Config, own: Config, together: Config) -> None:
    before = json.dumps([shared, own])
    assert merged(shared, own, settings_schema()) == (together, [])
    assert json.dumps([shared, own]) == before


def test_a_leaf_of_a_shared_entry_is_changed_alone() -> None:
    changed = settings(put("app_tier.services.orders.runtime.size.cpu", 512))
    unchanged = settings(lambda _: None)
    assert changed.app_tier.services["orders"].runtime.size.cpu == 512  # pyright: ignore
    assert changed.app_tier.services["orders"].routes == unchanged.app_tier.services["orders"].routes


def test_an_entry_is_taken_out_by_null() -> None:
    assert "oms" in settings(lambda _: None).app_tier.services
    parties = put("third_parties.parties.order-management", None)
    left = settings(both(put("app_tier.services.oms", None), parties))
    assert "oms" not in left.app_tier.services
    assert "order-management" not in left.third_parties.parties


def test_an_entry_that_is_not_there_cannot_be_taken_out() -> None:
    (problem,) = problems(put("app_tier.services.ordrs", None))
    assert problem.dotted == "web-store:app_tier.services.ordrs"
    assert problem.fix == "did you mean `orders`?"


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (
            "app_tier.services.orders.runtime.image",
            "999999999999.dkr.ecr.eu-west-1.amazonaws.com/store/orders:1",
            "a registry",
        ),
        ("app_tier.services.orders.runtime.image", "registry.example.com/store/orders:1", "a registry"),
        ("web_tier.service.image", "ghcr.io/store/ui:1", "a registry"),
        ("tracing.collector_image", "999999999999.dkr.ecr.eu-west-1.amazonaws.com/mirror/x:1", "a registry"),
        ("app_tier.services.orders.runtime.secrets.KEY", "arn:aws:ssm:eu-west-1:999999999999:parameter/x", "an ARN"),
        (
            "third_parties.parties.cms.events.auth.secret.arn",
            "arn:aws:secretsmanager:eu-west-1:999999999999:secret:a-Ab12Cd",
            "an ARN",
        ),
        ("third_parties.parties.cms.events.endpoint", "https://cms.example.com/v1", "an endpoint"),
        (
            "third_parties.parties.marketing.events.auth.token_endpoint",
            "https://login.example.com/token",
            "an endpoint",
        ),
        ("feeds.streams.catalogue.owners", ["arn:aws:iam::999999999999:role/pim"], "an ARN"),
        ("orders.oms.role_arn", "arn:aws:iam::999999999999:role/oms", "an ARN"),
        ("orders.oms.account_id", "999999999999", "an account id"),
        ("orders.oms.external_id", "web-store-prod-orders", "an id that a partner knows"),
        ("data.tables.orders.replica_key_arns.eu-central-1", "arn:aws:kms:eu-central-1:999999999999:key/x", "an ARN"),
        ("budget.anomalies.monitor_arn", "arn:aws:ce::999999999999:anomalymonitor/0123", "an ARN"),
        ("identity.email.identity_arn", "arn:aws:ses:eu-west-1:999999999999:identity/example.com", "an ARN"),
        ("identity.email.from_address", "no-reply@example.com", "an e-mail address"),
        ("observability.alarm_emails", ["store-oncall@example.com"], "an e-mail address"),
        ("budget.emails", ["finance@example"], "an e-mail address"),
        ("observability.alarm_endpoints", ["https://alarms.example.com/store"], "an endpoint"),
        ("dns.caa_report_to", "mailto:security@example.com", "an e-mail address"),
        ("dns.domain_name", "store.example.com", "a domain name"),
        ("dns.zone.zone_id", "Z0123456789ABCDEFGHIJ", "a hosted zone"),
        ("network.payment_egress.domains", ["api.payments.example.com"], "a domain name"),
        ("network.payment_egress.domains", [".payments.bank"], "a domain name"),
        ("network.payment_egress.cidr_blocks", ["203.0.113.0/24"], "an IP address"),
        ("network.cidr_block", "10.0.0.0/16", "an IP address"),
        ("media.cors_origins", ["https://partner.example.org"], "an endpoint"),
        ("identity.mobile.callback_urls", ["com.example.store://auth"], "an endpoint"),
        (
            "edge.headers.content_security_policy",
            "default-src 'self'; connect-src https://api.example.com",
            "an endpoint",
        ),
        ("edge.headers.content_security_policy", "default-src 'self' cdn.example.com", "a domain name"),
        (
            "app_tier.services.orders.runtime.environment_variables.HOST",
            "db.payments.example.com:5432",
            "a domain name",
        ),
        ("app_tier.services.orders.runtime.environment_variables.PEER", "10.1.2.3:443", "an IP address"),
        ("app_tier.services.orders.runtime.environment_variables.ACCOUNT", "999999999999", "an account id"),
    ],
)
def test_what_belongs_to_one_environment_is_refused_by_its_kind(path: str, value: Any, kind: str) -> None:
    found = problems(share(path, value))
    (told,) = [problem for problem in found if "what all environments share" in problem.rule]
    assert told.rule.startswith(f"must not be {kind} in")
    assert told.dotted.startswith(f"web-store:{path}")
    assert told.source.startswith("Pulumi.yaml")
    assert "stack files" in told.fix or "${account}" in told.fix


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("app_tier.services.orders.runtime.image", "public.ecr.aws/store/orders:1.6.2"),
        ("app_tier.services.orders.runtime.image", "${account}.dkr.ecr.${region}.amazonaws.com/store/orders:1.6.2"),
        (
            "third_parties.parties.cms.events.auth.secret.arn",
            "arn:aws:secretsmanager:${region}:${account}:secret:store/cms-Ab12Cd",
        ),
        ("tracing.function_layer_arn", "arn:aws:lambda:eu-west-1:615299751070:layer:AWSOpenTelemetryDistroPython:18"),
        ("data.cache.node_type", "cache.t4g.micro"),
        ("web_tier.service.environment_variables.JAVA_OPTS", "-Djava.security.egd=file:/dev/urandom"),
        ("web_tier.service.environment_variables.VERSION", "1.2.3"),
        ("web_tier.service.environment_variables.SCOPE", "contacts.write orders.read"),
        ("edge.maintenance.message", "We are back soon. See you at 10.30 a.m. in the store!"),
    ],
)
def test_what_names_no_environment_is_shared(path: str, value: Any) -> None:
    settings(share(path, value))


def test_the_environment_itself_is_not_shared() -> None:
    found = problems(share("environment.owner", "store-platform"))
    assert [(problem.dotted, problem.source) for problem in found] == [("web-store:environment", "Pulumi.yaml")]


def test_a_stack_file_cannot_replace_all_that_is_shared(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  web-store:shared:\n    orders: {retention_days: 4}\n")
    with pytest.raises(SettingsError) as caught:
        settings(lambda config: config.update({SHARED: {"orders": {"retention_days": 4}}}), folder=tmp_path)
    (told,) = [problem for problem in caught.value.problems if problem.dotted == "web-store:shared"]
    assert told.source == "Pulumi.dev.yaml:2"
    assert "Pulumi.yaml" in told.rule


@pytest.mark.parametrize("value", ["text", 5, ["app_tier"]])
def test_what_is_shared_is_a_mapping_of_sections(value: Any) -> None:
    found = problems(lambda config: config.update({SHARED: value}))
    assert "web-store:shared" in [problem.dotted for problem in found]


def test_a_problem_names_the_file_and_line_of_its_value() -> None:
    lines = {name: (PROJECT / name).read_text().splitlines() for name in ("Pulumi.yaml", "Pulumi.dev.yaml")}

    def told(change: Callable[[Config], object], path: str) -> tuple[str, str]:
        (problem,) = [problem for problem in problems(change) if problem.dotted == f"web-store:{path}"]
        name, _, line = problem.source.partition(":")
        return name, lines[name][int(line) - 1].strip() if line else ""

    code = "app_tier.services.oms.runtime.code"
    assert told(share(code, "no_such_code"), code) == ("Pulumi.yaml", "runtime: {kind: lambda, code: oms}")
    days = "app_tier.services.oms.runtime.log_days"
    assert told(put(days, 13), days) == ("Pulumi.dev.yaml", "oms: {runtime: {log_days: 14}}")
    # What is missing is missing in the stack file, where what is shared may not have it.
    endpoint = "third_parties.parties.cms.events.endpoint"
    assert told(put("third_parties.parties", {}), endpoint)[0] == "Pulumi.dev.yaml"


def test_what_an_item_of_a_shared_list_lacks_is_written_in_the_list() -> None:
    def change(config: Config) -> None:
        config[SHARED]["app_tier"]["services"]["orders"]["routes"][1].pop("body")

    (problem,) = problems(change)
    assert problem.dotted == "web-store:app_tier.services.orders.routes[1].body"
    assert problem.source.startswith("Pulumi.yaml:")


def test_a_fix_for_what_is_shared_is_pasted_there() -> None:
    path = "app_tier.services.oms.runtime.timeout_seconds"
    (problem,) = problems(share(path, 0))
    assert yaml.safe_load(problem.fix) == {
        SHARED: {"value": {"app_tier": {"services": {"oms": {"runtime": {"timeout_seconds": 1}}}}}}
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_account_stands_once_in_a_stack_file(stack: str) -> None:
    text = (PROJECT / f"Pulumi.{stack}.yaml").read_text()
    account = configuration(stack)["web-store:environment"]["account_id"]
    assert text.count(account) == 1
    assert account not in (PROJECT / "Pulumi.yaml").read_text()


def test_a_copied_stack_file_in_a_new_account_tells_every_foreign_value() -> None:
    """Written out as before placeholders, so that each value names the account that the file was copied from."""
    config = json.loads(json.dumps(configuration("prod")).replace("${account}", "222222222222"))
    config[SHARED] = configuration("prod")[SHARED]
    config["web-store:environment"]["account_id"] = "999999999999"
    config["web-store:identity"]["email"]["identity_arn"] = "arn:aws:ses:eu-west-1:222222222222:identity/example.com"
    for name in ("cms", "marketing"):
        calls = config["web-store:third_parties"]["parties"][name]["events"]
        arn = f"arn:aws:secretsmanager:eu-west-1:222222222222:secret:store/{name}-Ab12Cd"
        calls.setdefault("auth", {})["secret"] = {"arn": arn}
    collector = "222222222222.dkr.ecr.eu-west-1.amazonaws.com/mirror/collector:1"
    config.setdefault("web-store:tracing", {})["collector_image"] = collector
    with pytest.raises(SettingsError) as caught:
        parse(handed_over(config), stack="prod")
    told = {p.dotted.removeprefix("web-store:"): p for p in caught.value.problems if "222222222222" in p.received}
    assert told.keys() >= {
        "identity.email.identity_arn",
        "third_parties.parties.cms.events.auth.secret.arn",
        "third_parties.parties.marketing.events.auth.secret.arn",
        "tracing.collector_image",
    }
    assert "222222222222" not in "".join(problem.fix for problem in told.values())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("app_tier.services.carts.runtime.image", "999999999999.dkr.ecr.eu-west-1.amazonaws.com/store/carts:1"),
        ("web_tier.service.image", "999999999999.dkr-ecr.eu-west-1.on.aws/store/ui:1"),
        ("app_tier.services.carts.runtime.secrets.KEY", "arn:aws:ssm:eu-west-1:999999999999:parameter/x"),
        ("budget.anomalies.monitor_arn", "arn:aws:ce::999999999999:anomalymonitor/0123"),
    ],
)
def test_a_value_of_another_account_is_told(path: str, value: Any) -> None:
    (told, *_) = [problem for problem in problems(put(path, value)) if "`environment.other_accounts`" in problem.rule]
    assert told.dotted.startswith(f"web-store:{path}")
    assert "${account}" in told.fix
    settings(both(put(path, value), put("environment.other_accounts", {"999999999999": "Registry of the platform"})))


def test_partners_and_publishers_are_other_accounts() -> None:
    owners = put("feeds.streams.catalogue.owners", ["arn:aws:iam::444444444444:role/pim-export"])
    settings(owners)
    settings(
        put("tracing.function_layer_arn", "arn:aws:lambda:eu-west-1:615299751070:layer:AWSOpenTelemetryDistroPython:18")
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${account}", "111111111111"),
        ("a ${region} b ${account}", "a eu-west-1 b 111111111111"),
        ("$${account} $${HOME}", "${account} ${HOME}"),
        ("$HOME $ {x} 5$", "$HOME $ {x} 5$"),
    ],
)
def test_placeholders_stand_for_the_environment(text: str, value: str) -> None:
    found = settings(put("web_tier.service.environment_variables.TEXT", text))
    assert found.web_tier.service.environment_variables["TEXT"] == value


@pytest.mark.parametrize(
    ("text", "fix"), [("${acount}", "did you mean `${account}`?"), ("${HOME}", "write `$${HOME}` ")]
)
def test_an_unknown_placeholder_is_told(text: str, fix: str) -> None:
    (problem,) = problems(put("web_tier.service.environment_variables.TEXT", text))
    assert problem.dotted == "web-store:web_tier.service.environment_variables.TEXT"
    assert problem.fix.startswith(fix)


def test_a_wrong_account_is_one_problem() -> None:
    found = problems(put("environment.account_id", 111111111111))
    assert [problem.dotted for problem in found] == ["web-store:environment.account_id"]
