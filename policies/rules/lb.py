"""Elastic Load Balancing: load balancers, listeners, target groups."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import is_world
from policies.library.resources import Resource
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read, spread
from policies.rules.helpers.security_groups import ingress_of
from policies.rules.helpers.web_acls import ASSOCIATION
from policies.rules.helpers.zones import too_few_zones

LOAD_BALANCER = "lb/loadBalancer"
LISTENER = "lb/listener"
_CLASSIC = "elb/loadBalancer"
_ENCRYPTED = ("HTTPS", "TLS", "QUIC")


def _forwards(resource: Resource, path: str) -> bool:
    return "forward" in as_list(spread(resource.props, f"{path}[].type"))


@rule(
    "lb-listener-https",
    control="TLS-05",
    pack="encryption",
    title="Listeners use HTTPS, or only redirect to it",
    why="an HTTP listener that answers carries sessions and orders unencrypted",
    fix="set protocol to HTTPS with a certificate_arn; use HTTP only with a default action redirect to protocol HTTPS",
    severity="critical",
    dev="mandatory",
    kinds=(LISTENER, _CLASSIC),
    paths=(
        "protocol",
        "defaultActions[].redirect.protocol",
        "lb/listenerRule · actions",
        "lb/loadBalancer · loadBalancerType",
        "elb/loadBalancer · listeners[].lbProtocol",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:ELB.1",
        "fsbp:ELB.18",
        "checkov:CKV_AWS_2",
        "checkov:CKV2_AWS_20",
        "trivy:AVD-AWS-0054",
        "aws-config:ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK",
    ),
    limits="Listeners of network and gateway load balancers with plain TCP or UDP are not judged.",
)
def https(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _CLASSIC:
        for path, block in subject.blocks("listeners"):
            spoken = as_text(read(block, "lbProtocol"))
            if isinstance(spoken, str) and spoken.upper() == "HTTP":
                yield subject.problem(f"{path}.lbProtocol", "must be https: a classic load balancer cannot redirect")
        return
    protocol = subject.text("protocol")
    if protocol is MISSING:
        # The default is HTTP for an application load balancer, TCP for a network load balancer.
        balancers = subject.stack.referred(subject.resource, "loadBalancerArn", LOAD_BALANCER).resources
        kinds = [as_text(read(balancer.props, "loadBalancerType")) for balancer in balancers]
        if not kinds or any(kind not in (MISSING, "application") for kind in kinds) or subject.has("certificateArn"):
            return
    elif protocol != "HTTP":
        return
    for path, action in subject.blocks("defaultActions"):
        kind, protocol = as_text(read(action, "type")), as_text(read(action, "redirect.protocol"))
        if UNKNOWN in (kind, protocol):
            subject.defer(path)
        elif kind != "redirect" or protocol != "HTTPS":
            yield subject.problem("protocol", f"must be HTTPS, or {path} must redirect to HTTPS")
    for entry in subject.stack.pointing_at(subject.resource, "lb/listenerRule", "listenerArn", sure=True):
        if _forwards(entry, "actions"):
            yield subject.problem("protocol", f"must be HTTPS: listener rule {entry.name} forwards plain HTTP requests")


@rule(
    "lb-listener-modern-tls",
    control="TLS-06",
    pack="encryption",
    title="HTTPS listeners use a TLS 1.2/1.3 policy",
    why="the default policy accepts TLS 1.0 and 1.1",
    fix="set ssl_policy to ELBSecurityPolicy-TLS13-1-2-Res-2021-06 or a newer one",
    severity="high",
    dev="mandatory",
    kinds=(LISTENER,),
    paths=("sslPolicy",),
    references=("fsbp:ELB.17", "checkov:CKV_AWS_103", "checkov:CKV2_AWS_74", "trivy:AVD-AWS-0047"),
    settings={
        "accepted": Setting(
            [
                "ELBSecurityPolicy-TLS13-1-2-20*",
                "ELBSecurityPolicy-TLS13-1-3-20*",
                "ELBSecurityPolicy-TLS13-1-[23]-Res-*",
                "ELBSecurityPolicy-TLS13-1-[23]-FIPS-*",
                "ELBSecurityPolicy-TLS13-1-[23]-PQ-*",
            ],
            {"type": "array", "items": {"type": "string"}},
            "Accepted values of ssl_policy, as globs.",
        )
    },
)
def modern_tls(subject: Subject) -> Iterator[Problem]:
    if subject.text("protocol") not in _ENCRYPTED:
        return
    policy = subject.text("sslPolicy")
    if policy is UNKNOWN:
        return
    if policy is MISSING or not any(fnmatch.fnmatchcase(policy, glob) for glob in subject.config["accepted"]):
        yield subject.problem("sslPolicy", "must be a policy for TLS 1.2 and newer")


@rule(
    "lb-load-balancer-access-logs",
    control="LOG-02",
    pack="guardrails",
    title="Load balancers keep access logs",
    why="access logs show which requests caused errors or attacked the store",
    fix="set access_logs with a bucket and enabled true",
    severity="medium",
    dev="disabled",
    kinds=("lb/loadBalancer",),
    paths=("accessLogs.enabled", "accessLogs.bucket"),
    references=("fsbp:ELB.5", "cdk-nag:ELB2", "checkov:CKV_AWS_91"),
    limits="Network load balancers log TLS listeners only, gateway load balancers nothing: neither is judged.",
)
def load_balancer_logs(subject: Subject) -> Iterator[Problem]:
    if subject.text("loadBalancerType") not in (MISSING, "application") or subject.value("accessLogs") is UNKNOWN:
        return
    if subject.flag("accessLogs.enabled") in (False, MISSING):
        yield subject.problem("accessLogs.enabled", "must be true")


@rule(
    "lb-load-balancer-deletion-protection",
    control="BCK-12",
    pack="guardrails",
    title="Application load balancers are protected from deletion",
    why="a new load balancer has another name and other addresses, and the store is down until DNS changes",
    fix="set enable_deletion_protection to true",
    severity="medium",
    dev="disabled",
    kinds=(LOAD_BALANCER,),
    paths=("enableDeletionProtection",),
    references=("fsbp:ELB.6", "checkov:CKV_AWS_150", "aws-config:ELB_DELETION_PROTECTION_ENABLED"),
)
def deletion_protection(subject: Subject) -> Iterator[Problem]:
    if subject.text("loadBalancerType") not in (MISSING, "application"):
        return
    if subject.flag("enableDeletionProtection") in (False, MISSING):
        yield subject.problem("enableDeletionProtection", "must be true")


def _is_public_application(subject: Subject) -> bool:
    return subject.text("loadBalancerType") in (MISSING, "application") and subject.flag("internal") in (False, MISSING)


def _is_behind_cloudfront(subject: Subject) -> bool:
    """Whether a distribution of this program has the load balancer as an origin, or may have it under another name."""
    stack = subject.stack
    for distribution in stack.of_kind("cloudfront/distribution"):
        meant = stack.referred(distribution, "origins[].domainName", LOAD_BALANCER).resources
        if any(balancer.urn == subject.resource.urn for balancer in meant):
            return True
        for origin in as_list(read(distribution.props, "origins")):
            domain = read(origin, "domainName")
            own = isinstance(domain, str) and not domain.lower().endswith((".amazonaws.com", ".on.aws"))
            if not meant and own and read(origin, "customOriginConfig") is not MISSING:
                return True
    return False


@rule(
    "lb-load-balancer-only-through-cloudfront",
    control="WAF-14",
    pack="waf",
    title="Internet-facing application load balancers are reached through CloudFront only",
    why="a direct request to the load balancer bypasses the distribution's web ACL, limits and logs",
    fix="make the load balancer internal behind a cloudfront.VpcOrigin; or allow only the managed prefix list"
    " com.amazonaws.global.cloudfront.origin-facing in its security groups, and forward only requests with a secret"
    " header (a listener rule with an http_header condition; default action fixed-response)",
    severity="critical",
    dev="advisory",
    kinds=(LOAD_BALANCER,),
    paths=(
        "internal",
        "securityGroups",
        "ec2/securityGroup · ingress",
        "vpc/securityGroupIngressRule · cidrIpv4",
        "lb/listener · defaultActions",
        "lb/listenerRule · conditions",
        "cloudfront/distribution · origins[].domainName",
        "wafv2/webAclAssociation · resourceArn",
    ),
    stack_kinds=("*",),
    references=("trivy:AVD-AWS-0053", "cdk-nag:EC23", "prowler:elbv2_internet_facing"),
    url="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html",
    limits="A load balancer with its own web ACL that is no origin of a distribution of this program may answer the"
    " internet.",
)
def only_through_cloudfront(subject: Subject) -> Iterator[Problem]:
    if not _is_public_application(subject):
        return
    stack, balancer = subject.stack, subject.resource
    if not _is_behind_cloudfront(subject) and stack.pointing_at(balancer, "wafv2/webAclAssociation", "resourceArn"):
        return
    groups = stack.referred(balancer, "securityGroups", "ec2/securityGroup")
    if groups.outside:
        subject.defer("securityGroups")
    admits_prefix_list = False
    for group in groups.resources:
        for ingress in ingress_of(stack, group):
            admits_prefix_list |= ingress.prefix_list
            if any(is_world(cidr) for cidr in ingress.cidrs):
                yield subject.problem(
                    "securityGroups", f"group {group.name} must not allow the world: {ingress.place} does"
                )
    if not admits_prefix_list:
        return
    for listener in stack.pointing_at(balancer, LISTENER, "loadBalancerArn", sure=True):
        if _forwards(listener, "defaultActions"):
            yield subject.problem("internal", f"listener {listener.name} must not forward by default")
        for entry in stack.pointing_at(listener, "lb/listenerRule", "listenerArn", sure=True):
            conditions = as_list(read(entry.props, "conditions"))
            secret = any(
                item is UNKNOWN or (isinstance(item, dict) and read(item, "httpHeader") is not MISSING)
                for item in conditions
            )
            if _forwards(entry, "actions") and not secret:
                yield subject.problem("internal", f"listener rule {entry.name} must require a secret header")


@rule(
    "lb-load-balancer-strict-requests",
    control="TLS-22",
    pack="guardrails",
    title="Application load balancers drop malformed requests",
    why="proxy and application may read a malformed request differently, and let a second request pass unseen",
    fix="set drop_invalid_header_fields to true and leave desync_mitigation_mode defensive or strictest",
    severity="medium",
    dev="mandatory",
    kinds=(LOAD_BALANCER,),
    paths=("dropInvalidHeaderFields", "desyncMitigationMode"),
    references=(
        "fsbp:ELB.4",
        "fsbp:ELB.12",
        "checkov:CKV_AWS_131",
        "checkov:CKV_AWS_328",
        "trivy:AVD-AWS-0052",
    ),
)
def strict_requests(subject: Subject) -> Iterator[Problem]:
    if subject.text("loadBalancerType") not in (MISSING, "application"):
        return
    if subject.flag("dropInvalidHeaderFields") in (False, MISSING):
        yield subject.problem("dropInvalidHeaderFields", "must be true")
    if subject.text("desyncMitigationMode") == "monitor":
        yield subject.problem("desyncMitigationMode", "must be defensive or strictest: monitor blocks nothing")


@rule(
    "lb-load-balancer-web-acl",
    control="WAF-03",
    pack="waf",
    title="Internet-facing application load balancers have a web ACL",
    why="requests that reach the load balancer directly bypass the web ACL of CloudFront",
    fix="add a wafv2.WebAclAssociation with resource_arn of the load balancer, or make it internal behind a"
    " CloudFront VPC origin",
    severity="high",
    dev="advisory",
    kinds=("lb/loadBalancer",),
    paths=("internal", "wafv2/webAclAssociation · resourceArn"),
    stack_kinds=("*",),
    references=(
        "fsbp:ELB.16",
        "checkov:CKV2_AWS_28",
        "cdk-nag:ALBWAFEnabled",
        "aws-config:ALB_WAF_ENABLED",
        "prowler:elbv2_waf_acl_attached",
    ),
    limits="Network and gateway load balancers cannot have a web ACL and are not judged.",
)
def load_balancer(subject: Subject) -> Iterator[Problem]:
    if subject.text("loadBalancerType") not in (MISSING, "application") or subject.flag("internal") in (True, UNKNOWN):
        return
    if not subject.stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn"):
        yield subject.problem("internal", "must be true, or a WebAclAssociation must reference it")


@rule(
    "lb-load-balancer-zones",
    control="HA-03",
    pack="multi_az",
    title="Load balancers have subnets in two or more zones",
    why="the failure of the only zone stops the store",
    fix="use subnets of at least two availability zones",
    severity="high",
    dev="mandatory",
    staging="mandatory",
    kinds=(LOAD_BALANCER,),
    paths=("subnets", "subnetMappings[].subnetId", "ec2/subnet · availabilityZone"),
    stack_kinds=("*",),
    references=("fsbp:ELB.13", "aws-config:ELBV2_MULTIPLE_AZ", "prowler:elbv2_is_in_multiple_az"),
    settings={"zones": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones.")},
)
def zones(subject: Subject) -> Iterator[Problem]:
    path = "subnets" if subject.has("subnets") else "subnetMappings[].subnetId"
    yield from too_few_zones(subject, path, subject.config["zones"])


@rule(
    "lb-target-group-tls",
    control="TLS-07",
    pack="encryption",
    title="Load balancers use TLS to their targets",
    why="decrypted requests would cross the network unencrypted",
    fix="set protocol and health_check.protocol of the target group to HTTPS, and give the tasks a certificate",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=("lb/targetGroup",),
    paths=("protocol", "healthCheck.protocol"),
    references=("fsbp:ELB.21", "fsbp:ELB.22", "checkov:CKV_AWS_378"),
    limits="Target groups for functions, for load balancers, and with plain TCP or UDP are not judged.",
)
def target_tls(subject: Subject) -> Iterator[Problem]:
    if subject.text("targetType") in ("lambda", "alb", UNKNOWN):
        return
    if subject.text("protocol") == "HTTP":
        yield subject.problem("protocol", "must be HTTPS")
    elif subject.text("protocol") == "HTTPS" and subject.text("healthCheck.protocol") in ("HTTP", MISSING):
        yield subject.problem("healthCheck.protocol", "must be HTTPS")
