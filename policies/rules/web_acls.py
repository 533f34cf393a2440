"""Web ACLs: where they must be, what they must hold, and that they log."""

import json
from collections.abc import Iterator
from typing import Any

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, leaves, read, show, spread

ACL = "wafv2/webAcl"
ASSOCIATION = "wafv2/webAclAssociation"
_EDGE_REGION = "us-east-1"
_POOL_GROUPS = {"AWSManagedRulesACFPRuleSet", "AWSManagedRulesATPRuleSet"}
_GROUP_BLOCKS = ("managedrulegroupstatement", "managedrulegroup", "managedrulegroups")
_LOG_PREFIX = "aws-waf-logs-"


def _named_groups(value: Any) -> tuple[set[str], bool]:
    """Names of the AWS managed groups anywhere in a structure of rules, and whether all groups in it are known."""
    names: set[str] = set()
    complete = is_laid_out(value)
    if isinstance(value, dict):
        for key, item in value.items():
            if key.lower() in _GROUP_BLOCKS:
                for group in as_list(item):
                    parts = {k.lower(): v for k, v in group.items()} if isinstance(group, dict) else {}
                    vendor, name = parts.get("vendorname", "AWS"), parts.get("name", UNKNOWN)
                    if isinstance(name, str) and vendor == "AWS":
                        names.add(name)
                    complete = complete and name is not UNKNOWN and vendor is not UNKNOWN
            else:
                inner, known = _named_groups(item) if isinstance(item, dict | list) else (set(), True)
                names |= inner
                complete = complete and known
    elif isinstance(value, list):
        for item in value:
            inner, known = _named_groups(item)
            names |= inner
            complete = complete and known
    return names, complete


def is_laid_out(value: Any, key: str = "rules") -> bool:
    """Whether it is known which statements a structure of rules has; what they compare with may be known later."""
    if value is UNKNOWN:
        return key.lower() not in _GROUP_BLOCKS and not key.lower().endswith(("rules", "statement", "statements"))
    if isinstance(value, dict):
        return all(is_laid_out(item, name) for name, item in value.items())
    return all(is_laid_out(item, key) for item in value) if isinstance(value, list) else True


def rules_of(stack: Stack, acl: Resource) -> list[Any]:
    """Rules of an ACL, its own in all spellings and those attached to it; what is not known as `UNKNOWN`."""
    sources = [read(acl.props, "rules")]
    text = as_text(read(acl.props, "ruleJson"))
    if isinstance(text, str):
        try:
            sources.append(json.loads(text))
        except ValueError:
            sources.append(UNKNOWN)
    else:
        sources.append(text)
    for kind in ("wafv2/webAclRule", "wafv2/webAclRuleGroupAssociation"):
        sources += [attached.props for attached in stack.pointing_at(acl, kind, "webAclArn")]
    return sources


def _groups(subject: Subject, acl: Resource) -> tuple[set[str], bool]:
    """AWS managed groups of an ACL, and whether all of its rules are known."""
    names: set[str] = set()
    complete = True
    for source in rules_of(subject.stack, acl):
        found, known = _named_groups(source)
        names |= found
        complete = complete and known
    return names, complete


@rule(
    "wafv2-web-acl-scope",
    control="WAF-02",
    pack="waf",
    title="Web ACLs have the scope and Region of what they protect",
    why="AWS refuses, or silently cannot attach, an ACL of the wrong scope or Region",
    fix="for CloudFront use scope CLOUDFRONT and region us-east-1; for load balancers, APIs and user pools use scope"
    " REGIONAL in their own Region",
    severity="high",
    dev="mandatory",
    kinds=(ACL,),
    paths=(
        "scope",
        "region",
        "cloudfront/distribution · webAclId",
        "wafv2/webAclAssociation · resourceArn",
        "lb/loadBalancer · region",
        "apigateway/stage · region",
        "cognito/userPool · region",
    ),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
)
def scope(subject: Subject) -> Iterator[Problem]:
    acl, stack = subject.resource, subject.stack
    scope, region = subject.text("scope"), acl.region
    if scope == "CLOUDFRONT" and isinstance(region, str) and region != _EDGE_REGION:
        yield Problem("region", f"region is {region}: an ACL of scope CLOUDFRONT lives in {_EDGE_REGION}")
    if scope == "REGIONAL":
        for user in stack.pointing_at(acl, "cloudfront/distribution", "webAclId", sure=True):
            yield subject.problem("scope", f"distribution {user.name} needs scope CLOUDFRONT")
    for user in stack.pointing_at(acl, ASSOCIATION, "webAclArn", sure=True):
        if scope == "CLOUDFRONT":
            yield subject.problem("scope", f"association {user.name} needs scope REGIONAL")
            continue
        for kind in ("lb/loadBalancer", "apigateway/stage", "cognito/userPool"):
            for target in stack.referred(user, "resourceArn", kind).resources:
                if isinstance(region, str) and isinstance(target.region, str) and region != target.region:
                    yield Problem("region", f"region is {region}: {target.name} is in {target.region}")


