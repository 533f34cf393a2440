"""Policy documents: the grammar that IAM and the services enforce.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_VERSIONS = ("2012-10-17", "2008-10-17")
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
_ALLOWED = frozenset(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
)
# Hard quotas, in characters without white space.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MANAGED_SIZE = 6144
_INLINE_ROLE_SIZE = 10240

_IDENTITY = (
    "iam/policy:Policy",
    "iam/rolePolicy:RolePolicy",
    "iam/userPolicy:UserPolicy",
    "iam/groupPolicy:GroupPolicy",
)
_RESOURCE = {
    "s3/bucketPolicy:BucketPolicy": "policy",
    "sqs/queue:Queue": "policy",
    "sqs/queuePolicy:QueuePolicy": "policy",
    "sns/topic:Topic": "policy",
    "sns/topicPolicy:TopicPolicy": "policy",
    "kms/key:Key": "policy",
    "kms/replicaKey:ReplicaKey": "policy",
    "kms/keyPolicy:KeyPolicy": "policy",
    "secretsmanager/secret:Secret": "policy",
    "secretsmanager/secretPolicy:SecretPolicy": "policy",
    "efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "backup/vaultPolicy:VaultPolicy": "policy",
    "cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
    "ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "opensearch/domainPolicy:DomainPolicy": "accessPolicies",
    "opensearch/domain:Domain": "accessPolicies",
    "ec2/vpcEndpoint:VpcEndpoint": "policy",
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy": "policyDocument",
    "cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "apigateway/restApiPolicy:RestApiPolicy": "policy",
}


@rule(*_IDENTITY)
def identity_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""
    yield from _judge(args, "policy", ("Action", "Resource"), ("Principal", "NotPrincipal"))


@rule("iam/policy:Policy", "iam/rolePolicy:RolePolicy")
def size(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    most = _INLINE_ROLE_SIZE if args.given("role") else _MANAGED_SIZE
    text = args.text("policy")
    length = len(re.sub(r"\s", "", text)) if text else 0
    if length > most:
        yield args.problem_without_value(
            "policy", f"must have at most {most} characters without white space; received {length}"
        )


@rule("iam/role:Role")
def trust_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-custom.html"""
    yield from _judge(args, "assumeRolePolicy", ("Action", "Principal"), ("Resource", "NotResource"))
    for inline in args.blocks("inlinePolicies"):
        yield from _judge(inline, "policy", ("Action", "Resource"), ("Principal", "NotPrincipal"))


@rule(*_RESOURCE)
def resource_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html"""
    for name in ("policy", "accessPolicies", "policyDocument"):
        yield from _judge(args, name, ("Action", "Principal"), ())


def _judge(args: Block, name: str, needed: tuple[str, ...], forbidden: tuple[str, ...]) -> Iterator[Problem]:
    text = args.text(name)
    if text is None:
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    for fault in _faults(document, needed, forbidden):
        yield args.problem_without_value(name, fault)
        return


def _faults(document: Any, needed: tuple[str, ...], forbidden: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(document, Mapping):
        yield "a policy document must be a JSON object"
        return
    version = document.get("Version")
    if version is not None and version not in _VERSIONS:
        yield f"Version must be {' or '.join(_VERSIONS)}; received {version!r}"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(statements, list) or not statements:
        yield "a policy document needs at least one Statement"
        return
    sids: set[str] = set()
    for index, statement in enumerate(statements):
        if not isinstance(statement, Mapping):
            yield f"Statement {index} must be a JSON object"
            return
        sid = statement.get("Sid")
        label = f"Statement {sid or index}"
        yield from (f"{label}: {fault}" for fault in _statement(statement, needed, forbidden))
        if forbidden and isinstance(sid, str) and sid and sid in sids:
            yield f"{label}: Sid must be unique within the policy"
        sids.add(str(sid))


def _statement(statement: Mapping[str, Any], needed: tuple[str, ...], forbidden: tuple[str, ...]) -> Iterator[str]:
    unknown = [str(key) for key in statement if key not in _ALLOWED]
    if unknown:
        yield f"{', '.join(unknown)} must not be in a statement: IAM has no such element"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"Effect must be Allow or Deny; received {statement.get('Effect')!r}"
    for element in needed:
        given = [key for key in (element, f"Not{element}") if key in statement]
        if len(given) != 1:
            yield f"exactly one of {element} and Not{element} is needed; received {' and '.join(given) or 'none'}"
    for element in forbidden:
        if element in statement:
            yield f"{element} is not allowed in this kind of policy"
    yield from _wrong_values(statement, identity="Principal" in forbidden)


def _wrong_values(statement: Mapping[str, Any], *, identity: bool) -> Iterator[str]:
    """`identity`: an identity-based policy, whose Sid and resources have a stricter form."""
    sid = statement.get("Sid")
    if identity and isinstance(sid, str) and not _SID.fullmatch(sid):
        yield f"Sid must be letters and digits; received {sid!r}"
    for action in _listed(statement, "Action", "NotAction"):
        if not _ACTION.fullmatch(action):
            yield f"an action must be service:Action; received {action!r}"
    for resource in _listed(statement, "Resource", "NotResource") if identity else ():
        if resource != "*" and not resource.startswith(("arn:", "*", "${")):
            yield f"a resource must be an ARN or *; received {resource!r}"


def _listed(statement: Mapping[str, Any], *keys: str) -> Iterator[str]:
    for key in keys:
        value = statement.get(key)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield item
