"""CloudFront origins: signed requests to functions, a second origin."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read

_DISTRIBUTION = "cloudfront/distribution"


@rule(
    "cloudfront-distribution-function-origin-signed",
    control="WAF-17",
    pack="waf",
    title="Function URLs behind CloudFront are reached by signed requests only",
    why="a function URL that takes unsigned requests is reached around the distribution and its web ACL",
    fix="give the origin an origin_access_control_id of an OriginAccessControl of type lambda",
    severity="medium",
    dev="mandatory",
    kinds=(_DISTRIBUTION,),
    paths=("origins[].originAccessControlId", "origins[].domainName", "lambda/functionUrl · functionUrl"),
    stack_kinds=("*",),
    references=("fsbp:CloudFront.16",),
    limits="An origin whose name is not known yet is judged where it is the only such one and its name comes from a"
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
            yield subject.problem(f"{path}.originAccessControlId", "requests to the function URL are not signed")


@rule(
    "cloudfront-distribution-origin-group",
    control="HA-17",
    pack="multi_az",
    title="Distributions have a second origin to fail over to",
    why="when the only origin fails, visitors see an error of CloudFront's",
    fix="add an origin_group with a second origin, such as a bucket with a maintenance page",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_DISTRIBUTION,),
    paths=("originGroups",),
    references=("fsbp:CloudFront.4", "checkov:CKV_AWS_310", "aws-config:CLOUDFRONT_ORIGIN_FAILOVER_ENABLED"),
)
def origin_group(subject: Subject) -> Iterator[Problem]:
    if not subject.has("originGroups"):
        yield subject.problem("originGroups", "no origin takes over when one fails")