@rule(
    "lb-load-balancer-web-acl",
    control="WAF-03",
    pack="waf",
    title="Internet-facing application load balancers have a web ACL",
    why="a load balancer that the internet reaches is attacked around the edge's web ACL",
    fix="add a wafv2.WebAclAssociation with resource_arn of the load balancer, or make it internal behind a CloudFront"
    " VPC origin",
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
        yield subject.problem("internal", "the internet reaches it, and no web ACL association has it as resource_arn")


@rule(
    "apigateway-stage-web-acl",
    control="WAF-04",
    pack="waf",
    title="Public REST API stages have a web ACL",
    why="the API answers the whole internet at its own endpoint",
    fix="add a wafv2.WebAclAssociation with resource_arn of the stage",
    severity="high",
    dev="advisory",
    kinds=("apigateway/stage",),
    paths=(
        "restApi",
        "wafv2/webAclAssociation · resourceArn",
        "apigateway/restApi · endpointConfiguration.types",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:APIGateway.4",
        "cdk-nag:APIG3",
        "checkov:CKV2_AWS_29",
        "aws-config:API_GW_ASSOCIATED_WITH_WAF",
    ),
    limits="Stages of private APIs are not judged.",
)
def api_stage(subject: Subject) -> Iterator[Problem]:
    apis = subject.stack.referred(subject.resource, "restApi", "apigateway/restApi").resources
    endpoints = [kind for api in apis for kind in as_list(spread(api.props, "endpointConfiguration.types"))]
    if "PRIVATE" in endpoints:
        return
    if UNKNOWN in endpoints:
        subject.defer("restApi")
        return
    if not subject.stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn"):
        yield subject.problem("stageName", "no web ACL association has this stage as resource_arn")


@rule(
    "cognito-user-pool-web-acl",
    control="WAF-05",
    pack="waf",
    title="User pools have a web ACL that Cognito accepts",
    why="sign-in pages are the first target of credential stuffing",
    fix="add a wafv2.WebAclAssociation with resource_arn of the user pool; leave the ACFP and ATP groups out of its"
    " ACL, Cognito refuses them",
    severity="medium",
    dev="advisory",
    kinds=("cognito/userPool",),
    paths=("wafv2/webAclAssociation · resourceArn", "wafv2/webAcl · rules"),
    stack_kinds=("*",),
    references=("prowler:cognito_user_pool_waf_acl_attached",),
    url="https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html",
)
def user_pool(subject: Subject) -> Iterator[Problem]:
    stack = subject.stack
    associations = stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn")
    if not associations:
        yield Problem("webAclAssociation", "no web ACL association has this user pool as resource_arn")
    for association in stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn", sure=True):
        acls = stack.referred(association, "webAclArn", ACL).resources
        for acl in acls if len(acls) == 1 else ():
            refused = sorted(_groups(subject, acl)[0] & _POOL_GROUPS)
            if refused:
                yield Problem("webAclAssociation", f"its web ACL {acl.name} holds {', '.join(refused)}")


@rule(
    "apigatewayv2-api-behind-cloudfront",
    control="WAF-06",
    pack="waf",
    title="HTTP APIs stand behind CloudFront, with their default endpoint off",
    why="AWS WAF cannot be attached to an HTTP API: only a distribution before it can filter requests",
    fix="set disable_execute_api_endpoint to true and make the API (or its custom domain) an origin of a"
    " cloudfront.Distribution with a web ACL",
    severity="high",
    dev="advisory",
    kinds=("apigatewayv2/api",),
    paths=("disableExecuteApiEndpoint", "cloudfront/distribution · origins[].domainName"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
    limits="A distribution of another stack is not seen: waive with its name as reason.",
)
def http_api(subject: Subject) -> Iterator[Problem]:
    if subject.text("protocolType") != "HTTP":
        return
    if subject.flag("disableExecuteApiEndpoint") in (False, MISSING):
        yield subject.problem("disableExecuteApiEndpoint", "requests can go round CloudFront and its web ACL")
    stack = subject.stack
    names = [as_text(read(domain.props, "domainName")) for domain in stack.of_kind("apigatewayv2/domainName")]
    domains = {name.lower() for name in names if isinstance(name, str)}
    for distribution in stack.of_kind("cloudfront/distribution"):
        origins = as_list(spread(distribution.props, "origins[].domainName"))
        reference = stack.referred(
            distribution, "origins[].domainName", "apigatewayv2/api", "apigatewayv2/domainName", "apigatewayv2/stage"
        )
        known = all(isinstance(name, str) for name in (*origins, *names))
        if reference.resources or not known or any(origin.lower() in domains for origin in origins):
            return
    yield Problem("cloudfront/distribution", "no distribution of this stack has the API as an origin")


@rule(
    "wafv2-web-acl-baseline",
    control="WAF-07",
    pack="waf",
    title="Web ACLs hold the baseline managed rule groups",
    why="an ACL without rules lets everything pass; the baseline stops known exploits, SQL injection and bad addresses",
    fix="add rules with managed_rule_group_statement (vendor_name AWS) for the groups that are missing",
    severity="high",
    dev="mandatory",
    kinds=(ACL,),
    paths=("rules[].statement.managedRuleGroupStatement.name", "ruleJson", "wafv2/webAclRule · statement"),
    stack_kinds=("*",),
    references=(
        "fsbp:WAF.10",
        "checkov:CKV_AWS_175",
        "checkov:CKV_AWS_192",
        "checkov:CKV2_AWS_47",
        "prowler:wafv2_webacl_with_rules",
    ),
    settings={
        "groups": Setting(
            [
                "AWSManagedRulesCommonRuleSet",
                "AWSManagedRulesKnownBadInputsRuleSet",
                "AWSManagedRulesSQLiRuleSet",
                "AWSManagedRulesAmazonIpReputationList",
            ],
            {"type": "array", "items": {"type": "string"}},
            "AWS managed rule groups that every web ACL holds.",
        )
    },
)
def baseline(subject: Subject) -> Iterator[Problem]:
    held, complete = _groups(subject, subject.resource)
    missing = [group for group in subject.config["groups"] if group not in held]
    if missing and not complete:
        subject.defer("rules")
    elif missing:
        yield Problem("rules", f"rules lacks {', '.join(missing)}")


@rule(
    "wafv2-web-acl-logging",
    control="WAF-10",
    pack="waf",
    title="Web ACLs log, without credentials",
    why="blocked and counted requests must be explainable, and logs must not become a store of sessions",
    fix="add a wafv2.WebAclLoggingConfiguration for the ACL with a destination named aws-waf-logs-..., redacting the"
    " headers authorization and cookie",
    severity="medium",
    dev="advisory",
    kinds=(ACL, "wafv2/webAclLoggingConfiguration"),
    paths=(
        "wafv2/webAclLoggingConfiguration · resourceArn",
        "wafv2/webAclLoggingConfiguration · logDestinationConfigs",
        "wafv2/webAclLoggingConfiguration · redactedFields[].singleHeader.name",
    ),
    stack_kinds=("*",),
    references=("fsbp:WAF.11", "checkov:CKV2_AWS_31", "aws-config:WAFV2_LOGGING_ENABLED"),
    settings={
        "redacted_headers": Setting(
            ["authorization", "cookie"],
            {"type": "array", "items": {"type": "string"}},
            "Headers that the log must not hold.",
        )
    },
)
def logging(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == ACL:
        if not stack.pointing_at(resource, "wafv2/webAclLoggingConfiguration", "resourceArn"):
            yield Problem("loggingConfiguration", "no web ACL logging configuration has this ACL as resource_arn")
        return
    headers = [
        value.lower() if isinstance(value, str) else value
        for path, value in leaves({"redactedFields": subject.value("redactedFields")})
        if value is UNKNOWN or path.lower().endswith("singleheader.name")
    ]
    exposed = [header for header in subject.config["redacted_headers"] if header.lower() not in headers]
    if exposed and UNKNOWN in headers:
        subject.defer("redactedFields")
    elif exposed:
        yield Problem(
            "redactedFields", f"redactedFields (redacted_fields) leaves header {', '.join(exposed)} in the log"
        )
    kinds = ("cloudwatch/logGroup", "s3/bucket", "kinesis/firehoseDeliveryStream")
    names: list[Any] = [
        value.split(":::")[-1].split(":log-group:")[-1].split("deliverystream/")[-1]
        for value in subject.items("logDestinationConfigs")
        if isinstance(value, str)
    ]
    if not names:
        names = [
            as_text(read(target.props, key))
            for target in stack.referred(resource, "logDestinationConfigs", *kinds).resources
            for key in ("name", "bucket", "namePrefix", "bucketPrefix")
        ]
    for name in names:
        if isinstance(name, str) and not name.startswith(_LOG_PREFIX):
            yield Problem(
                "logDestinationConfigs",
                f"logDestinationConfigs (log_destination_configs) names {show('name', name)}: AWS WAF accepts only"
                f" destinations that begin with {_LOG_PREFIX}",
            )
