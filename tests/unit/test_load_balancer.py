"""The load balancer block: who reaches it, what it lets through, what it writes down."""

from typing import Any

import pulumi
import pytest

from components.blocks.load_balancer import LoadBalancer, LoadBalancerArgs, OriginSecret
from settings.edge import SecretHeader, VpcOrigin
from settings.web_acl import BalancerWebAclSettings, CommonAttacks, RateLimit
from settings.web_tier import LoadBalancerSettings, WebTierSettings
from tests.foundation import ACCESS_LOGS, inside
from tests.mocks import Recorder, record

BALANCER = "lb/loadBalancer:LoadBalancer"
LISTENER = "lb/listener:Listener"
RULE = "lb/listenerRule:ListenerRule"
TARGETS = "lb/targetGroup:TargetGroup"
CERTIFICATE_ARN = "arn:aws:acm:eu-west-1:111111111111:certificate/1"


def made(
    *,
    settings: LoadBalancerSettings | None = None,
    secret: str | None = None,
    also: str | None = None,
    protect: bool = True,
    looked_up: dict[str, dict[str, Any]] | None = None,
    **changes: Any,
) -> Recorder:
    def build() -> None:
        origin_secret = (
            OriginSecret(
                name="X-Origin-Key",
                value=pulumi.Output.secret(secret),
                also=pulumi.Output.secret(also) if also else None,
            )
            if secret
            else None
        )
        args: dict[str, Any] = {
            "settings": settings or LoadBalancerSettings(),
            "vpc_id": "vpc-1",
            "subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
            "origin_secret": origin_secret,
            "certificate_arn": CERTIFICATE_ARN,
            "target_protocol": "HTTP",
            "health_check_path": "/health",
            "shifting": False,
            "log_days": 90,
        }
        LoadBalancer("balancer", LoadBalancerArgs(**{**args, **changes}), inside(protect=protect))

    return record(build, recorder=Recorder(looked_up=looked_up))


def test_cloudfront_is_the_only_one_admitted() -> None:
    rules = made(shifting=True).of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert [(rule.inputs["prefixListId"], rule.inputs["fromPort"]) for rule in rules] == [("pl-4fa04526", 443)]
    assert not {"cidrIpv4", "cidrIpv6"} & rules[0].inputs.keys()


def test_it_is_internal_unless_an_origin_secret_replaces_the_vpc_origin() -> None:
    assert made().inputs(BALANCER)["internal"] is True
    assert made(secret="s" * 32).inputs(BALANCER)["internal"] is False


def test_headers_are_kept_clean() -> None:
    inputs = made().inputs(BALANCER)
    assert inputs["dropInvalidHeaderFields"] is True
    assert inputs["desyncMitigationMode"] == "strictest"
    assert inputs["xffHeaderProcessingMode"] == "append"
    assert inputs["preserveHostHeader"] is True
    assert made().inputs(LISTENER)["routingHttpResponseServerEnabled"] is False


def test_requests_pass_the_web_acl_even_if_it_does_not_answer_never() -> None:
    assert made().inputs(BALANCER)["enableWafFailOpen"] is False


@pytest.mark.parametrize("protect", [True, False])
def test_deletion_protection_follows_the_environment(protect) -> None:
    assert made(protect=protect).inputs(BALANCER)["enableDeletionProtection"] is protect


def test_requests_and_connections_are_logged_where_the_bucket_admits_load_balancers() -> None:
    inputs = made().inputs(BALANCER)
    for log in (inputs["accessLogs"], inputs["connectionLogs"]):
        assert (log["enabled"], log["bucket"]) == (True, ACCESS_LOGS)
        assert log["prefix"].startswith("alb/")
    assert inputs["accessLogs"]["prefix"] != inputs["connectionLogs"]["prefix"]


def test_listeners_speak_tls_1_3_and_refuse_what_no_rule_wants() -> None:
    listeners = made(shifting=True).of(LISTENER)
    assert {listener.inputs["port"] for listener in listeners} == {443, 8443}
    for listener in listeners:
        assert listener.inputs["protocol"] == "HTTPS"
        assert listener.inputs["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-Res")
        assert listener.inputs["certificateArn"] == CERTIFICATE_ARN
        assert [action["type"] for action in listener.inputs["defaultActions"]] == ["fixed-response"]
        assert listener.inputs["defaultActions"][0]["fixedResponse"]["statusCode"] == "403"


