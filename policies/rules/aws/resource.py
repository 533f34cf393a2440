"""All services: tags, Regions, resource policies, protection of stateful resources."""

import fnmatch
import re
from collections.abc import Iterator
from functools import cache

from policies.library.documents import parse, statements
from policies.library.rules import REGISTRY, Problem, Setting, Subject, rule
from policies.library.values import UNKNOWN
from policies.rules.helpers.resource_policies import open_statements
from policies.rules.helpers.tags import default_tags

_TEXTS = {"type": "array", "items": {"type": "string"}}
_FORCED = {
    "s3/bucket": "forceDestroy",
    "ecr/repository": "forceDelete",
    "backup/vault": "forceDestroy",
    "route53/zone": "forceDestroy",
    "s3/directoryBucket": "forceDestroy",
}
_MOVED = ("authToken", "containerDefinitions", "defaultActions", "environment")
"""Properties that deployments and rotation change outside the program."""
_POLICIES = {
    "sqs/queuePolicy": "policy",
    "sqs/queue": "policy",
    "sns/topicPolicy": "policy",
    "sns/topic": "policy",
    "s3/bucketPolicy": "policy",
    "s3/bucket": "policy",
    "ecr/repositoryPolicy": "policy",
    "cloudwatch/eventBusPolicy": "policy",
    "dynamodb/resourcePolicy": "policy",
    "kinesis/resourcePolicy": "policy",
    "ecr/registryPolicy": "policy",
    "cloudwatch/logResourcePolicy": "policyDocument",
    "s3/accessPoint": "policy",
    "s3control/accessPointPolicy": "policy",
    "msk/clusterPolicy": "policy",
    "opensearch/domain": "accessPolicies",
    "opensearch/domainPolicy": "accessPolicies",
    "efs/fileSystemPolicy": "policy",
    "secretsmanager/secretPolicy": "policy",
    "backup/vaultPolicy": "policy",
}
_PRINCIPALS = {"cloudwatch/eventPermission": "condition", "lambda/layerVersionPermission": "organizationId"}
"""Kinds that name one principal, with the property that restricts it."""
_SOURCES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
_STATEFUL = (
    "backup/vault",
    "cognito/userPool",
    "dynamodb/table",
    "efs/fileSystem",
    "elasticache/replicationGroup",
    "kms/key",
    "msk/cluster",
    "opensearch/domain",
    "rds/cluster",
    "rds/instance",
    "route53/zone",
    "s3/bucket",
)
_TAGS_URL = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"


@rule(
    "aws-resource-allowed-region",
    control="TAG-03",
    pack="guardrails",
    title="Resources are in allowed Regions only",
    why="resources in other Regions are neither monitored nor found",
    fix="set the provider's region (or the resource's) to an allowed one",
    severity="high",
    dev="mandatory",
    kinds=("*",),
    paths=("region",),
    url="https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
    settings={
        "regions": Setting(
            [
                "ap-northeast-[123]",
                "ap-south-1",
                "ap-southeast-[12]",
                "ca-central-1",
                "eu-central-1",
                "eu-north-1",
                "eu-west-[123]",
                "sa-east-1",
                "us-east-[12]",
                "us-west-[12]",
            ],
            _TEXTS,
            "Allowed Regions, as globs; by default those that need no opt-in.",
        )
    },
)
def allowed_region(subject: Subject) -> Iterator[Problem]:
    if not subject.resource.type.startswith(("aws:", "aws-native:")):
        return
    region = subject.resource.region
    if isinstance(region, str) and not any(fnmatch.fnmatchcase(region, glob) for glob in subject.config["regions"]):
        yield Problem("region", f"region is {region}; must match one of {', '.join(subject.config['regions'])}")


@rule(
    "aws-resource-no-force-destroy",
    control="BCK-10",
    pack="guardrails",
    title="Stateful resources that hold data cannot be deleted",
    why="one wrong change would delete every object, image or recovery point in it",
    fix="leave force_destroy (force_delete) out; after review, empty by hand what is to be deleted",
    severity="high",
    dev="advisory",
    kinds=tuple(_FORCED),
    paths=("forceDestroy", "ecr/repository · forceDelete"),
    url="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/#forcedestroy_python",
)
def no_force_destroy(subject: Subject) -> Iterator[Problem]:
    path = _FORCED[subject.resource.kind]
    if subject.flag(path) is True:
        yield subject.problem(path, "must be false")


@cache
def _guarded(kind: str) -> tuple[tuple[str, str], ...]:
    """Properties of a kind that security rules judge, each with its rule; rules about capacity (HA) are left out."""
    found: dict[str, str] = {}
    for name, guard in REGISTRY.items():
        if kind not in guard.kinds or guard.severity not in ("high", "critical") or guard.control.startswith("HA-"):
            continue
        for path in guard.paths:
            of_kind, _, below = path.rpartition(" · ")
            if of_kind in ("", kind) and below.split(".")[0].removesuffix("[]") not in _MOVED:
                found.setdefault(below, name)
    return tuple(found.items())


def _steps(path: str) -> list[str]:
    """Members of a path in any spelling: `server_side_encryption[0].enabled`."""
    return [step.replace("_", "").lower() for step in re.findall(r"[^.\[\]\"]+", path) if not step.isdigit()]


