"""Section `identity`: what is refused, and in which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from settings.identity import IdentitySettings
from settings.loader import parse
from settings.problems import Problem, SettingsError
from tests.stack_files import STACKS, stack_file

PROJECT = Path(__file__).resolve().parents[2]
SES = {
    "kind": "ses",
    "identity_arn": "arn:aws:ses:eu-west-1:222222222222:identity/example.com",
    "from_address": "no-reply@example.com",
}


def settings(**sections: Any) -> IdentitySettings:
    return IdentitySettings.model_validate_json(json.dumps(sections))


def problems(stack: str, change: dict[str, Any], **sections: dict[str, Any]) -> list[Problem]:
    """What is wrong with the stack file after `change` of its section `identity`, and of others."""
    config = stack_file(stack)
    for section, changes in {"identity": change, **sections}.items():
        config[f"web-store:{section}"] = {**config[f"web-store:{section}"], **changes}
    try:
        parse({key: json.dumps(value) for key, value in config.items()}, stack=stack)
    except SettingsError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("stack", STACKS)
def test_the_section_of_each_environment_is_accepted(stack: str) -> None:
    assert not problems(stack, {})


def test_a_change_that_would_delete_all_accounts_is_refused_in_these_words() -> None:
    choice = "sign in with email; required: email"
    for accounts in (
        {"confirmed_choice": choice, "sign_in_with": "username"},
        {"confirmed_choice": choice, "required_attributes": ["email", "given_name"]},
    ):
        (problem,) = problems("prod", {"accounts": accounts})
        assert problem.dotted == "web-store:identity.accounts.confirmed_choice"
        assert "would delete all customer accounts" in problem.rule
        assert "nothing brings the accounts back" in problem.rule
        assert choice in problem.rule
        assert "restore `sign_in_with` and `required_attributes`" in problem.fix


def test_the_order_of_required_attributes_is_no_change() -> None:
    choice = "sign in with email; required: email, given_name"
    accounts = {"confirmed_choice": choice, "required_attributes": ["given_name", "email"]}
    assert settings(accounts=accounts).accounts.choice == choice


def test_protected_accounts_must_confirm_their_choice_and_the_message_writes_it() -> None:
    (problem,) = problems("prod", {"accounts": {}})
    assert problem.dotted == "web-store:identity.accounts.confirmed_choice"
    assert "sign in with email; required: email" in problem.fix
    assert not problems("dev", {"accounts": {}}), "what may be deleted anyway needs none"


def test_other_settings_may_change_under_a_confirmed_choice() -> None:
    assert not problems("prod", {"custom_attributes": {"level": {}}, "password": {"min_length": 16}})


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"threat_protection": "enforced"}, "must be `none`: tier ESSENTIALS does not have it"),
        ({"tier": "LITE", "password": {"history": 0}}, "must be off: tier LITE does not have it"),
        ({"tier": "LITE", "passkeys": False}, "must be 0: tier LITE keeps no history"),
        ({"tier": "LITE", "passkeys": False, "password": {"history": 0}, "button_color": "ffffff"}, "tier LITE"),
        ({"mfa": "required"}, "must be off with `mfa: required`"),
        ({"email_mfa": True}, "must be off without SES"),
        ({"email_mfa": True, "mfa": "none", "email": SES}, "must be off with `mfa: none`"),
        ({"email": {**SES, "from_address": "no-reply@example.org"}}, "must belong to the identity example.com"),
        ({"email": {**SES, "dmarc": {"policy": "none"}}}, "must be left out with `identity_arn`"),
        ({"email": {**SES, "mail_from_label": "bounce"}}, "must be left out with `identity_arn`"),
        ({"email": {**SES, "from_address": "no-reply@badexample.com"}}, "must belong to the identity example.com"),
        ({"machines": {"oms": {"scopes": []}}}, "at least 1 item"),
        ({"accounts": {"required_attributes": ["name"]}}, "must contain `email`"),
        ({"profile_attributes": ["name"]}, "must contain the required email"),
        ({"profile_attributes": ["email", "custom:rank"]}, "Input should be"),
        ({"web": {"extra_urls": ["http://example.com/callback"]}}, "should match pattern"),
        ({"mobile": {"callback_urls": ["http://example.com/callback"]}}, "should match pattern"),
        ({"mobile": {"callback_urls": ["shop://callback"]}}, "should match pattern"),
        ({"password": {"min_length": 7}}, "greater than or equal to 8"),
        ({"domain": {"kind": "prefix", "prefix": "my-cognito"}}, "which AWS reserves"),
        ({"scopes": {"orders": "All"}}, "should match pattern"),
        ({"web": {"access_minutes": 4}}, "greater than or equal to 5"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(sections: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**sections)


def test_a_sender_may_be_of_a_subdomain_or_the_identity_itself() -> None:
    address = {**SES, "identity_arn": "arn:aws:ses:eu-west-1:222222222222:identity/no-reply@example.com"}
    for sender in ({**SES, "from_address": "no-reply@mail.example.com"}, address):
        assert settings(email=sender).email.kind == "ses"


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"threat_protection": "audit"}, "threat_protection", "must act on stolen passwords"),
        ({"mfa": "none"}, "mfa", "second factor"),
        ({"email": {"kind": "cognito"}}, "email.kind", "50 messages a day"),
        ({"web_acl": None}, "web_acl", "before the user pool"),
        ({"web_acl": {"mode": "count"}}, "web_acl.mode", "counting stops nothing"),
        ({"web": {"extra_urls": ["http://localhost:8080/"]}}, "web.extra_urls[0]", "HTTPS addresses only"),
        ({"email": {**SES, "identity_arn": "arn:aws:ses:us-east-1:222222222222:identity/example.com"}},
         "email.identity_arn", "home Region eu-west-1"),
        ({"email": {**SES, "identity_arn": "arn:aws:ses:eu-west-1:111111111111:identity/example.com"}},
         "email.identity_arn", "account 222222222222"),
        ({"domain": {"kind": "custom", "label": "www"}}, "domain.label", "store's own pages"),
    ],
)  # fmt: skip
def test_production_is_held_to_more(change: dict, path: str, rule: str) -> None:
    (problem,) = problems("prod", change, engagement={"engine": {"kind": "off"}})
    assert problem.dotted == f"web-store:identity.{path}"
    assert rule in problem.rule


def test_a_host_name_that_cognito_would_not_take_is_refused() -> None:
    long = f"{'a' * 41}.store.example.com"
    zone = {"kind": "create", "name": "store.example.com", "query_log_days": 365}
    sender = {"email": {"kind": "ses", "from_address": f"no-reply@{long}"}}
    (problem,) = problems("prod", sender, dns={"domain_name": long, "alternative_names": [], "zone": zone})
    assert problem.dotted == "web-store:identity.domain.label"
    assert "at most 63 characters for Cognito" in problem.rule