def test_the_origin_secret_is_demanded_kept_secret_and_left_out_of_the_log() -> None:
    recorder = made(secret="s" * 32, shifting=True)
    for rule in recorder.of(RULE):
        headers = [condition["httpHeader"] for condition in rule.inputs["conditions"] if "httpHeader" in condition]
        assert headers == [{"httpHeaderName": "X-Origin-Key", "values": ["s" * 32]}]
        assert rule.secret_inputs == {"conditions"}, "the value would be readable in the state"
    redacted = recorder.inputs("WebAclLoggingConfiguration")["redactedFields"]
    assert {"singleHeader": {"name": "x-origin-key"}} in redacted


CURRENT, NEXT = "n" * 32, "a" * 32


def test_a_secret_is_replaced_in_three_updates_without_a_refused_request() -> None:
    """Add the next one, let CloudFront send it, take the old one away: both sides of each update are admitted."""
    admitted = [
        made(secret=value, also=also).inputs(RULE)["conditions"][1]["httpHeader"]["values"]
        for value, also in ((CURRENT, None), (CURRENT, NEXT), (NEXT, CURRENT), (NEXT, None))
    ]
    assert admitted == [[CURRENT], [NEXT, CURRENT], [NEXT, CURRENT], [NEXT]]
    assert made(secret=CURRENT, also=NEXT).one(RULE).secret_inputs == {"conditions"}
    assert made(secret=CURRENT, also=CURRENT).inputs(RULE)["conditions"][1]["httpHeader"]["values"] == [CURRENT]


@pytest.mark.parametrize("also", [False, True])
@pytest.mark.parametrize("value", ["s" * 31, "s" * 129, "s" * 31 + "*", "s" * 31 + "?", "s" * 31 + " ", "s" * 31 + "ß"])
def test_a_secret_that_a_load_balancer_would_misread_is_refused(value: str, also: bool) -> None:
    with pytest.raises(pulumi.RunError, match="32 to 128 letters, digits") as refused:
        made(secret=CURRENT if also else value, also=value if also else None)
    assert value not in str(refused.value)


def test_without_an_origin_secret_no_header_is_demanded() -> None:
    assert made().inputs(RULE)["conditions"] == [{"pathPattern": {"values": ["/*"]}}]


def test_a_test_listener_exists_only_where_deployments_shift_traffic() -> None:
    assert {rule.name for rule in made().of(RULE)} == {"balancer-production"}
    assert {rule.name for rule in made(shifting=True).of(RULE)} == {"balancer-production", "balancer-test"}


@pytest.mark.parametrize("shifting", [False, True])
@pytest.mark.parametrize("count", [0, 1, 5, 15])
def test_closed_paths_are_answered_with_404_before_any_rule_that_forwards(count: int, shifting: bool) -> None:
    closed = [f"/closed-{number}" for number in range(count)]
    recorder = made(closed_paths=closed, shifting=shifting)
    rules = recorder.of(RULE)
    forwarding = {rule.name: rule for rule in rules if rule.inputs["actions"][0]["type"] == "forward"}
    refusing = [rule for rule in rules if rule.name not in forwarding]
    assert forwarding.keys() == {"balancer-production", *(["balancer-test"] if shifting else [])}
    for listener in {rule.inputs["listenerArn"] for rule in rules}:
        here = [rule for rule in refusing if rule.inputs["listenerArn"] == listener]
        assert len({rule.inputs["priority"] for rule in here}) == len(here)
        closes = [value for rule in here for value in rule.inputs["conditions"][0]["pathPattern"]["values"]]
        assert sorted(closes) == sorted(f"{path}{below}" for path in closed for below in ("", "/*", ";*"))
    first = min(rule.inputs["priority"] for rule in forwarding.values())
    for rule in refusing:
        assert 0 < rule.inputs["priority"] < first
        assert len(rule.inputs["conditions"][0]["pathPattern"]["values"]) <= 5, "AWS takes five values a rule"
        assert rule.inputs["actions"][0]["fixedResponse"]["statusCode"] == "404"


def test_every_store_closes_the_management_paths_of_the_default_image() -> None:
    assert set(WebTierSettings().closed_paths) == {"/health", "/internal"}


