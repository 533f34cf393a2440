"""Web ACLs of load balancer, API and user pool: the same knobs as at the edge, where AWS has them."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from components.blocks.web_acl import Clients, RegionalWebAcl, WebAclArgs
from settings.web_acl import (
    AnonymousIp,
    ApiWebAclSettings,
    BalancerWebAclSettings,
    EdgeWebAclSettings,
    RuleGroup,
    UserPoolWebAclSettings,
    WebAclSettings,
)
from tests.foundation import inside
from tests.mocks import Recorder, record

ACL = "wafv2/webAcl:WebAcl"
Regional = BalancerWebAclSettings | ApiWebAclSettings | UserPoolWebAclSettings
PLACES: list[type[Regional]] = [BalancerWebAclSettings, ApiWebAclSettings, UserPoolWebAclSettings]
ALL = [EdgeWebAclSettings, *PLACES]
each_place = pytest.mark.parametrize("place", PLACES)


def made(settings: Regional, **changes: Any) -> Recorder:
    args = {"settings": settings, "log_days": 400, **changes}
    return record(lambda: RegionalWebAcl("place", WebAclArgs(**args), inside()))


def test_an_old_association_goes_before_the_new_one() -> None:
    """The other way round WAF takes the new one away: it disassociates by the resource alone."""
    arn = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/web/1"

    def protect() -> None:
        settings = BalancerWebAclSettings()
        RegionalWebAcl("place", WebAclArgs(settings=settings, log_days=400), inside()).protect_resource("balancer", arn)

    assert record(protect).one("wafv2/webAclAssociation:WebAclAssociation").delete_before_replace


def rules(recorder: Recorder) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in recorder.inputs(ACL)["rules"]}


@each_place
def test_the_knobs_of_the_edge_are_there(place: type[Regional]) -> None:
    chosen: dict[str, Any] = {
        "anonymous_ip": {},
        "bot_control": {},
        "geo": {"never": ["KP"]},
        "rate_limits": [{"name": "all", "limit": 900}, {"name": "login", "path": "/login", "limit": 50}],
        "log_allowed": False,
        "log_days": 30,
    }
    recorder = made(place.model_validate_json(in_json(chosen)))
    assert {"anonymous-ip", "bot-control", "geo", "rate-all", "rate-login"} <= rules(recorder).keys()
    assert len({rule["priority"] for rule in rules(recorder).values()}) == len(rules(recorder))
    assert recorder.inputs(":WebAclLoggingConfiguration")["loggingFilter"]["defaultBehavior"] == "DROP"
    assert recorder.inputs("cloudwatch/logGroup:LogGroup")["retentionInDays"] == 30


def in_json(value: Any) -> str:
    return json.dumps(value)


@each_place
def test_samples_hold_no_credentials(place: type[Regional]) -> None:
    recorder = made(place(), redacted_headers=["X-Origin-Verify"])
    (protection,) = recorder.inputs(ACL)["dataProtectionConfig"]["dataProtections"]
    assert protection["field"]["fieldKeys"] == ["authorization", "cookie", "x-api-key", "x-origin-verify"]
    redacted = recorder.inputs(":WebAclLoggingConfiguration")["redactedFields"]
    assert [field["singleHeader"]["name"] for field in redacted] == protection["field"]["fieldKeys"]


@each_place
def test_the_service_s_own_refusal_is_what_callers_see(place: type[Regional]) -> None:
    recorder = made(place())
    assert rules(recorder)["rate-all"]["action"] == {"block": {}}
    assert "customResponseBodies" not in recorder.inputs(ACL)


@each_place
def test_a_log_is_kept_as_long_as_the_section_s_by_default(place: type[Regional]) -> None:
    recorder = made(place())
    assert recorder.inputs("cloudwatch/logGroup:LogGroup")["retentionInDays"] == 400
    assert "loggingFilter" not in recorder.inputs(":WebAclLoggingConfiguration")


@pytest.mark.parametrize(
    ("settings", "bodies"),
    [
        (ApiWebAclSettings(max_body_kib=48), {"apiGateway": {"defaultSizeInspectionLimit": "KB_48"}}),
        (UserPoolWebAclSettings(max_body_kib=32), {"cognitoUserPool": {"defaultSizeInspectionLimit": "KB_32"}}),
        (ApiWebAclSettings(max_body_kib=16), None),
        (BalancerWebAclSettings(max_body_kib=8), None),
    ],
)
def test_bodies_above_the_chosen_size_are_refused(settings: Regional, bodies: dict[str, Any] | None) -> None:
    recorder = made(settings)
    size = rules(recorder)["body-size"]["statement"]["sizeConstraintStatement"]
    assert size["size"] == 1024 * (settings.max_body_kib or 0)
    assert recorder.inputs(ACL).get("associationConfig") == (bodies and {"requestBodies": [bodies]})


@pytest.mark.parametrize("place", [BalancerWebAclSettings, ApiWebAclSettings])
def test_answers_are_inspected_at_cloudfront_alone(place: type[Regional]) -> None:
    chosen = {"account_takeover": {"login_path": "/login"}, "anti_ddos": {}}
    found = rules(made(place.model_validate_json(in_json(chosen))))
    (config,) = found["account-takeover"]["statement"]["managedRuleGroupStatement"]["managedRuleGroupConfigs"]
    assert "responseInspection" not in config["awsManagedRulesAtpRuleSet"]
    assert "anti-ddos" in found


@pytest.mark.parametrize("group", ["account_takeover", "account_creation", "anti_ddos"])
def test_groups_that_cognito_does_not_take_are_no_settings_of_the_user_pool(group: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        UserPoolWebAclSettings.model_validate({group: {}})


def test_a_path_s_limit_counts_the_customer_s_address_too() -> None:
    settings = ApiWebAclSettings.model_validate_json(
        in_json({"rate_limits": [{"name": "all", "limit": 900}, {"name": "pay", "path": "/payments", "limit": 20}]})
    )
    clients = Clients(header="X-Store-Client", reached_directly=True)
    rate = rules(made(settings, clients=clients))["rate-pay"]["statement"]["rateBasedStatement"]
    assert rate["aggregateKeyType"] == "CUSTOM_KEYS"
    assert rate["scopeDownStatement"]["byteMatchStatement"]["searchString"] == "/payments"


def test_no_rate_limit_counts_the_store_s_own_tasks() -> None:
    settings = UserPoolWebAclSettings.model_validate_json(
        in_json({"rate_limits": [{"name": "all", "limit": 900}, {"name": "login", "path": "/login", "limit": 20}]})
    )
    recorder = made(settings, clients=Clients(uncounted_addresses=["198.51.100.1", "198.51.100.2"]))
    own = recorder.one("wafv2/ipSet:IpSet")
    assert own.inputs["addresses"] == ["198.51.100.1/32", "198.51.100.2/32"]
    assert own.inputs["scope"] == "REGIONAL"
    found = rules(recorder)
    others = {"notStatement": {"statement": {"ipSetReferenceStatement": {"arn": own.outputs["arn"]}}}}
    assert _scope(found["rate-all"]) == others
    path, own_tasks = _scope(found["rate-login"])["andStatement"]["statements"]
    assert path["byteMatchStatement"]["searchString"] == "/login"
    assert own_tasks == others
    assert not made(settings).of("wafv2/ipSet:IpSet")


def _scope(rule: dict[str, Any]) -> dict[str, Any]:
    return rule["statement"]["rateBasedStatement"]["scopeDownStatement"]


@each_place
def test_the_whole_web_acl_can_count(place: type[Regional]) -> None:
    settings = place.model_validate_json(in_json({"mode": "count", "geo": {"never": ["KP"]}, "bot_control": {}}))
    found = rules(made(settings))
    assert all((rule.get("action") or rule.get("overrideAction")) == {"count": {}} for rule in found.values())
    assert settings.not_blocking == ["mode"]


@pytest.mark.parametrize("place", ALL)
def test_no_group_escapes_the_rule_of_production(place: type[WebAclSettings]) -> None:
    """Also one that is added tomorrow: every key that takes a group is found."""
    needed = {"login_path": "/a", "registration_page_path": "/b", "creation_path": "/c"}
    chosen: dict[str, Any] = {}
    for key, field in place.model_fields.items():
        for kind in _kinds(field.annotation):
            if issubclass(kind, RuleGroup):
                chosen[key] = {"mode": "count", **{name: needed[name] for name in needed.keys() & kind.model_fields}}
    settings = place.model_validate_json(in_json(chosen))
    assert len(chosen) >= 6
    assert sorted(settings.not_blocking) == sorted(f"{key}.mode" for key in chosen)
    assert settings.groups.keys() == chosen.keys()


def _kinds(annotation: Any) -> list[type]:
    return [kind for kind in [annotation, *getattr(annotation, "__args__", ())] if isinstance(kind, type)]


def test_hosting_providers_only_count_wherever_the_group_is_on() -> None:
    assert AnonymousIp().count_only == ("HostingProviderIPList",)
    overrides = rules(made(ApiWebAclSettings(anonymous_ip=AnonymousIp())))["anonymous-ip"]["statement"]
    assert overrides["managedRuleGroupStatement"]["ruleActionOverrides"][0]["name"] == "HostingProviderIPList"


@pytest.mark.parametrize("place", [ApiWebAclSettings, UserPoolWebAclSettings])
def test_programs_are_counted_and_not_blocked_where_they_call(place: type[Regional]) -> None:
    found = rules(made(place.model_validate_json(in_json({"bot_control": {}}))))

    def counted(rule: str) -> set[str]:
        overrides = found[rule]["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]
        assert all(override["actionToUse"] == {"count": {}} for override in overrides)
        return {override["name"] for override in overrides}

    assert counted("common") == {"NoUserAgent_HEADER"}, "machines need not name themselves"
    assert counted("bot-control") == {"CategoryHttpLibrary", "SignalKnownBotDataCenter", "SignalNonBrowserUserAgent"}


@pytest.mark.parametrize("place", [ApiWebAclSettings, UserPoolWebAclSettings])
def test_programs_are_never_challenged(place: type[Regional]) -> None:
    with pytest.raises(ValidationError, match="Input should be 'COMMON'"):
        place.model_validate({"bot_control": {"level": "TARGETED"}})


@pytest.mark.parametrize("place", [EdgeWebAclSettings, BalancerWebAclSettings])
def test_requests_of_browsers_name_themselves(place: type[WebAclSettings]) -> None:
    assert place().groups["common"].count_only == ()


def test_route_53_is_no_bot_at_the_load_balancer_either() -> None:
    settings = BalancerWebAclSettings.model_validate({"bot_control": {}})
    found = rules(made(settings, clients=Clients(header="X-Store-Client", probe_path="/home")))
    assert found["probe"]["action"] == {"allow": {}}
    assert found["probe"]["priority"] < found["bot-control"]["priority"]
