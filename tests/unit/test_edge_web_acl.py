"""The web ACL of the edge: what it blocks, counts, limits and logs."""

import posixpath
import re
from urllib.parse import unquote

import pytest

from settings.stack_files import stack_settings
from tests.mocks import Recorder
from tests.unit.edge_box import ACL, DISTRIBUTION, edge, group, rules, settings

BASELINE = {
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
}


@pytest.fixture(scope="module")
def plain() -> Recorder:
    """The edge with nothing chosen."""
    return edge()


def test_the_web_acl_is_where_cloudfront_looks_for_it(plain) -> None:
    acl = plain.inputs(ACL)
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    assert (
        plain.inputs(DISTRIBUTION)["webAclId"]
        == "arn:aws:wafv2:us-east-1:111111111111:global/webacl/edge-web-acl/edge-web-acl"
    )


def test_metrics_and_alarm_of_two_stacks_in_one_account_stay_apart(plain) -> None:
    assert plain.inputs(ACL)["visibilityConfig"]["metricName"] == "edge-web-acl-test"
    alarm = plain.inputs("cloudwatch/metricAlarm:MetricAlarm", "edge-web-acl-blocked")
    assert alarm["dimensions"] == {"WebACL": "edge-web-acl-test", "Rule": "ALL"}


def test_samples_hold_no_credentials(plain) -> None:
    (protection,) = plain.inputs(ACL)["dataProtectionConfig"]["dataProtections"]
    assert protection["action"] == "SUBSTITUTION"
    assert protection["field"] == {"fieldType": "SINGLE_HEADER", "fieldKeys": ["authorization", "cookie", "x-api-key"]}


def test_the_baseline_groups_block(plain) -> None:
    managed = {name: rule for name, rule in rules(plain).items() if "managedRuleGroupStatement" in rule["statement"]}
    assert {group(rule)["name"] for rule in managed.values()} == BASELINE, "what costs extra is on request"
    assert all(rule["overrideAction"] == {"none": {}} for rule in managed.values())


def test_one_ceiling_holds_for_all_requests(plain) -> None:
    rate = rules(plain)["rate-all"]
    statement = rate["statement"]["rateBasedStatement"]
    assert (statement["limit"], statement["aggregateKeyType"]) == (2000, "IP")
    assert "scopeDownStatement" not in statement
    response = rate["action"]["block"]["customResponse"]
    assert response == {"responseCode": 429, "customResponseBodyKey": "too-many"}


def test_every_response_body_that_a_rule_names_exists() -> None:
    recorder = edge(web_acl={"geo": {"never": ["KP"]}})
    bodies = {body["key"] for body in recorder.inputs(ACL)["customResponseBodies"]}
    named = {
        rule["action"]["block"]["customResponse"]["customResponseBodyKey"]
        for rule in rules(recorder).values()
        if "block" in rule.get("action", {})
    }
    assert named
    assert named <= bodies


def test_priorities_are_unique_and_metrics_are_on() -> None:
    recorder = edge(
        web_acl={
            "rate_limits": [{"name": "all", "limit": 2000}, {"name": "login", "path": "/login", "limit": 50}],
            "bot_control": {},
            "geo": {"never": ["KP"]},
        }
    )
    found = rules(recorder)
    assert len({rule["priority"] for rule in found.values()}) == len(found)
    for part in [recorder.inputs(ACL), *found.values()]:
        assert part["visibilityConfig"]["cloudwatchMetricsEnabled"] is True
        assert part["visibilityConfig"]["sampledRequestsEnabled"] is True


@pytest.mark.parametrize(
    ("section", "name", "setting"),
    [
        ("common", "common", {"mode": "count"}),
        ("sql_injection", "sql-injection", {"mode": "count"}),
        ("bot_control", "bot-control", {"mode": "count"}),
    ],
)
def test_a_group_in_count_mode_stops_nothing_and_is_told(section: str, name: str, setting: dict) -> None:
    assert rules(edge(web_acl={section: setting}))[name]["overrideAction"] == {"count": {}}
    assert settings(web_acl={section: setting}).web_acl.not_blocking == [f"{section}.mode"]