def test_weights_belong_to_ecs_while_it_shifts_traffic() -> None:
    assert made().one(RULE).ignore_changes == ()
    assert {rule.ignore_changes for rule in made(shifting=True).of(RULE)} == {("actions",)}


def weights(blue: int, green: int) -> dict[str, Any]:
    """What AWS answers for the production rule."""
    place = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup"
    shares = {"blue": blue, "green": green}
    groups = [{"arn": f"{place}/balancer-{name}/balancer-{name}", "weight": share} for name, share in shares.items()]
    action = {"order": 1, "type": "forward", "forwards": [{"targetGroups": groups}]}
    return {"lb/getListenerRule": {"actions": [action]}}


@pytest.mark.parametrize(("blue", "green", "percent"), [(0, 100, 100), (90, 10, 10), (0, 1, 100)])
def test_rolling_deployments_are_refused_while_green_carries_traffic(blue: int, green: int, percent: int) -> None:
    with pytest.raises(pulumi.RunError, match=f"while the green target group carries {percent}%") as refused:
        made(looked_up=weights(blue, green))
    assert "web_tier.service.redeploy" in str(refused.value), "the way out"


def test_rolling_deployments_go_on_while_blue_carries_all_traffic_and_others_may_shift_it() -> None:
    assert made(looked_up=weights(100, 0)).of(TARGETS)
    assert made(shifting=True, looked_up=weights(0, 100)).of(TARGETS)


def test_target_groups_are_replaced_with_the_load_balancer_and_it_with_their_protocol() -> None:
    recorder = made()
    assert {group.replace_with for group in recorder.of(TARGETS)} == {("balancer",)}
    assert recorder.one(BALANCER).replacement_trigger == "HTTP"
    assert made(target_protocol="HTTPS").one(BALANCER).replacement_trigger == "HTTPS"


def test_traffic_begins_on_blue() -> None:
    groups = made().inputs(RULE)["actions"][0]["forward"]["targetGroups"]
    assert [(group["arn"].rpartition("-")[2], group["weight"]) for group in groups] == [("blue", 100), ("green", 0)]


def test_blue_and_green_are_checked_alike() -> None:
    recorder = made(target_protocol="HTTPS")
    assert recorder.names(TARGETS) == {"balancer-blue", "balancer-green"}
    for group in recorder.of(TARGETS):
        assert (group.inputs["targetType"], group.inputs["protocol"]) == ("ip", "HTTPS")
        assert group.inputs["healthCheck"]["path"] == "/health"
        assert group.inputs["healthCheck"]["protocol"] == "HTTPS"


def test_slow_start_takes_the_algorithm_that_knows_it() -> None:
    slow = made(settings=LoadBalancerSettings(slow_start_seconds=60)).of(TARGETS)[0].inputs
    assert (slow["slowStart"], slow["loadBalancingAlgorithmType"]) == (60, "round_robin")
    fast = made().of(TARGETS)[0].inputs
    assert "slowStart" not in fast
    assert fast["loadBalancingAlgorithmType"] == "least_outstanding_requests"


def test_capacity_is_reserved_only_when_asked_for() -> None:
    assert "minimumLoadBalancerCapacity" not in made().inputs(BALANCER)
    reserved = made(settings=LoadBalancerSettings(minimum_capacity_units=500)).inputs(BALANCER)
    assert reserved["minimumLoadBalancerCapacity"] == {"capacityUnits": 500}


def test_a_zone_can_be_shifted_away() -> None:
    assert made().inputs(BALANCER)["enableZonalShift"] is True


def test_the_web_acl_has_the_baseline_blocks_and_guards_this_load_balancer() -> None:
    recorder = made()
    acl = recorder.inputs("wafv2/webAcl:WebAcl")
    assert acl["scope"] == "REGIONAL"
    managed = {rule["name"]: rule for rule in acl["rules"] if "managedRuleGroupStatement" in rule["statement"]}
    assert {name: rule["statement"]["managedRuleGroupStatement"]["name"] for name, rule in managed.items()} == {
        "ip-reputation": "AWSManagedRulesAmazonIpReputationList",
        "common": "AWSManagedRulesCommonRuleSet",
        "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
        "sql-injection": "AWSManagedRulesSQLiRuleSet",
    }
    assert all(rule["overrideAction"] == {"none": {}} for rule in managed.values())
    association = recorder.inputs("WebAclAssociation")
    assert association["resourceArn"].endswith(":loadbalancer/app/balancer/balancer")
    assert len({rule["priority"] for rule in acl["rules"]}) == len(acl["rules"])


