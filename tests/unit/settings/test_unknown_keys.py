"""Keys that settings do not have: which one was meant, or what an old one is called now."""

from typing import Any

import pytest
import yaml

from settings.loader import parse
from settings.renamed import RENAMED
from tests.unit.settings.test_broken_stack_files import handed_over, problems_of, put, stack_file


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("network.zonse", "did you mean `zones`?"),
        ("network.zone", "did you mean `zones`?"),
        ("network.interface", "did you mean `interface_endpoints`?"),
        ("api.edge_requests", "did you mean `edge_requests_per_day`?"),
        ("identity.web_acl.rate", "did you mean `rate_limits`?"),
        ("identity.web_acl.rate_limit", "did you mean `rate_limits`?"),
        ("edge.web_acl.log", "did you mean `log_days` or `log_allowed`?"),
        ("edge.web_acl.anti", "did you mean `anti_ddos`?"),
        ("edge.web_acl.common_rules", "did you mean `common`?"),
        ("edge.web_acl.account_takover", "did you mean `account_takeover`?"),
        ("web_tier.load_balancer.idle_timeout", "did you mean `idle_timeout_seconds`?"),
        ("environment.protected", "did you mean `protect`?"),
        ("environment.x", "remove it"),
        ("orders.retention", "did you mean `retention_days`?"),
    ],
)
def test_the_key_that_was_meant_is_named(path: str, fix: str) -> None:
    (problem,) = [found for found in problems_of("dev", put(path, 5)) if found.dotted == f"web-store:{path}"]
    assert problem.fix == fix


def test_a_required_key_of_another_spelling_is_one_problem() -> None:
    def rename(config: dict[str, Any]) -> None:
        environment = config["web-store:environment"]
        environment["cost_centre"] = environment.pop("cost_center")

    (problem,) = problems_of("dev", rename)
    assert problem.dotted == "web-store:environment.cost_centre"
    assert problem.fix == "did you mean `cost_center`?"


RATE: Any = {"rate_limits": [{"name": "all", "limit": 500}]}
COUNTED: Any = {"AWSManagedRulesSQLiRuleSet": ["SQLi_BODY"], "AWSManagedRulesCommonRuleSet": ["NoUserAgent_HEADER"]}
COUNT_ONLY: Any = {"sql_injection": {"count_only": ["SQLi_BODY"]}, "common": {"count_only": ["NoUserAgent_HEADER"]}}
CHOICE = "sign in with email; required: email"


@pytest.mark.parametrize(
    ("path", "old", "now"),
    [
        *(
            (f"{acl}.{key}", old, now)
            for acl in ("api.web_acl", "identity.web_acl", "web_tier.load_balancer.web_acl")
            for key, old, now in (("requests_per_5_minutes", 500, RATE), ("counted_rules", COUNTED, COUNT_ONLY))
        ),
        ("identity.accounts.seal", CHOICE, {"confirmed_choice": CHOICE}),
    ],
)
def test_an_old_name_is_refused_with_what_to_write_now(path: str, old: Any, now: Any) -> None:
    (problem,) = problems_of("dev", put(path, old))
    assert problem.dotted == f"web-store:{path}"
    assert "must be `" in problem.rule
    section, *keys = path.split(".")
    written = yaml.safe_load(problem.fix)[f"web-store:{section}"]
    for key in keys[:-1]:
        written = written[key]
    assert written == now
    config = stack_file("dev")
    for key, value in now.items():
        put(".".join([section, *keys[:-1], key]), value)(config)
    parse(handed_over(config), stack="dev")


def test_an_old_name_with_a_value_that_nobody_can_translate_is_told_all_the_same() -> None:
    (problem,) = problems_of("dev", put("api.web_acl.counted_rules", "all of them"))
    assert problem.fix == "write `<rule group>.count_only`, as docs/settings.md describes it"
    (problem,) = problems_of("dev", put("identity.accounts.seal", "x" * 41))
    assert "x" * 41 not in str(problem), "it could be a secret"


def test_any_name_may_stand_in_for_a_star() -> None:
    entry = RENAMED[0]
    starred = type(entry)("app_tier.services.*.old", "new", entry.write)
    assert starred.matches(("app_tier", "services", "carts", "old"))
    assert not starred.matches(("app_tier", "services", "carts", "runtime", "old"))