def test_own_rules_count_on_request_and_are_told() -> None:
    chosen = {
        "geo": {"only": ["IE"], "mode": "count"},
        "rate_limits": [{"name": "all", "limit": 2000, "mode": "count"}],
    }
    found = rules(edge(web_acl=chosen))
    assert found["geo"]["action"] == found["rate-all"]["action"] == {"count": {}}
    assert settings(web_acl=chosen).web_acl.not_blocking == ["rate_limits.0.mode", "geo.mode"]


def test_single_rules_of_a_group_can_count_while_it_blocks() -> None:
    rule = rules(edge(web_acl={"common": {"count_only": ["SizeRestrictions_BODY"]}}))["common"]
    assert rule["overrideAction"] == {"none": {}}
    assert group(rule)["ruleActionOverrides"] == [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]


def test_a_path_s_limit_cannot_be_dodged_by_spelling() -> None:
    limits = [{"name": "all", "limit": 2000}, {"name": "login", "path": "/login", "limit": 50, "window_seconds": 60}]
    statement = rules(edge(web_acl={"rate_limits": limits}))["rate-login"]["statement"]["rateBasedStatement"]
    assert (statement["limit"], statement["evaluationWindowSec"]) == (50, 60)
    match = statement["scopeDownStatement"]["byteMatchStatement"]
    assert (match["searchString"], match["positionalConstraint"]) == ("/login", "STARTS_WITH")
    assert [step["type"] for step in match["textTransformations"]] == ["URL_DECODE", "NORMALIZE_PATH"]


def test_countries_are_let_in_or_turned_away() -> None:
    never = rules(edge(web_acl={"geo": {"never": ["KP"]}}))["geo"]
    assert never["statement"] == {"geoMatchStatement": {"countryCodes": ["KP"]}}
    only = rules(edge(web_acl={"geo": {"only": ["IE", "GB"]}}))["geo"]
    assert only["statement"] == {"notStatement": {"statement": {"geoMatchStatement": {"countryCodes": ["IE", "GB"]}}}}
    assert "geo" not in rules(edge())


def inspected(uri_path: str, transformations: list[dict]) -> str:
    """The path as WAF compares it
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html)."""
    for step in sorted(transformations, key=lambda step: step["priority"]):
        match step["type"]:
            case "URL_DECODE":
                uri_path = unquote(uri_path)
            case "NORMALIZE_PATH":
                slash = "/" if uri_path.endswith("/") else ""
                uri_path = posixpath.normpath(re.sub("/+", "/", uri_path)).rstrip("/") + slash
            case other:
                assert other == "NONE"
    return uri_path


@pytest.mark.parametrize("mode", ["block", "count"])
@pytest.mark.parametrize(
    ("path", "closed"),
    [
        ("/actuator", True),
        ("/actuator/", True),
        ("/actuator/prometheus", True),
        ("/actuator;jsessionid=1/prometheus", True),
        ("//utility/panic", True),
        ("/utility/stress/9", True),
        ("/%75tility/panic", True),
        ("/home/../utility/panic", True),
        ("/home/%2e%2e/utility/panic", True),
        ("/./utility/panic", True),
        ("/utilityroom", False),
        ("/home", False),
        ("/catalog/actuator", False),
        ("/", False),
    ],
)
def test_closed_paths_are_closed_in_every_spelling_and_mode(path: str, closed: bool, mode: str) -> None:
    found = rules(edge(web_acl={"mode": mode}))
    rule = found["closed-paths"]
    assert rule["action"]["block"]["customResponse"]["responseCode"] == 404
    statement = rule["statement"]["regexMatchStatement"]
    assert statement["fieldToMatch"] == {"uriPath": {}}
    seen = inspected(path, statement["textTransformations"])
    assert bool(re.search(statement["regexString"], seen)) is closed, seen
    assert rule["priority"] < min(other["priority"] for name, other in found.items() if name.startswith("rate"))


