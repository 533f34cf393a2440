"""CloudFront: distributions and their origins."""

import re
from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse, statements
from policies.library.resources import Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read, spread

DISTRIBUTION = "cloudfront/distribution"
_HEADERS = "cloudfront/responseHeadersPolicy"
_MANAGED_HSTS = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
}
"""Managed policies with Strict-Transport-Security: SecurityHeadersPolicy and its two with CORS
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html)."""
_WEBSITE = ".s3-website"
_OF_ONE_ACCOUNT = re.compile(r"arn:[^:*?]+:cloudfront:[^:]*:\d{12}:")
_MODERN_PROTOCOLS = {"TLSv1.2", "TLSv1.3"}
_BUCKET_ENDPOINT = re.compile(r"\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?$|\.s3\.amazonaws\.com$", re.I)
_HTTPS_ONLY = ("https-only", "redirect-to-https")


@rule(
    "cloudfront-distribution-function-origin-signed",
    control="WAF-17",
    pack="waf",
    title="Function URLs behind CloudFront accept signed requests only",
    why="a function URL that accepts unsigned requests can be called without the distribution and its web ACL",
    fix="set origin_access_control_id of the origin to an OriginAccessControl of type lambda",
    severity="medium",
    dev="mandatory",
    kinds=(DISTRIBUTION,),
    paths=("origins[].originAccessControlId", "origins[].domainName", "lambda/functionUrl · functionUrl"),
    stack_kinds=("*",),
    references=("fsbp:CloudFront.16",),
    limits="An origin whose name is not known yet is judged if it is the only such origin and its name comes from a"
    " function URL.",
)
def function_origins(subject: Subject) -> Iterator[Problem]:
    origins = [
        (path, origin) for path, origin in subject.blocks("origins") if read(origin, "vpcOriginConfig") is MISSING
    ]
    unknown = [path for path, origin in origins if as_text(read(origin, "domainName")) is UNKNOWN]
    path = "origins[].domainName"
    from_function = bool(subject.stack.referred(subject.resource, path, "lambda/functionUrl").resources)
    for path, origin in origins:
        domain = as_text(read(origin, "domainName"))
        named = isinstance(domain, str) and ".lambda-url." in domain and domain.endswith(".on.aws")
        alone = from_function and unknown == [path] and read(origin, "customOriginConfig") is not MISSING
        if (named or alone) and read(origin, "originAccessControlId") in (MISSING, ""):
            yield subject.problem(f"{path}.originAccessControlId", "must be an OriginAccessControl")


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
    title="Every cache behavior sends the header Strict-Transport-Security",
    why="without the header an attacker on the network can keep a visitor's first request on plain HTTP",
    fix="set response_headers_policy_id of each cache behavior to a policy with strict_transport_security",
    severity="medium",
    dev="advisory",
    kinds=(DISTRIBUTION,),
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
                yield subject.problem(f"{path}.responseHeadersPolicyId", "must be a policy with HSTS")


