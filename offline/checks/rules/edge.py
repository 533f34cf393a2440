"""CloudFront, WAF, certificates and Route 53."""

import ipaddress
import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.formats import arn_parts, network
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_METRIC = re.compile(r"[\w#:./-]{1,255}", re.ASCII)
_DESCRIPTION = re.compile(r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]+[\w+=:#@/\-,.]", re.ASCII)
_DOMAIN = re.compile(r"(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.?")
_CAA = re.compile(r'\d{1,3} [A-Za-z0-9]+ ".*"')
_PREFERENCE = re.compile(r"\d{1,5} \S+")
_METHODS = (
    {"GET", "HEAD"},
    {"GET", "HEAD", "OPTIONS"},
    {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
)
_ROUTING = (
    "weightedRoutingPolicies",
    "latencyRoutingPolicies",
    "failoverRoutingPolicies",
    "geolocationRoutingPolicies",
    "geoproximityRoutingPolicy",
    "multivalueAnswerRoutingPolicy",
    "cidrRoutingPolicy",
)
EDGE_REGION = "us-east-1"
_CONFIGS = (
    "corsConfig",
    "customHeadersConfig",
    "removeHeadersConfig",
    "securityHeadersConfig",
    "serverTimingHeadersConfig",
)


def edge_certificate(args: Block, name: str) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""
    service, region = arn_parts(args.text(name))
    if service == "acm" and region != EDGE_REGION:
        yield args.problem(name, f"the certificate must be in {EDGE_REGION}")


@rule("cloudfront/distribution:Distribution")
def origins(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CacheBehavior.html"""
    if not all(args.settled(name) for name in ("origins", "originGroups")):
        names = None
    else:
        listed = [origin.text("originId") for origin in args.blocks("origins")]
        names = {*listed, *(group.text("originId") for group in args.blocks("originGroups"))}
        for origin in args.blocks("origins"):
            if listed.count(origin.text("originId")) > 1:
                yield origin.problem("originId", "the ids of origins must be unique")
    for origin in args.blocks("origins"):
        if origin.given("customOriginConfig") and origin.given("s3OriginConfig"):
            yield origin.problem_without_value(
                "s3OriginConfig", "only one of customOriginConfig and s3OriginConfig may be set"
            )
        domain = origin.text("domainName")
        if domain and ("/" in domain or ":" in domain):
            yield origin.problem("domainName", "must be a domain name without scheme, port and path")
        path = origin.text("originPath")
        if path and (not path.startswith("/") or path.endswith("/")):
            yield origin.problem("originPath", "the path of an origin must start with / and must not end with it")
    for behavior in (*args.blocks("defaultCacheBehavior"), *args.blocks("orderedCacheBehaviors")):
        target = behavior.text("targetOriginId")
        if target and names is not None and target not in names:
            known = ", ".join(sorted(name for name in names if name)) or "none"
            yield behavior.problem("targetOriginId", f"must be the id of an origin of this distribution ({known})")
        yield from _behavior(behavior)


def _behavior(behavior: Block) -> Iterator[Problem]:
    if behavior.missing("cachePolicyId") and behavior.missing("forwardedValues"):
        yield behavior.problem("cachePolicyId", "a cache behavior needs cachePolicyId (or forwardedValues)")
    elif behavior.given("cachePolicyId") and behavior.given("forwardedValues"):
        yield behavior.problem_without_value("forwardedValues", "must not be set together with cachePolicyId")
    if not (behavior.settled("allowedMethods") and behavior.settled("cachedMethods")):
        return
    allowed = {method for _path, method in behavior.texts("allowedMethods")}
    cached = {method for _path, method in behavior.texts("cachedMethods")}
    if allowed and allowed not in _METHODS:
        ways = "; ".join(", ".join(sorted(methods)) for methods in _METHODS)
        yield behavior.problem_without_value(
            "allowedMethods", f"must be one of: {ways}; received {', '.join(sorted(allowed))}"
        )
    elif cached and cached not in _METHODS[:2]:
        yield behavior.problem_without_value(
            "cachedMethods", f"must be GET, HEAD or GET, HEAD, OPTIONS; received {sorted(cached)}"
        )
    elif allowed and not cached <= allowed:
        yield behavior.problem_without_value(
            "cachedMethods", f"must be among allowedMethods; received {', '.join(sorted(cached))}"
        )


@rule("cloudfront/distribution:Distribution")
def viewers(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html"""
    yield from _viewer_certificate(args)
    acl = args.text("webAclId")
    if acl and arn_parts(acl)[0] == "wafv2" and ":global/" not in acl:
        yield args.problem("webAclId", "the web ACL must be of scope CLOUDFRONT")
    root = args.text("defaultRootObject")
    if root and root.startswith("/"):
        yield args.problem("defaultRootObject", "the default root object must not begin with /")
    yield from _error_pages(args)
    restrictions = args.block("restrictions")
    geo = restrictions.block("geoRestriction") if restrictions else None
    if geo and geo.text("restrictionType") == "none" and geo.count("locations"):
        yield geo.problem_without_value("locations", "restriction type none must not have locations")
    elif geo and geo.text("restrictionType") in ("whitelist", "blacklist") and geo.missing("locations"):
        yield geo.problem("locations", f"restriction type {geo.text('restrictionType')} needs locations")


def _viewer_certificate(args: Block) -> Iterator[Problem]:
    certificate = args.block("viewerCertificate")
    if certificate:
        own = certificate.given("acmCertificateArn") or certificate.given("iamCertificateId")
        if own and certificate.missing("sslSupportMethod"):
            yield certificate.problem(
                "sslSupportMethod", "acmCertificateArn and iamCertificateId need sslSupportMethod"
            )
        if certificate.flag("cloudfrontDefaultCertificate") and not own and args.count("aliases"):
            yield args.problem_without_value(
                "aliases",
                "aliases need acmCertificateArn or iamCertificateId: the default certificate does not cover them",
            )
        yield from edge_certificate(certificate, "acmCertificateArn")


def _error_pages(args: Block) -> Iterator[Problem]:
    for error in args.blocks("customErrorResponses"):
        for name, other in (("responseCode", "responsePagePath"), ("responsePagePath", "responseCode")):
            if error.missing(name) and error.given(other):
                yield error.problem(name, "responseCode and responsePagePath must be set together")
        page = error.text("responsePagePath")
        if page and not page.startswith("/"):
            yield error.problem("responsePagePath", "the path of an error page must start with /")


@rule("cloudfront/cachePolicy:CachePolicy")
def cache_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html"""
    low, usual, high = (args.number(name) for name in ("minTtl", "defaultTtl", "maxTtl"))
    if low is not None and high is not None and low > high:
        yield args.problem("minTtl", f"minTtl must not be above maxTtl ({high:g} s)")
    elif usual is not None and ((low is not None and usual < low) or (high is not None and usual > high)):
        yield args.problem("defaultTtl", "defaultTtl must lie between minTtl and maxTtl")


@rule("cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
def headers_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyConfig.html"""
    if all(args.missing(name) for name in _CONFIGS):
        yield args.problem_without_value(_CONFIGS[0], f"a policy needs one of {', '.join(_CONFIGS)}; received none")


@rule("cloudfront/function:Function")
def edge_function(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
    code = args.text("code")
    if code and len(code.encode()) > 10240:
        yield args.problem_without_value(
            "code", f"a function must have at most 10240 bytes of code; received {len(code.encode())}"
        )


@rule("cloudfront/vpcOrigin:VpcOrigin")
def vpc_origin(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_VpcOriginEndpointConfig.html"""
    endpoint = args.block("vpcOriginEndpointConfig")
    for name in ("httpPort", "httpsPort"):
        port = endpoint.number(name) if endpoint else None
        if endpoint and port is not None and not 1 <= port <= 65535:
            yield endpoint.problem(name, "a port must be between 1 and 65535")


@rule("wafv2/webAcl:WebAcl", "wafv2/ruleGroup:RuleGroup", "wafv2/webAclRule:WebAclRule")
def metric_names(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_VisibilityConfig.html"""
    for owner in (args, *args.blocks("rules")):
        for visibility in owner.blocks("visibilityConfig"):
            metric = visibility.text("metricName")
            if visibility.missing("metricName"):
                yield visibility.problem("metricName", "a visibility configuration needs the name of its metric")
            elif metric and (not _METRIC.fullmatch(metric) or metric in ("All", "Default_Action")):
                yield visibility.problem(
                    "metricName", "must be 1 to 255 letters, digits or _#:./-, but not All or Default_Action"
                )


@rule("wafv2/webAcl:WebAcl", "wafv2/ruleGroup:RuleGroup", "wafv2/ipSet:IpSet", "wafv2/regexPatternSet:RegexPatternSet")
def scope_and_description(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html"""
    region, description = args.text("region"), args.text("description")
    if description and not _DESCRIPTION.fullmatch(description):
        yield args.problem(
            "description", "the description of a part of WAF has letters, digits, spaces and +=:#@/-,. and no others"
        )
    if args.text("scope") == "CLOUDFRONT" and region and region != EDGE_REGION:
        yield args.problem("region", f"scope CLOUDFRONT needs Region {EDGE_REGION}")


@rule("wafv2/webAcl:WebAcl", "wafv2/ruleGroup:RuleGroup")
def waf_rules(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html"""
    default = args.block("defaultAction")
    if default and default.given("allow") and default.given("block"):
        yield args.problem_without_value("defaultAction", "the default action must be allow or block, not both")
    priorities: set[float] = set()
    names: set[str] = set()
    for entry in args.blocks("rules"):
        priority, name = entry.number("priority"), entry.text("name")
        if priority is not None and priority in priorities:
            yield entry.problem("priority", "the priorities of rules must be unique")
        if name and name in names:
            yield entry.problem("name", "the names of rules must be unique")
        priorities.add(-1 if priority is None else priority)
        names.add(name or "")
        yield from _waf_action(entry)


@rule("wafv2/webAclRule:WebAclRule")
def waf_rule(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html"""
    yield from _waf_action(args)
    priority = args.number("priority")
    if priority is not None and priority < 0:
        yield args.problem("priority", "a priority must be 0 or more")


def _waf_action(entry: Block) -> Iterator[Problem]:
    statement = entry.block("statement")
    if statement is None or entry.unknown("action") or entry.unknown("overrideAction"):
        return
    group = statement.given("managedRuleGroupStatement") or statement.given("ruleGroupReferenceStatement")
    needed, other = ("overrideAction", "action") if group else ("action", "overrideAction")
    kind = "a rule that refers to a rule group" if group else "a rule with a statement of its own"
    if entry.raw(other) is not None:
        yield entry.problem_without_value(other, f"{kind} must have {needed}, not {other}")
    elif entry.raw(needed) is None:
        yield entry.problem(needed, f"{kind} needs {needed}")
    rate = statement.block("rateBasedStatement")
    limit = rate.number("limit") if rate else None
    if rate and limit is not None and not 10 <= limit <= 2_000_000_000:
        yield rate.problem("limit", "the limit of a rate-based rule must be between 10 and 2,000,000,000")
    window = rate.number("evaluationWindowSec") if rate else None
    if rate and window is not None and window not in (60, 120, 300, 600):
        yield rate.problem("evaluationWindowSec", "the window must be 60, 120, 300 or 600 seconds")


@rule("wafv2/ipSet:IpSet")
def ip_set(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_IPSet.html"""
    version = {"IPV4": ipaddress.IPv4Network, "IPV6": ipaddress.IPv6Network}.get(args.text("ipAddressVersion") or "")
    for path, address in args.texts("addresses"):
        block = network(address)
        if block is None or (version and not isinstance(block, version)):
            yield Problem(path, f"must be a CIDR block of {args.text('ipAddressVersion')}; received {address!r}")


@rule("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def waf_logs(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html"""
    for path, arn in args.texts("logDestinationConfigs"):
        name = re.split(r"[:/]", arn.removesuffix(":*"))[-1] if arn.startswith("arn:") else ""
        if name and ":s3:::" not in arn and not name.startswith("aws-waf-logs-"):
            yield Problem(path, f"the name of a log destination must start with aws-waf-logs-; received {name!r}")


@rule("acm/certificate:Certificate")
def certificate(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""
    imported = any(args.given(name) for name in ("certificateBody", "privateKey", "privateKeyWo"))
    if args.missing("domainName") and not imported:
        yield args.problem("domainName", "a certificate needs domainName, or certificateBody and privateKey")
    names = [("domainName", args.text("domainName")), *args.texts("subjectAlternativeNames")]
    for path, name in names:
        if name and not _DOMAIN.fullmatch(name):
            yield Problem(path, f"must be a domain name; received {name!r}")


@rule("route53/record:Record")
def record(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"""
    if args.given("aliases"):
        for name in ("records", "ttl"):
            if args.given(name):
                yield args.problem_without_value(name, f"an alias record has no {name}")
    elif args.missing("records"):
        yield args.problem_without_value("records", "a record needs records and ttl, or an alias; received neither")
    elif args.missing("ttl"):
        yield args.problem("ttl", "a record with values needs a ttl")
    routed = [name for name in _ROUTING if args.given(name) and args.raw(name) is not False]
    if len(routed) > 1:
        yield args.problem_without_value(routed[0], f"a record has one routing policy; received {', '.join(routed)}")
    if routed and args.missing("setIdentifier"):
        yield args.problem("setIdentifier", f"{routed[0]} needs a set identifier")
    yield from _values(args)


def _values(args: Block) -> Iterator[Problem]:
    kind = args.text("type")
    tests = {
        "A": lambda value: _is_address(value, 4),
        "AAAA": lambda value: _is_address(value, 6),
        "CAA": lambda value: _CAA.fullmatch(value) is not None,
        "MX": lambda value: _PREFERENCE.fullmatch(value) is not None,
    }
    test = tests.get(kind or "")
    for path, value in args.texts("records") if test else ():
        if test and not test(value):
            yield Problem(path, f"must be a value of a record of type {kind}; received {value!r}")
    count = args.count("records")
    if kind == "CNAME" and count and count > 1:
        yield args.problem_without_value("records", f"a CNAME has one value; received {count}")


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


@rule("route53/healthCheck:HealthCheck")
def health_check(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html"""
    kind = args.text("type")
    probes = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
    if kind in probes and args.missing("fqdn") and args.missing("ipAddress"):
        yield args.problem("fqdn", f"a check of type {kind} needs fqdn or ipAddress")
    if kind in ("HTTP_STR_MATCH", "HTTPS_STR_MATCH") and args.missing("searchString"):
        yield args.problem("searchString", f"a check of type {kind} needs the text to search")
    interval = args.number("requestInterval")
    if interval is not None and interval not in (10, 30):
        yield args.problem("requestInterval", "the interval is 10 or 30 seconds")