@rule(
    "aws-resource-no-ignored-changes",
    control="BCK-20",
    pack="guardrails",
    title="ignore_changes names no property that a security rule judges",
    why="AWS would keep settings of encryption, access or deletion that differ from the program's",
    fix="remove the property from ignore_changes, and write the value that was changed by hand into the program",
    severity="high",
    dev="disabled",
    kinds=("*",),
    paths=("ignoreChanges",),
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/",
    limits="Judged are properties read by rules of severity high or critical, except those that scaling, deployments"
    " and rotation change.",
)
def no_ignored_changes(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    for ignored in resource.ignore_changes:
        steps = _steps(ignored)
        for path, name in _guarded(resource.kind):
            written = resource.written(path, needed=False)
            place = _steps(written.split(" ")[0]) if written else _steps(path)
            whole = ignored == "*" or steps == ["desiredstate"]
            if whole or steps[: len(place)] == place[: len(steps)]:
                yield Problem(
                    "ignoreChanges", f"ignoreChanges (ignore_changes) must not contain {ignored}: {name} judges {path}"
                )
                break


@rule(
    "aws-resource-policy-not-public",
    control="IAM-11",
    pack="guardrails",
    title="Policies of queues, topics, buckets and other resources are not public",
    why="any AWS account in the world could read, write or delete",
    fix="name the accounts, roles or services in Principal, or restrict the statement by aws:SourceArn,"
    " aws:SourceAccount or aws:PrincipalOrgID",
    severity="critical",
    dev="mandatory",
    kinds=(*_POLICIES, *_PRINCIPALS),
    paths=(
        "policy",
        "opensearch/domain · accessPolicies",
        "opensearch/domain · vpcOptions",
        "lambda/layerVersionPermission · principal",
    ),
    references=(
        "fsbp:S3.2",
        "fsbp:SQS.3",
        "fsbp:SNS.4",
        "fsbp:EventBridge.3",
        "cdk-nag:ECR1",
        "checkov:CKV_AWS_168",
        "checkov:CKV_AWS_70",
    ),
    limits="The policy of a search domain inside a VPC may allow everyone: security groups restrict access to it.",
)
def resource_policy(subject: Subject) -> Iterator[Problem]:
    kind = subject.resource.kind
    if kind in _PRINCIPALS:
        if subject.text("principal") == "*" and not subject.has(_PRINCIPALS[kind]):
            yield subject.problem("principal", "must name an account: * allows every AWS account")
    elif kind != "opensearch/domain" or not subject.has("vpcOptions"):
        yield from open_statements(subject, _POLICIES[kind])


@rule(
    "aws-resource-policy-service-bounded",
    control="IAM-28",
    pack="guardrails",
    title="Policies that allow an AWS service restrict the account it acts for",
    why="through the service every account could write to, or read from, this resource",
    fix="add a condition on aws:SourceArn or aws:SourceAccount to the statement",
    severity="medium",
    dev="advisory",
    kinds=("s3/bucketPolicy", "s3/bucket", "sqs/queuePolicy", "sqs/queue", "sns/topicPolicy", "sns/topic"),
    paths=("policy",),
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    settings={
        "services": Setting(
            ["events.amazonaws.com", "personalize.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"],
            {"type": "array", "items": {"type": "string"}},
            "Services that act on behalf of other accounts.",
        )
    },
    limits="Roles of such services are judged by iam-role-trust-bounded.",
)
def service_bounded(subject: Subject) -> Iterator[Problem]:
    document = parse(subject.value("policy"))
    if document is UNKNOWN:
        subject.defer("policy")
    for statement in statements(document):
        if not statement.allows or statement.conditions_on(*_SOURCES):
            continue
        for kind, name in statement.principals or ():
            if kind.lower() == "service" and name.lower() in subject.config["services"]:
                yield Problem("policy", f"policy must restrict {name} by aws:SourceArn or aws:SourceAccount")


@rule(
    "aws-resource-protected",
    control="BCK-11",
    pack="guardrails",
    title="Stateful resources have the option protect",
    why="a renamed or moved resource would be replaced, and its data lost, in one update",
    fix="set the option protect=True on the resource (or its component)",
    severity="high",
    dev="disabled",
    kinds=_STATEFUL,
    paths=("protect",),
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    settings={
        "kinds": Setting(list(_STATEFUL), {"type": "array", "items": {"type": "string"}}, "Kinds that must have it.")
    },
)
def protected(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in subject.config["kinds"] and not subject.resource.protect:
        yield Problem("protect", "the option protect must be True")


@rule(
    "aws-resource-required-tags",
    control="TAG-01",
    pack="guardrails",
    title="Resources have the required tags",
    why="costs, alarms and access are separated by tags",
    fix="set the tags in default_tags of the provider, or on the resource",
    severity="medium",
    dev="advisory",
    kinds=("*",),
    paths=("tagsAll", "tags"),
    url=_TAGS_URL,
    settings={
        "tags": Setting(["application", "environment", "owner", "cost-center"], _TEXTS, "Keys of the required tags.")
    },
    limits="Types for which the provider reports tagsAll are judged: all that can have tags.",
)
def required_tags(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if not resource.type.startswith(("aws:", "aws-native:")) or "tagsAll" not in resource.props:
        return
    held: set[str] = set()
    for tags in (resource.props.get("tagsAll"), resource.props.get("tags"), default_tags(resource)):
        if tags is UNKNOWN:
            subject.defer("tagsAll")
            return
        held |= {key.lower() for key in tags} if isinstance(tags, dict) else set()
    missing = [key for key in subject.config["tags"] if key.lower() not in held]
    if missing:
        yield Problem("tags", f"tags must include {', '.join(missing)}")
