"""CloudFront: web ACL, viewers and origins over modern TLS, private S3 origins."""

import re
from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read, spread

DISTRIBUTION = "cloudfront/distribution"
_BUCKET_ENDPOINT = re.compile(r"\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?$|\.s3\.amazonaws\.com$", re.I)
_HTTPS_ONLY = ("https-only", "redirect-to-https")
_MODERN_PROTOCOLS = {"TLSv1.2", "TLSv1.3"}


def _is_s3_origin(origin: dict[str, Any]) -> bool:
    """An origin with neither custom nor VPC settings is a bucket; so is one with a name of S3."""
    domain = read(origin, "domainName")
    named = isinstance(domain, str) and (".s3-website" in domain or bool(_BUCKET_ENDPOINT.search(domain)))
    own = read(origin, "customOriginConfig"), read(origin, "vpcOriginConfig")
    return named or all(value is MISSING for value in own)


@rule(
    "cloudfront-distribution-web-acl",
    control="WAF-01",
    pack="waf",
    title="CloudFront distributions have a web ACL",
    why="without one, every request of the internet reaches cache and origins unfiltered",
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
        yield subject.problem("webAclId", "no web ACL filters its requests")


@rule(
    "cloudfront-distribution-private-s3-origin",
    control="WAF-13",
    pack="waf",
    title="S3 origins use origin access control, and the bucket admits only this distribution",
    why="a bucket that answers others than the distribution can be read around WAF, TLS settings and logs",
    fix="give the origin an origin_access_control_id (no origin access identity, no website endpoint), and condition"
    " the bucket policy's statement for cloudfront.amazonaws.com on AWS:SourceArn equal to the distribution's ARN",
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
    limits="An origin counts as a bucket when it has neither custom_origin_config nor vpc_origin_config, or a name of"
    " S3.",
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
                bounded = statement.conditions_on("aws:SourceAccount", "aws:SourceOrgID")
                whose = "the account" if bounded else "any account"
                yield Problem("policy", f"policy admits cloudfront.amazonaws.com for every distribution of {whose}")
        return
    for path, origin in subject.blocks("origins"):
        if not _is_s3_origin(origin):
            continue
        domain = read(origin, "domainName")
        if isinstance(domain, str) and ".s3-website" in domain:
            yield subject.problem(f"{path}.domainName", "website endpoints of S3 are public and have no TLS")
        elif read(origin, "customOriginConfig") is not MISSING:
            yield subject.problem(f"{path}.customOriginConfig", "the bucket is read as by anybody, without signature")
        elif read(origin, "originAccessControlId") in (MISSING, ""):
            yield subject.problem(
                f"{path}.originAccessControlId", "the bucket cannot tell this distribution from others"
            )


@rule(
    "cloudfront-distribution-viewer-https",
    control="TLS-01",
    pack="encryption",
    title="CloudFront serves viewers over HTTPS only",
    why="sessions, addresses and orders would cross the internet in clear",
    fix="set viewer_protocol_policy of every cache behaviour to redirect-to-https or https-only",
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
    "cloudfront-distribution-modern-certificate",
    control="TLS-02",
    pack="encryption",
    title="CloudFront uses an own certificate and a modern TLS policy",
    why="with the default certificate CloudFront accepts TLS 1.0, and names other than the store's",
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
        yield subject.problem("viewerCertificate", "CloudFront's default certificate accepts TLS 1.0")
    elif subject.flag("viewerCertificate.cloudfrontDefaultCertificate") is True:
        yield subject.problem("viewerCertificate.cloudfrontDefaultCertificate", "it accepts TLS 1.0")
    else:
        version = subject.text("viewerCertificate.minimumProtocolVersion")
        if version is not UNKNOWN and version not in subject.config["accepted"]:
            accepted = ", ".join(subject.config["accepted"])
            yield subject.problem("viewerCertificate.minimumProtocolVersion", f"must be one of {accepted}")


@rule(
    "cloudfront-distribution-sni",
    control="TLS-03",
    pack="encryption",
    title="CloudFront serves its certificate by SNI",
    why="a dedicated IP address costs 600 USD a month and serves only clients that cannot do modern TLS",
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
    "cloudfront-distribution-origin-https",
    control="TLS-04",
    pack="encryption",
    title="CloudFront reaches its origins over HTTPS with TLS 1.2 or newer",
    why="the way from the edge to the origin carries the same sessions and orders as the way from the viewer",
    fix="set origin_protocol_policy to https-only and origin_ssl_protocols to [TLSv1.2]",
    severity="high",
    dev="mandatory",
    kinds=(DISTRIBUTION, "cloudfront/multitenantDistribution", "cloudfront/vpcOrigin"),
    paths=(
        "origins[].customOriginConfig.originProtocolPolicy",
        "origins[].customOriginConfig.originSslProtocols",
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
        if read(origin, "customOriginConfig") is not MISSING:
            block = f"{path}.customOriginConfig"
            yield from _origin_protocols(subject, block, f"{block}.originSslProtocols")


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
        yield subject.problem(protocols, f"{', '.join(old)} is broken or outdated")