@rule(
    "cloudfront-distribution-logs",
    control="LOG-03",
    pack="guardrails",
    title="Distributions keep access logs",
    why="only this log shows which requests the edge served or rejected",
    fix="add a cloudwatch.LogDeliverySource with the distribution's ARN and a delivery (or set logging_config)",
    severity="medium",
    dev="disabled",
    kinds=("cloudfront/distribution",),
    paths=("loggingConfig", "cloudwatch/logDeliverySource · resourceArn"),
    stack_kinds=("*",),
    references=("fsbp:CloudFront.5", "cdk-nag:CFR3", "checkov:CKV_AWS_86", "trivy:AVD-AWS-0010"),
)
def distribution_logs(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if subject.has("loggingConfig") or subject.has("defaultCacheBehavior.realtimeLogConfigArn"):
        return
    if not subject.stack.pointing_at(resource, "cloudwatch/logDeliverySource", "resourceArn"):
        yield Problem("loggingConfig", "logging_config must be set, or a LogDeliverySource name the distribution")


@rule(
    "cloudfront-distribution-modern-certificate",
    control="TLS-02",
    pack="encryption",
    title="CloudFront uses a custom certificate and a modern TLS policy",
    why="CloudFront's default certificate allows TLS 1.0, and is not valid for the store's names",
    fix="set viewer_certificate with acm_certificate_arn and minimum_protocol_version TLSv1.2_2021 or newer",
    severity="high",
    dev="advisory",
    kinds=(DISTRIBUTION,),
    paths=("viewerCertificate.minimumProtocolVersion", "viewerCertificate.cloudfrontDefaultCertificate"),
    references=(
        "fsbp:CloudFront.7",
        "fsbp:CloudFront.15",
        "cdk-nag:CFR4",
        "checkov:CKV_AWS_174",
        "checkov:CKV2_AWS_42",
        "trivy:AVD-AWS-0013",
    ),
    settings={
        "accepted": Setting(
            ["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"],
            {"type": "array", "items": {"type": "string"}},
            "Accepted values of minimum_protocol_version.",
        )
    },
)
def modern_certificate(subject: Subject) -> Iterator[Problem]:
    certificate = subject.value("viewerCertificate")
    if certificate is UNKNOWN:
        return
    if certificate is MISSING:
        yield subject.problem("viewerCertificate", "must name a certificate: the default one allows TLS 1.0")
    elif subject.flag("viewerCertificate.cloudfrontDefaultCertificate") is True:
        yield subject.problem("viewerCertificate.cloudfrontDefaultCertificate", "must be false: it allows TLS 1.0")
    else:
        version = subject.text("viewerCertificate.minimumProtocolVersion")
        if version is not UNKNOWN and version not in subject.config["accepted"]:
            accepted = ", ".join(subject.config["accepted"])
            yield subject.problem("viewerCertificate.minimumProtocolVersion", f"must be one of {accepted}")


@rule(
    "cloudfront-distribution-origin-group",
    control="HA-17",
    pack="multi_az",
    title="Distributions have an origin group for failover",
    why="when the only origin fails, viewers get an error of CloudFront",
    fix="add an origin_group with a second origin, such as a bucket with a maintenance page",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(DISTRIBUTION,),
    paths=("originGroups",),
    references=("fsbp:CloudFront.4", "checkov:CKV_AWS_310", "aws-config:CLOUDFRONT_ORIGIN_FAILOVER_ENABLED"),
)
def origin_group(subject: Subject) -> Iterator[Problem]:
    if not subject.has("originGroups"):
        yield subject.problem("originGroups", "must have an origin group: no second origin takes over when one fails")


def _origin_protocols(subject: Subject, block: str, protocols: str) -> Iterator[Problem]:
    policy = subject.text(f"{block}.originProtocolPolicy")
    if policy not in (MISSING, UNKNOWN, "https-only"):
        yield subject.problem(f"{block}.originProtocolPolicy", "must be https-only")
    listed = as_list(spread(subject.resource.props, protocols))
    texts = {as_text(item) for item in listed}
    if UNKNOWN in texts:
        subject.defer(protocols)
    old = sorted(text for text in texts - _MODERN_PROTOCOLS if isinstance(text, str))
    if old:
        yield subject.problem(protocols, f"must not contain {', '.join(old)}, which is outdated")


@rule(
    "cloudfront-distribution-origin-https",
    control="TLS-04",
    pack="encryption",
    title="CloudFront connects to its origins over HTTPS with TLS 1.2 or newer",
    why="requests to the origin carry the same sessions and orders as requests to CloudFront",
    fix="set origin_protocol_policy to https-only and origin_ssl_protocols to [TLSv1.2]; in place of a website"
    " endpoint, name the bucket with origin_access_control_id, and redirect by a CloudFront function",
    severity="high",
    dev="mandatory",
    kinds=(DISTRIBUTION, "cloudfront/multitenantDistribution", "cloudfront/vpcOrigin"),
    paths=(
        "origins[].customOriginConfig.originProtocolPolicy",
        "origins[].customOriginConfig.originSslProtocols",
        "origins[].domainName",
        "cloudfront/vpcOrigin · vpcOriginEndpointConfig.originProtocolPolicy",
    ),
    references=(
        "fsbp:CloudFront.9",
        "fsbp:CloudFront.10",
        "cdk-nag:CFR5",
        "checkov:CKV2_AWS_72",
        "checkov:CKV2_AWS_54",
    ),
)
def origin_https(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "cloudfront/vpcOrigin":
        block = "vpcOriginEndpointConfig"
        yield from _origin_protocols(subject, block, f"{block}.originSslProtocols.items")
        return
    for path, origin in subject.blocks("origins"):
        domain = read(origin, "domainName")
        if isinstance(domain, str) and _WEBSITE in domain:
            yield subject.problem(f"{path}.domainName", "must not be a website endpoint: it speaks no HTTPS")
        elif read(origin, "customOriginConfig") is not MISSING:
            block = f"{path}.customOriginConfig"
            yield from _origin_protocols(subject, block, f"{block}.originSslProtocols")


def _is_s3_origin(origin: dict[str, Any]) -> bool:
    """Whether an origin is a bucket: by an S3 domain name, or by having neither custom nor VPC origin settings."""
    domain = read(origin, "domainName")
    named = isinstance(domain, str) and (_WEBSITE in domain or bool(_BUCKET_ENDPOINT.search(domain)))
    own = read(origin, "customOriginConfig"), read(origin, "vpcOriginConfig")
    return named or all(value is MISSING for value in own)


@rule(
    "cloudfront-distribution-private-s3-origin",
    control="WAF-13",
    pack="waf",
    title="S3 origins use origin access control, and the bucket policy allows this distribution only",
    why="a bucket that others can read bypasses the web ACL, TLS settings and logs of the distribution",
    fix="set origin_access_control_id of the origin (no origin access identity, no website endpoint), and condition"
    " the bucket policy's statement for cloudfront.amazonaws.com on AWS:SourceArn, the distribution's ARN",
    severity="high",
    dev="mandatory",
    kinds=(DISTRIBUTION, "s3/bucketPolicy", "s3/bucket"),
    paths=("origins[].originAccessControlId", "s3/bucketPolicy · policy", "s3/bucket · policy"),
    stack_kinds=("*",),
    references=(
        "fsbp:CloudFront.13",
        "cdk-nag:CFR7",
        "checkov:CKV2_AWS_46",
        "aws-config:CLOUDFRONT_S3_ORIGIN_ACCESS_CONTROL_ENABLED",
    ),
    limits="An origin counts as a bucket if it has neither custom_origin_config nor vpc_origin_config, or an S3"
    " domain name.",
)
def private_s3_origin(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind != DISTRIBUTION:
        document = parse(subject.value("policy"))
        if document is UNKNOWN:
            subject.defer("policy")
        for statement in statements(document):
            services = {name.lower() for kind, name in statement.principals or () if kind.lower() == "service"}
            if not statement.allows or "cloudfront.amazonaws.com" not in services:
                continue
            sources = statement.condition("aws:SourceArn")
            if sources is None:
                subject.defer("policy")
            elif not sources or any("*" in source.rsplit("/", 1)[-1] for source in sources):
                bounded = statement.conditions_on("aws:SourceAccount", "aws:SourceOrgID") or (
                    sources and all(_OF_ONE_ACCOUNT.match(source) for source in sources)
                )
                whose = "the account" if bounded else "any account"
                yield Problem("policy", f"policy must name the distribution in aws:SourceArn: it allows all of {whose}")
        return
    for path, origin in subject.blocks("origins"):
        if not _is_s3_origin(origin):
            continue
        domain = read(origin, "domainName")
        if isinstance(domain, str) and _WEBSITE in domain:
            yield subject.problem(f"{path}.domainName", "must not be a website endpoint: it has no TLS")
        elif read(origin, "customOriginConfig") is not MISSING:
            yield subject.problem(f"{path}.customOriginConfig", "must be left out: requests are not signed")
        elif read(origin, "originAccessControlId") in (MISSING, ""):
            yield subject.problem(f"{path}.originAccessControlId", "must be an OriginAccessControl")


@rule(
    "cloudfront-distribution-root-object",
    control="WAF-12",
    pack="waf",
    title="Distributions of a bucket have a default root object",
    why="a request for / would list the bucket, or fail with an error that reveals its name",
    fix="set default_root_object to index.html",
    severity="high",
    dev="mandatory",
    kinds=(DISTRIBUTION,),
    paths=("defaultRootObject", "origins[].originId", "defaultCacheBehavior.targetOriginId"),
    references=("fsbp:CloudFront.1", "checkov:CKV_AWS_305", "aws-config:CLOUDFRONT_DEFAULT_ROOT_OBJECT_CONFIGURED"),
    limits="Judged if the default cache behavior's origin is a bucket and no function rewrites the request.",
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
            yield subject.problem("defaultRootObject", "must name an object: the default origin is a bucket")


@rule(
    "cloudfront-distribution-sni",
    control="TLS-03",
    pack="encryption",
    title="CloudFront serves its certificate by SNI",
    why="a dedicated IP address costs 600 USD a month, and only clients without modern TLS need it",
    fix="set viewer_certificate.ssl_support_method to sni-only",
    severity="low",
    dev="advisory",
    kinds=(DISTRIBUTION,),
    paths=("viewerCertificate.sslSupportMethod",),
    references=("fsbp:CloudFront.8", "aws-config:CLOUDFRONT_SNI_ENABLED"),
)
def sni(subject: Subject) -> Iterator[Problem]:
    method = subject.text("viewerCertificate.sslSupportMethod")
    if method not in (MISSING, UNKNOWN, "sni-only"):
        yield subject.problem("viewerCertificate.sslSupportMethod", "must be sni-only")


@rule(
    "cloudfront-distribution-viewer-https",
    control="TLS-01",
    pack="encryption",
    title="CloudFront serves viewers over HTTPS only",
    why="sessions, addresses and orders would cross the internet unencrypted",
    fix="set viewer_protocol_policy of every cache behavior to redirect-to-https or https-only",
    severity="critical",
    dev="mandatory",
    kinds=(DISTRIBUTION, "cloudfront/multitenantDistribution"),
    paths=("defaultCacheBehavior.viewerProtocolPolicy", "orderedCacheBehaviors[].viewerProtocolPolicy"),
    references=(
        "fsbp:CloudFront.3",
        "checkov:CKV_AWS_34",
        "trivy:AVD-AWS-0012",
        "aws-config:CLOUDFRONT_VIEWER_POLICY_HTTPS",
    ),
)
def viewer_https(subject: Subject) -> Iterator[Problem]:
    for block in ("defaultCacheBehavior", "orderedCacheBehaviors", "cacheBehaviors"):
        for path, _ in subject.blocks(block):
            policy = subject.text(f"{path}.viewerProtocolPolicy")
            if policy is not UNKNOWN and policy not in _HTTPS_ONLY:
                yield subject.problem(f"{path}.viewerProtocolPolicy", "must be redirect-to-https or https-only")


@rule(
    "cloudfront-distribution-web-acl",
    control="WAF-01",
    pack="waf",
    title="CloudFront distributions have a web ACL",
    why="without a web ACL every request from the internet reaches cache and origins unfiltered",
    fix="set web_acl_id to the ARN of a wafv2.WebAcl with scope CLOUDFRONT",
    severity="high",
    dev="advisory",
    kinds=(DISTRIBUTION, "cloudfront/multitenantDistribution"),
    paths=("webAclId",),
    references=(
        "fsbp:CloudFront.6",
        "cdk-nag:CFR2",
        "checkov:CKV_AWS_68",
        "trivy:AVD-AWS-0011",
        "aws-config:CLOUDFRONT_ASSOCIATED_WITH_WAF",
    ),
)
def web_acl(subject: Subject) -> Iterator[Problem]:
    if not subject.has("webAclId"):
        yield subject.problem("webAclId", "must be the ARN of a web ACL")
