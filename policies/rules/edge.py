"""The edge: root objects, headers, aliases, signed zones, CORS."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.openapi import document
from policies.library.resources import Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, as_flag, as_list, as_text, read, spread

_DISTRIBUTION = "cloudfront/distribution"
_HEADERS = "cloudfront/responseHeadersPolicy"
_MANAGED_HSTS = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
}
"""Managed policies with Strict-Transport-Security: SecurityHeadersPolicy and its two with CORS
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html)."""
_MANAGED_TARGETS = (
    "*.cloudfront.net",
    "*.elb.amazonaws.com",
    "*.execute-api.*.amazonaws.com",
    "s3-website*.amazonaws.com",
    "*.s3-website*.amazonaws.com",
)


@rule(
    "cloudfront-distribution-root-object",
    control="WAF-12",
    pack="waf",
    title="Distributions of a bucket have a default root object",
    why="a request of / would list the bucket, or fail with an error that tells its name",
    fix="set default_root_object to index.html",
    severity="high",
    dev="mandatory",
    kinds=(_DISTRIBUTION,),
    paths=("defaultRootObject", "origins[].originId", "defaultCacheBehavior.targetOriginId"),
    references=("fsbp:CloudFront.1", "checkov:CKV_AWS_305", "aws-config:CLOUDFRONT_DEFAULT_ROOT_OBJECT_CONFIGURED"),
    limits="Judged where the default behaviour goes to a bucket and no function rewrites the request.",
)
def root_object(subject: Subject) -> Iterator[Problem]:
    target = subject.text("defaultCacheBehavior.targetOriginId")
    if subject.has("defaultRootObject") or not isinstance(target, str):
        return
    rewrites = ("defaultCacheBehavior.functionAssociations", "defaultCacheBehavior.lambdaFunctionAssociations")
    if any(subject.has(path) for path in rewrites):
        return
    for _, origin in subject.blocks("origins"):
        custom = any(read(origin, name) is not MISSING for name in ("customOriginConfig", "vpcOriginConfig"))
        if read(origin, "originId") == target and not custom:
            yield subject.problem("defaultRootObject", "the default behaviour goes to a bucket")


def _has_hsts(stack: Stack, subject: Subject, block: str) -> bool:
    policy = read(subject.resource.props, f"{block}.responseHeadersPolicyId")
    if policy is MISSING:
        return False
    if isinstance(policy, str) and policy in _MANAGED_HSTS:
        return True
    found = stack.referred(subject.resource, f"{block}.responseHeadersPolicyId", _HEADERS)
    if found.outside or not found.resources:
        subject.defer(f"{block}.responseHeadersPolicyId")
        return True
    path = "securityHeadersConfig.strictTransportSecurity"
    return any(read(policy.props, path) is not MISSING for policy in found.resources)


@rule(
    "cloudfront-distribution-hsts",
    control="WAF-15",
    pack="waf",
    title="Each cache behaviour answers with Strict-Transport-Security",
    why="without it the first request of a visitor can be kept on plain HTTP by whoever is in between",
    fix="set response_headers_policy_id of each behaviour to a policy with strict_transport_security",
    severity="medium",
    dev="advisory",
    kinds=(_DISTRIBUTION,),
    paths=(
        "defaultCacheBehavior.responseHeadersPolicyId",
        "orderedCacheBehaviors[].responseHeadersPolicyId",
        f"{_HEADERS} · securityHeadersConfig.strictTransportSecurity",
    ),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_32", "checkov:CKV_AWS_259"),
    url="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-response-headers.html",
)
def hsts(subject: Subject) -> Iterator[Problem]:
    for block in ("defaultCacheBehavior", "orderedCacheBehaviors"):
        for path, _ in subject.blocks(block):
            if not _has_hsts(subject.stack, subject, path):
                yield subject.problem(f"{path}.responseHeadersPolicyId", "no policy with strict_transport_security")


@rule(
    "route53-record-alias-target",
    control="WAF-20",
    pack="waf",
    title="Alias records lead to resources of this program",
    why="a record whose target was deleted can be taken over by whoever makes a target of that name",
    fix="take the name from the resource's output; list targets of other stacks in the setting elsewhere",
    severity="high",
    dev="advisory",
    kinds=("route53/record",),
    paths=("aliases[].name",),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_23", "prowler:route53_dangling_ip_subdomain_takeover"),
    url="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html",
    settings={
        "elsewhere": Setting(
            [], {"type": "array", "items": {"type": "string"}}, "Targets (globs) that other stacks own."
        )
    },
    limits="Judges literal names of CloudFront, load balancers, API Gateway and S3 websites; a name that comes from any"
    " resource or stack reference is left alone.",
)
def alias_target(subject: Subject) -> Iterator[Problem]:
    stack, record = subject.stack, subject.resource
    if record.sources_of("aliases"):
        return
    for path, alias in subject.blocks("aliases"):
        name = as_text(read(alias, "name"))
        if not isinstance(name, str):
            continue
        plain = name.lower().removeprefix("dualstack.").rstrip(".")
        if not any(fnmatch.fnmatchcase(plain, glob) for glob in _MANAGED_TARGETS):
            continue
        if any(fnmatch.fnmatchcase(plain, glob.lower()) for glob in subject.config["elsewhere"]):
            continue
        if not _in_program(stack, plain):
            yield subject.problem(f"{path}.name", "no resource of this program has this name")


def _in_program(stack: Stack, name: str) -> bool:
    """Whether a resource has this name, or may get it: before it is made, its name is not known."""
    keys = ("dnsName", "domainName", "websiteDomain", "websiteEndpoint", "targetDomainName", "regionalDomainName")
    for resource in stack.resources:
        for key in keys:
            value = resource.outputs.get(key)
            if isinstance(value, str) and value.lower().rstrip(".") == name:
                return True
    named = {".cloudfront.net": (_DISTRIBUTION, "domainName"), ".elb.amazonaws.com": ("lb/loadBalancer", "dnsName")}
    return any(
        name.endswith(end) and not isinstance(resource.outputs.get(key), str)
        for end, (kind, key) in named.items()
        for resource in stack.of_kind(kind)
    )


@rule(
    "route53-zone-dnssec",
    control="WAF-21",
    pack="waf",
    title="Public zones are signed with DNSSEC",
    why="answers for the store's name could be forged on their way",
    fix="add a route53.KeySigningKey and a route53.HostedZoneDnsSec for the zone, and the DS record at its parent",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("route53/zone",),
    paths=("route53/hostedZoneDnsSec · hostedZoneId", "vpcs"),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_38",),
    url="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec.html",
)
def dnssec(subject: Subject) -> Iterator[Problem]:
    if subject.has("vpcs"):
        return
    if not subject.stack.pointing_at(subject.resource, "route53/hostedZoneDnsSec", "hostedZoneId"):
        yield Problem("hostedZoneDnsSec", "no route53.HostedZoneDnsSec has this zone")


@rule(
    "apigatewayv2-cors-bounded",
    control="WAF-22",
    pack="waf",
    title="Not every site may call with the customer's credentials",
    why="any page that a customer opens could order in their name",
    fix="name the store's origins in allow_origins, or leave allow_credentials off",
    severity="medium",
    dev="advisory",
    kinds=("apigatewayv2/api", "lambda/functionUrl"),
    paths=("corsConfiguration.allowOrigins", "body", "lambda/functionUrl · cors.allowOrigins"),
    references=("checkov:CKV2_AWS_75", "prowler:awslambda_function_url_cors_policy"),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
)
def cors(subject: Subject) -> Iterator[Problem]:
    block = "corsConfiguration" if subject.resource.kind == "apigatewayv2/api" else "cors"
    if _is_open(read(subject.resource.props, block)):
        yield subject.problem(f"{block}.allowOrigins", "every site, with credentials")
    body = document(read(subject.resource.props, "body"))
    if isinstance(body, dict) and _is_open(body.get("x-amazon-apigateway-cors")):
        yield Problem("body", "body: x-amazon-apigateway-cors lets in every site, with credentials")


def _is_open(block: Any) -> bool:
    """Whether settings of CORS let pages of every site call with credentials."""
    origins = as_list(spread(block, "allowOrigins"))
    everybody = {"*", "https://*", "http://*"} & {item for item in origins if isinstance(item, str)}
    return bool(everybody) and as_flag(read(block, "allowCredentials")) is True