def test_the_rate_limit_sees_the_client_behind_cloudfront() -> None:
    settings = LoadBalancerSettings(web_acl=BalancerWebAclSettings(rate_limits=(RateLimit(name="all", limit=500),)))
    rules = made(settings=settings).inputs("wafv2/webAcl:WebAcl")["rules"]
    limit = next(rule for rule in rules if rule["name"] == "rate-all")
    assert limit["action"] == {"block": {}}
    statement = limit["statement"]["rateBasedStatement"]
    assert (statement["limit"], statement["aggregateKeyType"]) == (500, "FORWARDED_IP")
    assert statement["forwardedIpConfig"] == {"headerName": "X-Store-Client", "fallbackBehavior": "MATCH"}, (
        "clients write the first address of X-Forwarded-For themselves"
    )


def test_metrics_of_two_stacks_in_one_account_stay_apart() -> None:
    assert made().inputs("wafv2/webAcl:WebAcl")["visibilityConfig"]["metricName"] == "balancer-test"


def test_target_groups_outlive_a_change_of_the_container_s_port() -> None:
    assert {group.inputs["port"] for group in made().of("TargetGroup")} == {80}
    assert {group.inputs["port"] for group in made(target_protocol="HTTPS").of("TargetGroup")} == {443}


def test_counting_stops_nothing() -> None:
    settings = LoadBalancerSettings(web_acl=BalancerWebAclSettings(mode="count"))
    rules = made(settings=settings).inputs("wafv2/webAcl:WebAcl")["rules"]
    assert all((rule.get("action") or rule.get("overrideAction")) == {"count": {}} for rule in rules)


def test_single_rules_of_a_group_can_count() -> None:
    chosen = BalancerWebAclSettings(common=CommonAttacks(count_only=("SizeRestrictions_BODY",)))
    settings = LoadBalancerSettings(web_acl=chosen)
    rules = made(settings=settings).inputs("wafv2/webAcl:WebAcl")["rules"]
    overrides = {
        rule["name"]: rule["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]
        for rule in rules
        if "ruleActionOverrides" in rule["statement"].get("managedRuleGroupStatement", {})
    }
    assert overrides == {"common": [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]}


def test_the_web_acl_s_log_has_waf_s_prefix_a_key_and_no_credentials() -> None:
    recorder = made()
    group = recorder.inputs("cloudwatch/logGroup:LogGroup")
    assert group["name"].startswith("aws-waf-logs-")
    assert (group["kmsKeyId"].endswith("key/logs"), group["retentionInDays"]) == (True, 90)
    redacted = recorder.inputs("WebAclLoggingConfiguration")["redactedFields"]
    assert {field["singleHeader"]["name"] for field in redacted} == {"authorization", "cookie", "x-api-key"}


def test_alarms_cover_errors_health_latency_and_rejections() -> None:
    alarms = made().of("MetricAlarm")
    single = {alarm.inputs["metricName"] for alarm in alarms if "metricName" in alarm.inputs}
    assert single == {"HTTPCode_ELB_5XX_Count", "TargetResponseTime", "RejectedConnectionCount", "UnHealthyHostCount"}
    ratio = next(alarm for alarm in alarms if "metricQueries" in alarm.inputs)
    metrics = {query["metric"]["metricName"] for query in ratio.inputs["metricQueries"] if "metric" in query}
    assert metrics == {"HTTPCode_Target_5XX_Count", "RequestCount"}
    assert all(alarm.inputs["alarmActions"] for alarm in alarms)


def test_only_a_secret_header_wants_a_secret() -> None:
    asked: list[str] = []

    def load(name: str) -> pulumi.Output[str]:
        asked.append(name)
        return pulumi.Output.secret("s" * 32)

    assert OriginSecret.for_origin(VpcOrigin(kind="vpc_origin"), load) is None
    assert asked == []
    wanted = OriginSecret.for_origin(SecretHeader(kind="secret_header"), load)
    assert wanted is not None
    assert (wanted.name, asked) == (
        SecretHeader(kind="secret_header").header_name,
        ["origin_secret", "origin_secret_next"],
    )
