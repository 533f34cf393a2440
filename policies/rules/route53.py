"""Route 53: zones and records."""

import fnmatch
from collections.abc import Iterator

from policies.library.resources import Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN, as_list, as_text, read, spread

_MANAGED_TARGETS = (
    "*.cloudfront.net",
    "*.elb.amazonaws.com",
    "*.execute-api.*.amazonaws.com",
    "s3-website*.amazonaws.com",
    "*.s3-website*.amazonaws.com",
)
DISTRIBUTION = "cloudfront/distribution"


def _in_program(stack: Stack, name: str) -> bool:
    """Whether a resource has this name, or may get it: the name of a resource is not known before its creation."""
    keys = ("dnsName", "domainName", "websiteDomain", "websiteEndpoint", "targetDomainName", "regionalDomainName")
    for resource in stack.resources:
        for key in keys:
            value = resource.outputs.get(key)
            if isinstance(value, str) and value.lower().rstrip(".") == name:
                return True
    named = {".cloudfront.net": (DISTRIBUTION, "domainName"), ".elb.amazonaws.com": ("lb/loadBalancer", "dnsName")}
    return any(
        name.endswith(end) and not isinstance(resource.outputs.get(key), str)
        for end, (kind, key) in named.items()
        for resource in stack.of_kind(kind)
    )


@rule(
    "route53-record-alias-target",
    control="WAF-20",
    pack="waf",
    title="Alias records point to resources of this program",
    why="if the target was deleted, an attacker can create a target with the same name and take the record over",
    fix="use the resource's output as the name; list targets of other stacks in the setting elsewhere",
    severity="high",
    dev="advisory",
    kinds=("route53/record",),
    paths=("aliases[].name",),
    stack_kinds=("*",),
    references=("checkov:CKV2_AWS_23", "prowler:route53_dangling_ip_subdomain_takeover"),
    url="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html",
    settings={
        "elsewhere": Setting([], {"type": "array", "items": {"type": "string"}}, "Targets (globs) in other stacks.")
    },
    limits="Literal names of CloudFront, load balancers, API Gateway and S3 websites are judged; a name from a"
    " resource or stack reference is not.",
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
            reason = f"must be the name of a resource of this program, or match setting `elsewhere`, as `{plain}` would"
            yield subject.problem(f"{path}.name", reason)


@rule(
    "route53-record-health",
    control="HA-18",
    pack="multi_az",
    title="Failover and latency records have a health check",
    why="without a health check the record points to a failed target until somebody changes it",
    fix="set evaluate_target_health of the alias to true, or set health_check_id",
    severity="medium",
    dev="disabled",
    kinds=("route53/record",),
    paths=("failoverRoutingPolicies", "latencyRoutingPolicies", "aliases[].evaluateTargetHealth", "healthCheckId"),
    url="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    limits="The secondary record of a failover pair is not judged.",
)
def record_health(subject: Subject) -> Iterator[Problem]:
    roles = [as_text(read(block, "type")) for _, block in subject.blocks("failoverRoutingPolicies")]
    primary = any(isinstance(role, str) and role.upper() == "PRIMARY" for role in roles)
    if subject.has("healthCheckId") or not (primary or subject.has("latencyRoutingPolicies")):
        return
    looked = as_list(spread(subject.resource.props, "aliases[].evaluateTargetHealth"))
    if not any(value is True or value is UNKNOWN or value == "true" for value in looked):
        yield subject.problem("healthCheckId", "must be set, or evaluate_target_health of the alias")


@rule(
    "route53-zone-dnssec",
    control="WAF-21",
    pack="waf",
    title="Public zones are signed with DNSSEC",
    why="an attacker on the network could forge answers for the store's name",
    fix="add a route53.KeySigningKey and a route53.HostedZoneDnsSec for the zone, and the DS record in its parent zone",
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
        yield Problem("hostedZoneDnsSec", "must have a route53.HostedZoneDnsSec; none references it")


@rule(
    "route53-zone-query-logs",
    control="LOG-14",
    pack="guardrails",
    title="Public zones log DNS queries",
    why="only query logs show takeovers of names and DNS tunnels",
    fix="add a route53.QueryLog for the zone with a log group in us-east-1",
    severity="medium",
    dev="disabled",
    kinds=("route53/zone",),
    paths=("route53/queryLog · zoneId", "vpcs"),
    stack_kinds=("*",),
    references=(
        "fsbp:Route53.2",
        "checkov:CKV2_AWS_39",
        "prowler:route53_public_hosted_zones_cloudwatch_logging_enabled",
    ),
)
def query_logs(subject: Subject) -> Iterator[Problem]:
    if subject.has("vpcs"):
        return
    if not subject.stack.pointing_at(subject.resource, "route53/queryLog", "zoneId"):
        yield Problem("queryLog", "must have a route53.QueryLog; none references it")
