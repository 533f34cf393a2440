"""The Edge box: nothing reaches the store but through CloudFront and its web ACL."""

import base64
import hashlib
import re
from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from settings.edge import ResponseHeaders
from settings.stack_files import stack_settings
from tests.foundation import ACCESS_LOGS, EDGE_TOPIC
from tests.mocks import Recorder
from tests.program_under_mocks import PROJECT
from tests.unit.edge_box import DISTRIBUTION, behaviors, edge, group, origins, rules, settings

ALARM, RECORD = "cloudwatch/metricAlarm:MetricAlarm", "route53/record:Record"
HEADERS = "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
SECRET_HEADER = {"kind": "secret_header"}


@pytest.fixture(scope="module")
def plain() -> Recorder:
    """The edge with nothing chosen."""
    return edge()


def test_every_behaviour_is_https_with_security_headers(plain) -> None:
    for path, behavior in behaviors(plain).items():
        assert behavior["viewerProtocolPolicy"] in ("redirect-to-https", "https-only"), path
        assert behavior["responseHeadersPolicyId"] == "edge-distribution-policy-security", path
        assert behavior["compress"] is True, path


def test_viewers_speak_modern_tls_and_http_3_with_the_store_s_certificate(plain) -> None:
    inputs = plain.inputs(DISTRIBUTION)
    certificate = inputs["viewerCertificate"]
    assert certificate["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert certificate["sslSupportMethod"] == "sni-only"
    assert "us-east-1" in certificate["acmCertificateArn"]
    assert "cloudfrontDefaultCertificate" not in certificate
    assert (inputs["httpVersion"], inputs["isIpv6Enabled"]) == ("http2and3", True)
    assert inputs["aliases"] == ["shop.example.com", "www.shop.example.com"]
    assert inputs["defaultRootObject"] == "home"


def test_headers_are_the_ones_that_scanners_ask_for(plain) -> None:
    policy = plain.inputs(HEADERS)
    security = policy["securityHeadersConfig"]
    assert security["strictTransportSecurity"] == {
        "accessControlMaxAgeSec": 730 * 86400,
        "includeSubdomains": True,
        "preload": True,
        "override": True,
    }
    assert "frame-ancestors 'none'" in security["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert security["frameOptions"]["frameOption"] == "DENY"
    assert security["contentTypeOptions"] == {"override": True}
    assert security["referrerPolicy"]["referrerPolicy"] == "strict-origin-when-cross-origin"
    assert [item["header"] for item in policy["customHeadersConfig"]["items"]] == ["Permissions-Policy"]
    assert {item["header"] for item in policy["removeHeadersConfig"]["items"]} == {"Server", "X-Powered-By"}


def test_the_load_balancer_is_reached_inside_the_vpc_over_tls(plain) -> None:
    web = origins(plain)["web"]
    assert web["vpcOriginConfig"]["vpcOriginId"] == "vo_edge-distribution-web"
    assert "customOriginConfig" not in web
    assert "customHeaders" not in web
    endpoint = plain.inputs("cloudfront/vpcOrigin:VpcOrigin")["vpcOriginEndpointConfig"]
    assert endpoint["originProtocolPolicy"] == "https-only"
    assert endpoint["originSslProtocols"] == {"items": ["TLSv1.2"], "quantity": 1}


def test_a_vpc_origin_is_replaced_and_never_changed() -> None:
    """CloudFront changes no origin that a distribution uses."""
    origin = edge().one("cloudfront/vpcOrigin:VpcOrigin")
    assert origin.replace_on_changes == ("vpcOriginEndpointConfig",)
    name = origin.inputs["vpcOriginEndpointConfig"]["name"]
    assert name == "web-store-web-test-1", "both exist for a while, so the name follows the load balancer's ARN"


def test_the_web_tier_is_told_the_client_s_address_whatever_the_client_says(plain) -> None:
    function = plain.one("cloudfront/function:Function")
    assert "request.headers['x-store-client'] = { value: event.viewer.ip };" in function.inputs["code"]
    assert function.inputs["publish"] is True
    web = {path: found for path, found in behaviors(plain).items() if found["targetOriginId"] == "web"}
    assert web.keys() == {"", "/static/*"}
    for path, behavior in web.items():
        (association,) = behavior["functionAssociations"]
        assert association["eventType"] == "viewer-request", path
        assert association["functionArn"].endswith(function.name)
    assets = plain.inputs("cloudfront/originRequestPolicy:OriginRequestPolicy", "edge-distribution-policy-assets")
    assert assets["headersConfig"]["headers"]["items"] == ["Host", "X-Store-Client"]


def test_a_public_load_balancer_gets_the_secret_over_tls_and_it_stays_secret() -> None:
    recorder = edge(origin=SECRET_HEADER, secret="s3cret-value-of-32-characters-xx")
    assert not recorder.of("cloudfront/vpcOrigin:VpcOrigin")
    web = origins(recorder)["web"]
    assert web["customHeaders"] == [{"name": "X-Origin-Verify", "value": "s3cret-value-of-32-characters-xx"}]
    assert web["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert web["customOriginConfig"]["originSslProtocols"] == ["TLSv1.2"]
    assert "origins" in recorder.one(DISTRIBUTION).secret_inputs


def test_a_secret_header_without_a_secret_says_what_to_run() -> None:
    with pytest.raises(pulumi.RunError, match="pulumi config set --secret web-store:origin_secret"):
        edge(origin=SECRET_HEADER)


def test_s3_origins_are_read_with_signed_requests_and_admit_this_distribution_only(plain) -> None:
    control = plain.inputs("cloudfront/originAccessControl:OriginAccessControl")
    assert (control["signingBehavior"], control["signingProtocol"]) == ("always", "sigv4")
    for origin, bucket in (("media", "media"), ("maintenance", "edge-maintenance")):
        assert origins(plain)[origin]["originAccessControlId"] == "Eedge-distribution-s3"
        reads = plain.one("s3/bucketPolicy:BucketPolicy", bucket).statements()["CloudFrontReads"]
        assert reads["Condition"] == {
            "StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111111111111:distribution/Eedge-distribution"}
        }


def test_paths_lead_to_their_origins(plain) -> None:
    assert {path: behavior["targetOriginId"] for path, behavior in behaviors(plain).items()} == {
        "": "web",
        "/maintenance/*": "maintenance",
        "/media/*": "media",
        "/static/*": "web",
    }


def test_pages_take_posts_and_are_not_cached_unless_asked(plain) -> None:
    page = behaviors(plain)[""]
    assert "POST" in page["allowedMethods"]
    assert page["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def test_pages_cached_as_told_are_kept_apart_by_host_query_and_named_cookies() -> None:
    recorder = edge(page_caching="as_told", page_cookies=["language"])
    policy = recorder.inputs("cloudfront/cachePolicy:CachePolicy", "edge-distribution-policy-pages")
    assert (policy["minTtl"], policy["defaultTtl"]) == (0, 0), "silence of the origin means: do not cache"
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert key["cookiesConfig"] == {"cookieBehavior": "whitelist", "cookies": {"items": ["language"]}}
    assert key["headersConfig"]["headers"] == {"items": ["Host"]}
    assert key["queryStringsConfig"] == {"queryStringBehavior": "all"}


def test_assets_never_vary_by_cookie(plain) -> None:
    policy = plain.inputs("cloudfront/cachePolicy:CachePolicy", "edge-distribution-policy-assets")
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert key["cookiesConfig"] == {"cookieBehavior": "none"}
    assert key["enableAcceptEncodingBrotli"] is True
    for path in ("/media/*", "/static/*"):
        assert "POST" not in behaviors(plain)[path]["allowedMethods"]


def test_the_host_reaches_the_web_tier_and_never_s3(plain) -> None:
    request = plain.inputs("cloudfront/originRequestPolicy:OriginRequestPolicy", "edge-distribution-policy-assets")
    assert "Host" in request["headersConfig"]["headers"]["items"], "the load balancer's certificate is checked by it"
    found = behaviors(plain)
    assert found["/static/*"]["originRequestPolicyId"] == "edge-distribution-policy-assets"
    for path in ("/media/*", "/maintenance/*"):
        assert "originRequestPolicyId" not in found[path]


def test_an_api_gets_its_paths_when_there_is_one(plain) -> None:
    assert "/api/*" not in behaviors(plain)
    recorder = edge(api="api.shop.example.com")
    api = behaviors(recorder)["/api/*"]
    assert (api["targetOriginId"], api["viewerProtocolPolicy"]) == ("api", "https-only")
    assert api["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert origins(recorder)["api"]["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert "customHeaders" not in origins(recorder)["api"]


def test_the_api_knows_cloudfront_by_a_key_that_stays_secret_and_is_told_the_client_s_address() -> None:
    recorder = edge(api="api.shop.example.com", api_key="k" * 40)
    assert origins(recorder)["api"]["customHeaders"] == [{"name": "x-api-key", "value": "k" * 40}]
    assert "origins" in recorder.one(DISTRIBUTION).secret_inputs
    for origin in ("web", "media", "maintenance"):
        assert "customHeaders" not in origins(recorder)[origin]
    (association,) = behaviors(recorder)["/api/*"]["functionAssociations"]
    assert association["eventType"] == "viewer-request"
    assert association["functionArn"].endswith("edge-distribution-policy-client")


def test_an_outage_of_the_web_tier_shows_the_maintenance_page(plain) -> None:
    responses = {
        response["errorCode"]: response
        for response in plain.inputs(DISTRIBUTION)["customErrorResponses"]
        if "responsePagePath" in response
    }
    assert responses.keys() == {502, 503, 504}
    for response in responses.values():
        assert (response["responseCode"], response["responsePagePath"]) == (503, "/maintenance/index.html")
    page = plain.inputs("s3/bucketObjectv2:BucketObjectv2")
    assert page["cacheControl"] == "no-store", "a browser that kept it would not see the store come back"
    assert page["key"] == "maintenance/index.html"
    assert page["contentType"].startswith("text/html")
    assert page["region"] == "us-east-1", "a failure of the home Region must spare it"


def test_words_of_the_maintenance_page_cannot_become_markup() -> None:
    page = edge(maintenance={"heading": "Back <b>soon</b>", "message": "5 > 3"}).inputs(
        "s3/bucketObjectv2:BucketObjectv2"
    )
    assert "Back &lt;b&gt;soon&lt;/b&gt;" in page["content"]
    assert "$" not in page["content"]


def test_media_with_a_copy_fail_over_to_it() -> None:
    recorder = edge(media={"replica_region": "eu-central-1"})
    (pair,) = recorder.inputs(DISTRIBUTION)["originGroups"]
    assert [member["originId"] for member in pair["members"]] == ["media", "media-replica"]
    assert behaviors(recorder)["/media/*"]["targetOriginId"] == pair["originId"]
    assert "POST" not in behaviors(recorder)["/media/*"]["allowedMethods"], "origin groups take no POST"
    assert "originGroups" not in edge().inputs(DISTRIBUTION)


@pytest.mark.parametrize("sections", [{}, {"page_caching": "as_told"}, {"api": "api.shop.example.com"}])
def test_cloudfront_keeps_no_error_of_one_customer_for_the_next(sections: dict[str, Any]) -> None:
    responses = edge(**sections).inputs(DISTRIBUTION)["customErrorResponses"]
    kept = {response["errorCode"]: response["errorCachingMinTtl"] for response in responses}
    # All codes of
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html#HTTPStatusCodes-cached-errors
    # but 412 and 415, for which CloudFront takes no entry.
    assert kept == dict.fromkeys((400, 403, 404, 405, 414, 500, 501, 502, 503, 504), 0)
    assert [
        response for response in responses if "responsePagePath" not in response and "responseCode" in response
    ] == []


def test_media_answer_scripts_of_named_origins_only(plain) -> None:
    assert "corsConfig" not in plain.inputs(HEADERS)
    recorder = edge(media={"cors_origins": ["https://app.example.com"]})
    cors = recorder.inputs(HEADERS, "edge-distribution-policy-media")["corsConfig"]
    assert cors["accessControlAllowOrigins"] == {"items": ["https://app.example.com"]}
    assert cors["accessControlAllowCredentials"] is False
    assert behaviors(recorder)["/media/*"]["responseHeadersPolicyId"] == "edge-distribution-policy-media"
    assert behaviors(recorder)[""]["responseHeadersPolicyId"] == "edge-distribution-policy-security"


def test_markets_limit_where_the_store_is_served(plain) -> None:
    assert plain.inputs(DISTRIBUTION)["restrictions"] == {"geoRestriction": {"restrictionType": "none"}}
    assert edge(markets=["IE"]).inputs(DISTRIBUTION)["restrictions"] == {
        "geoRestriction": {"restrictionType": "whitelist", "locations": ["IE"]}
    }


def test_origin_shield_and_realtime_metrics_are_bought_on_request(plain) -> None:
    assert "originShield" not in origins(plain)["web"]
    assert not plain.of("cloudfront/monitoringSubscription:MonitoringSubscription")
    recorder = edge(origin_shield_region="eu-west-1", realtime_metrics=True)
    for origin in ("web", "media"):
        assert origins(recorder)[origin]["originShield"] == {"enabled": True, "originShieldRegion": "eu-west-1"}
    assert recorder.of("cloudfront/monitoringSubscription:MonitoringSubscription")


# Logs, records, alarms


def test_access_logs_go_encrypted_to_a_bucket_without_cookies(plain) -> None:
    source = plain.inputs("cloudwatch/logDeliverySource:LogDeliverySource")
    assert (source["logType"], source["region"]) == ("ACCESS_LOGS", "us-east-1")
    assert source["resourceArn"].endswith("distribution/Eedge-distribution")
    destination = plain.inputs("cloudwatch/logDeliveryDestination:LogDeliveryDestination")
    assert destination["deliveryDestinationConfiguration"] == {"destinationResourceArn": "arn:aws:s3:::edge-logs"}
    delivery = plain.inputs("cloudwatch/logDelivery:LogDelivery")
    assert not {"cs(Cookie)", "cs(Referer)", "cs-uri-query"} & set(delivery["recordFields"])
    assert "c-ip" in delivery["recordFields"]
    (rule,) = plain.inputs(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "edge-logs"
    )["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"].endswith("key/edge")
    writes = plain.one("s3/bucketPolicy:BucketPolicy", "edge-logs").statements()["AWSLogDeliveryWrite"]
    assert writes["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert writes["Resource"] == "arn:aws:s3:::edge-logs/AWSLogs/111111111111/*"
    assert writes["Condition"]["StringEquals"]["aws:SourceAccount"] == "111111111111"


def test_buckets_log_to_a_target_in_their_own_region() -> None:
    away, home = edge(), edge(region="us-east-1")
    logging = "s3/bucketLogging:BucketLogging"
    for bucket in ("edge-logs", "edge-maintenance"):
        assert away.inputs(logging, bucket)["targetBucket"] == "edge-s3-logs"
        assert home.inputs(logging, bucket)["targetBucket"] == ACCESS_LOGS
    assert away.inputs("s3/bucket:Bucket", "edge-s3-logs")["region"] == "us-east-1"
    assert "edge-s3-logs" not in home.names("s3/bucket:Bucket")


@pytest.mark.parametrize("protect", [True, False])
def test_buckets_of_the_edge_are_protected_as_the_environment_says(protect: bool) -> None:
    recorder = edge(protect=protect)
    buckets = [b for b in recorder.of("s3/bucket:Bucket") if b.name.startswith("edge")]
    assert len(buckets) == 3
    assert {(b.protect, b.inputs["forceDestroy"]) for b in buckets} == {(protect, not protect)}


def test_every_host_name_has_its_three_alias_records(plain) -> None:
    found = {
        (r.inputs["name"], r.inputs["type"]): r.inputs["aliases"]
        for r in plain.of(RECORD)
        if r.name.startswith("edge-")
    }
    assert set(found) == {
        (name, type_) for name in ("shop.example.com", "www.shop.example.com") for type_ in ("A", "AAAA", "HTTPS")
    }
    target = {
        "name": "dedge-distribution.cloudfront.net",
        "zoneId": "Z2FDTNDATAQYW2",
        "evaluateTargetHealth": False,
    }
    assert all(aliases == [target] for aliases in found.values())


def test_alarms_of_the_edge_are_in_us_east_1_and_tell_somebody() -> None:
    recorder = edge(realtime_metrics=True, health_check={"path": "/home"})
    alarms = {alarm.name: alarm.inputs for alarm in recorder.of(ALARM) if alarm.name.startswith("edge")}
    assert {alarm["metricName"] for alarm in alarms.values()} == {
        "5xxErrorRate",
        "BlockedRequests",
        "OriginLatency",
        "HealthCheckStatus",
    }
    for alarm in alarms.values():
        assert alarm["region"] == "us-east-1"
        assert alarm["alarmActions"] == [EDGE_TOPIC]


def test_without_realtime_metrics_nothing_waits_for_them(plain) -> None:
    assert plain.names(ALARM) >= {"edge-errors", "edge-web-acl-blocked"}
    assert "edge-origin-latency" not in plain.names(ALARM)
    assert not plain.of("route53/healthCheck:HealthCheck")


def test_the_health_checkers_are_not_taken_for_bots() -> None:
    recorder = edge(health_check={"path": "/home"}, web_acl={"bot_control": {}})
    check = recorder.inputs("route53/healthCheck:HealthCheck")
    assert (check["type"], check["fqdn"], check["resourcePath"]) == ("HTTPS", "shop.example.com", "/home")
    found = rules(recorder)
    excepted = group(found["anonymous-ip"])["scopeDownStatement"]["notStatement"]["statement"]
    admitted = found["probe"]
    assert admitted["action"] == {"allow": {}}
    assert found["common"]["priority"] < admitted["priority"] < found["bot-control"]["priority"]
    for statement in (excepted, admitted["statement"]):
        path, agent = (part["byteMatchStatement"] for part in statement["andStatement"]["statements"])
        assert (path["searchString"], path["positionalConstraint"]) == ("/home", "EXACTLY")
        assert agent["fieldToMatch"] == {"singleHeader": {"name": "user-agent"}}, "no other bot gets in this way"
        assert agent["searchString"] == "Amazon-Route53-Health-Check-Service"
    assert "scopeDownStatement" not in group(found["common"]), "attacks on that path are still attacks"
    assert "probe" not in rules(edge(health_check={"path": "/home"})), "nothing else stops the checkers"


def test_health_checkers_ask_only_from_countries_that_are_served() -> None:
    def regions(**sections: Any) -> list[str]:
        return edge(health_check={"path": "/home"}, **sections).inputs("route53/healthCheck:HealthCheck")["regions"]

    assert len(regions()) == 8
    assert regions(markets=["IE", "US"]) == ["us-east-1", "us-west-1", "us-west-2", "eu-west-1"]
    assert "sa-east-1" not in regions(web_acl={"geo": {"never": ["BR"]}})
    assert "sa-east-1" in regions(web_acl={"geo": {"never": ["BR"], "mode": "count"}})


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"health_check": {"path": "/home"}, "markets": ["IE"]}, "three checker Regions"),
        ({"health_check": {"path": "/home"}, "web_acl": {"geo": {"only": ["IE"]}}}, "three checker Regions"),
        ({"web_acl": {"rate_limits": [{"name": "login", "path": "/login", "limit": 50}]}}, "one limit without a path"),
        ({"web_acl": {"rate_limits": [{"name": "a", "limit": 50}, {"name": "a", "limit": 60}]}}, "a name of its own"),
        ({"web_acl": {"rate_limits": [{"name": "all", "limit": 9}]}}, "greater than or equal to 10"),
        ({"web_acl": {"geo": {"only": ["IE"], "never": ["KP"]}}}, "either `only` or `never`"),
        ({"web_acl": {"geo": {}}}, "either `only` or `never`"),
        ({"minimum_tls": "TLSv1.1_2016"}, "Input should be 'TLSv1.2_2021'"),
        ({"headers": {"hsts_max_age_days": 30}}, "greater than or equal to 365"),
        ({"default_root_object": "/home"}, "should match pattern"),
        ({"origin": {"kind": "public"}}, "does not match any of the expected tags"),
        ({"price_class": "PriceClass_50"}, "Input should be 'PriceClass_100'"),
    ],
)
def test_settings_that_would_open_or_break_the_edge_are_refused(sections: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**sections)


def test_pages_may_load_what_is_the_store_s_own_and_the_maintenance_page_its_style() -> None:
    policy = ResponseHeaders().content_security_policy
    page = (PROJECT / "components" / "edge" / "maintenance.html").read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-inline" not in policy
    assert "https:" not in policy


@pytest.mark.parametrize(
    ("policy", "pictures"),
    [
        ("default-src 'self'; object-src 'none'", "'self' https://maps.test"),
        ("default-src 'none'", "https://maps.test"),
        ("img-src 'self' data:; default-src 'none';", "'self' data: https://maps.test"),
        ("default-src 'self'; img-src https://maps.test", "https://maps.test"),
        ("object-src 'none'", None),
    ],
)
def test_pages_may_show_pictures_of_one_more_host_and_nothing_else_changes(policy: str, pictures: str | None) -> None:
    before = ResponseHeaders(content_security_policy=policy)
    after = before.with_pictures_of("maps.test")
    directives = [part.split(maxsplit=1) for part in after.content_security_policy.split(";") if part.strip()]
    found = {name: value.strip() for name, value in directives}
    assert found.pop("img-src", None) == pictures
    given = dict(part.split(maxsplit=1) for part in policy.split(";") if part.strip())
    given.pop("img-src", None)
    assert found == {name: value.strip() for name, value in given.items()}
    assert after.model_copy(update={"content_security_policy": policy}) == before


def test_the_stack_with_a_key_of_maps_shows_maps_of_its_region_alone() -> None:
    for stack in stack_settings().values():
        has_key = getattr(stack.location.engine, "maps_key", None) is not None
        policy = stack.open_edge.headers.content_security_policy
        assert (f"img-src 'self' https://maps.geo.{stack.environment.region}.amazonaws.com" in policy) is has_key
        assert stack.open_edge.model_copy(update={"headers": stack.edge.headers}) == stack.edge