@pytest.mark.parametrize("level", ["COMMON", "TARGETED"])
@pytest.mark.parametrize(
    ("path", "for_bots"),
    [
        ("/api/orders", False),
        ("/api/customers/me/addresses/a1.b~c%20d", False),
        ("/api/carts/", False),
        ("/home", True),
        ("/apis/home", True),
        ("/api/../home", True),
        ("/api/%2e%2e/home", True),
        ("/api/x/..%2f..%2f/home", True),
        ("//api/orders", True),
        ("/API/orders", True),
    ],
)
def test_bots_are_looked_for_among_pages_and_not_among_callers_of_the_api(
    path: str, for_bots: bool, level: str
) -> None:
    scope = group(rules(edge(web_acl={"bot_control": {"level": level}}))["bot-control"])["scopeDownStatement"]
    statement = scope["notStatement"]["statement"]["regexMatchStatement"]
    seen = inspected(path, statement["textTransformations"])
    assert (not re.search(statement["regexString"], seen)) is for_bots


@pytest.mark.parametrize(("kib", "limit"), [(16, None), (64, "KB_64")])
def test_bodies_beyond_what_rules_can_see_are_refused(kib: int, limit: str | None) -> None:
    recorder = edge(web_acl={"max_body_kib": kib})
    statement = rules(recorder)["body-size"]["statement"]["sizeConstraintStatement"]
    assert (statement["comparisonOperator"], statement["size"]) == ("GT", kib * 1024)
    assert statement["fieldToMatch"] == {"body": {"oversizeHandling": "MATCH"}}
    config = recorder.inputs(ACL).get("associationConfig")
    assert config == (limit and {"requestBodies": [{"cloudfront": {"defaultSizeInspectionLimit": limit}}]})


def test_fraud_groups_know_the_paths_and_fields() -> None:
    found = rules(
        edge(
            web_acl={
                "account_takeover": {"login_path": "/login", "username_field": "/user"},
                "account_creation": {"registration_page_path": "/join", "creation_path": "/api/join"},
                "bot_control": {"level": "TARGETED"},
                "anti_ddos": {},
            }
        )
    )
    (takeover,) = group(found["account-takeover"])["managedRuleGroupConfigs"]
    login = takeover["awsManagedRulesAtpRuleSet"]
    assert login["loginPath"] == "/login"
    assert login["requestInspection"]["usernameField"] == {"identifier": "/user"}
    (creation,) = group(found["account-creation"])["managedRuleGroupConfigs"]
    assert creation["awsManagedRulesAcfpRuleSet"]["creationPath"] == "/api/join"
    (bots,) = group(found["bot-control"])["managedRuleGroupConfigs"]
    assert bots["awsManagedRulesBotControlRuleSet"] == {"inspectionLevel": "TARGETED", "enableMachineLearning": True}
    assert group(found["anti-ddos"])["name"] == "AWSManagedRulesAntiDDoSRuleSet"


def test_production_guards_no_page_that_the_store_does_not_have() -> None:
    """Customers sign in on another host, behind a web ACL of its own; the groups are charged for each request."""
    acl = stack_settings()["prod"].edge.web_acl
    assert acl is not None
    assert (acl.account_takeover, acl.account_creation) == (None, None)
    assert [limit.path for limit in acl.rate_limits if limit.path] == ["/checkout"]


def test_the_web_acl_s_log_is_encrypted_and_holds_no_credentials(plain) -> None:
    log = plain.inputs("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    assert {field["singleHeader"]["name"] for field in log["redactedFields"]} == {
        "authorization",
        "cookie",
        "x-api-key",
    }
    assert log["loggingFilter"]["defaultBehavior"] == "DROP"
    assert log["region"] == "us-east-1"
    log_group = plain.inputs("cloudwatch/logGroup:LogGroup", "edge-web-acl-log")
    assert log_group["name"].startswith("aws-waf-logs-"), "WAF takes no other name"
    assert (log_group["region"], log_group["retentionInDays"]) == ("us-east-1", 90)
    assert log_group["kmsKeyId"].endswith("key/edge")


def test_allowed_requests_are_logged_on_request() -> None:
    recorder = edge(web_acl={"log_allowed": True})
    assert "loggingFilter" not in recorder.inputs("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
