"""Least-privilege policy of the deployer: what creating, reading, changing and deleting the stack's resources takes.

It bounds Regions, roles and the names of buckets, secrets, tables, queues, topics, functions and streams. Who may make
roles can give them any right, so the account should hold the store alone.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from doctor.named_secrets import named
from doctor.program import DoctorError, Program
from doctor.service_roles import service_roles
from providers.resource import AwsResource

# Characters of a managed policy without white space, and managed policies of a role
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
POLICY_CHARACTERS = 6144
POLICIES_OF_A_ROLE = 10

Statement = dict[str, Any]
_RECORD = Path(__file__).parent / "facts" / "permissions.json"

# Service -> type of the tokens, and the form of ARNs by name; `{name}` has the first word and a wildcard.
_BY_NAME: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dynamodb": ("dynamodb/table:Table", ("arn:aws:dynamodb:*:{account}:table/{name}",)),
    "kinesis": ("kinesis/stream:Stream", ("arn:aws:kinesis:*:{account}:stream/{name}",)),
    "lambda": ("lambda/function:Function", ("arn:aws:lambda:*:{account}:function:{name}",)),
    "s3": ("s3/bucket:Bucket", ("arn:aws:s3:::{name}", "arn:aws:s3:::{name}/*")),
    "secretsmanager": ("secretsmanager/secret:Secret", ("arn:aws:secretsmanager:*:{account}:secret:{name}",)),
    "sns": ("sns/topic:Topic", ("arn:aws:sns:*:{account}:{name}",)),
    "sqs": ("sqs/queue:Queue", ("arn:aws:sqs:*:{account}:{name}",)),
}
# Of the store's own code (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html).
_PUSH = tuple(
    f"ecr:{name}"
    for name in (
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "CompleteLayerUpload",
        "GetAuthorizationToken",
        "GetDownloadUrlForLayer",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
    )
)
# Lambda looks with the deployer's rights whether a function's image can be pulled
# (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions).
_OF_FUNCTIONS = (
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
)
# Their actions on something else than the named resource
# (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
_NOT_BY_NAME = re.compile(
    r"dynamodb:(List(Tables|Backups|Streams)\w*|Describe(Limits|Endpoints))|s3:ListAllMyBuckets"
    r"|kinesis:(ListStreams|DescribeLimits|\w+EnhancedMonitoring|UpdateShardCount|UpdateStreamMode)"
    r"|lambda:(\w+EventSourceMappings?|GetLayerVersion|ListTags|TagResource|UntagResource|GetAccountSettings)"
    r"|sns:(\w*[Ss]ubscri\w+|ListTopics)|sqs:ListQueues|secretsmanager:(ListSecrets|GetRandomPassword)"
)


@dataclass(frozen=True)
class Policy:
    name: str
    statements: Sequence[Statement]

    @property
    def document(self) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": list(self.statements)}


@cache
def _record() -> Mapping[str, Any]:
    return json.loads(_RECORD.read_text(encoding="utf-8"))


def unknown_types(program: Program) -> list[str]:
    """Types of the program without a recorded action: `doctor/facts/renew.py` must learn of them."""
    return sorted(kind for kind in _kinds(program) if kind not in _record()["types"])


def actions(program: Program) -> list[str]:
    """IAM actions of all resource types of the program, those of CloudFormation included."""
    found: dict[str, str] = {}
    for kind in _kinds(program):
        for action in _record()["types"].get(kind, ()):
            found.setdefault(action.lower(), action)
    for action in _of_dynamic_providers(program):
        found.setdefault(action.lower(), action)
    used = program.settings.used_images
    if used.built:
        found |= {action.lower(): action for action in _PUSH}
    if used.functions:
        found |= {action.lower(): action for action in _OF_FUNCTIONS}
    prefixes = {action.split(":")[0] for action in found.values()}
    for prefix in prefixes:
        for action in _record()["calls"].get(prefix, ()):
            found.setdefault(action.lower(), action)
    return sorted(found.values(), key=str.lower)


def _of_dynamic_providers(program: Program) -> Iterator[str]:
    for resource in AwsResource.__subclasses__():
        kind = resource.PROVIDER.KIND
        if f"pulumi-python:dynamic/{kind.service}:{kind.noun}" in program.dynamic:
            yield from (f"{kind.service}:{call}" for call in kind.calls)


def _kinds(program: Program) -> set[str]:
    kinds = {token.split(":")[1] for token in program.types}
    for stack in program.of("cloudformation/stack:Stack"):
        template = json.loads(str(stack.inputs.get("templateBody") or "{}"))
        kinds |= {str(resource["Type"]) for resource in template.get("Resources", {}).values()}
    kinds |= {str(resource.inputs["typeName"]) for resource in program.of("cloudcontrol/resource:Resource")}
    return kinds


def statements(program: Program) -> list[Statement]:
    """Statements of the whole policy, each with an id."""
    wanted = actions(program)
    account = program.settings.environment.account_id
    bounded: list[Statement] = [*_iam(program, [a for a in wanted if a.startswith("iam:")], account)]
    rest = [action for action in wanted if not action.startswith("iam:")]
    for service, (type_, forms) in _BY_NAME.items():
        names = _patterns(program, type_)
        mine = [a for a in rest if a.startswith(f"{service}:") and not _NOT_BY_NAME.fullmatch(a)]
        if mine and names:
            rest = [action for action in rest if action not in mine]
            arns = [form.format(account=account, name=name) for form in forms for name in names]
            bounded.append(_statement(service.title(), mine, arns, program))
    return [*bounded, *_resolved(program), _statement("Regional", rest, ["*"], program)]


def _iam(program: Program, wanted: Sequence[str], account: str) -> Iterator[Statement]:
    roles = [f"arn:aws:iam::{account}:role/{name}" for name in _patterns(program, "iam/role:Role")]
    policies = [f"arn:aws:iam::{account}:policy/{name}" for name in _patterns(program, "iam/policy:Policy")]
    on_policies = re.compile(
        r"iam:(Create|Delete|Get|List|Set|Tag|Untag)\w*Polic(y|ies)(Versions?)?|iam:ListEntitiesForPolicy"
    )
    separate = ("iam:PassRole", "iam:CreateServiceLinkedRole", "iam:CreateRole")
    of_policies = [a for a in wanted if on_policies.fullmatch(a) and "Role" not in a] if policies else []
    of_roles = [a for a in wanted if a not in of_policies and a not in separate and not a.startswith("iam:ListRoles")]
    tags = program.settings.environment.tags
    if roles:
        yield {
            "Sid": "CreateRole",
            "Effect": "Allow",
            "Action": "iam:CreateRole",
            "Resource": roles,
            "Condition": {
                "StringEquals": {f"aws:RequestTag/{key}": tags[key] for key in ("application", "environment")}
            },
        }
        yield {"Sid": "Roles", "Effect": "Allow", "Action": of_roles, "Resource": roles}
        yield {
            "Sid": "PassRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": roles,
            "Condition": {"StringEquals": {"iam:PassedToService": _trusted(program)}},
        }
    if of_policies:
        yield {"Sid": "Policies", "Effect": "Allow", "Action": of_policies, "Resource": policies}
    services = service_roles(program)
    if services:
        yield {
            "Sid": "ServiceRoles",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": f"arn:aws:iam::{account}:role/aws-service-role/*",
            "Condition": {"StringEquals": {"iam:AWSServiceName": services}},
        }


def _trusted(program: Program) -> list[str]:
    """Services that the program's roles trust."""
    found: set[str] = set()
    for role in program.of("iam/role:Role"):
        for statement in json.loads(role.inputs["assumeRolePolicy"])["Statement"]:
            principal = statement.get("Principal")
            named = principal.get("Service", []) if isinstance(principal, Mapping) else []
            found |= {named} if isinstance(named, str) else set(named)
    return sorted(found)


def _resolved(program: Program) -> Iterator[Statement]:
    """CloudFormation reads third parties' secrets with the deployer's rights, and EventBridge keeps a copy.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
    """
    text = json.dumps([stack.inputs for stack in program.of("cloudformation/stack:Stack")], default=str)
    if "AWS::Events::Connection" not in text:
        return
    known = [str(secret.outputs["arn"]) for secret in program.of("secretsmanager/secret:Secret")]
    arns = [arn for arn in (*named(program), *known) if arn in text and ":secretsmanager:" in arn]
    if arns:
        yield {"Sid": "ThirdParties", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arns}
    yield {
        "Sid": "Connections",
        "Effect": "Allow",
        "Action": [
            f"secretsmanager:{verb}"
            for verb in ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret")
        ],
        "Resource": f"arn:aws:secretsmanager:*:{program.settings.environment.account_id}:secret:events!connection/*",
    }


def _patterns(program: Program, type_: str) -> list[str]:
    """First words of the names of resources, each with a wildcard: Pulumi ends a name with characters of its own."""
    found = set()
    for resource in program.of(type_):
        name = str(resource.outputs.get("name") or resource.outputs.get("bucket") or resource.name)
        found.add(f"{re.split(r'[-/]', name)[0]}{'/' if '/' in name.split('-')[0] else '-'}*")
    return sorted(found)


def _statement(sid: str, wanted: Sequence[str], arns: Sequence[str], program: Program) -> Statement:
    # Services without Regions answer in us-east-1
    # (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion).
    regions = sorted({*program.regions(), "us-east-1"})
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(wanted),
        "Resource": list(arns),
        "Condition": {"StringEquals": {"aws:RequestedRegion": regions}},
    }


def policies(program: Program) -> list[Policy]:
    """The statements in as few managed policies as hold them, of the names `web-store-<environment>-deploy-<n>`.

    Raises:
        DoctorError: more policies than a role takes.
    """
    parts: list[list[Statement]] = [[]]
    for statement in statements(program):
        for piece in _pieces(statement, room=POLICY_CHARACTERS - size(parts[-1])):
            if size([*parts[-1], piece]) > POLICY_CHARACTERS:
                parts.append([])
            parts[-1].append(piece)
    if len(parts) > POLICIES_OF_A_ROLE:
        raise DoctorError(
            f"the deployer's policy fills {len(parts)} managed policies, and a role takes {POLICIES_OF_A_ROLE}: raise "
            "the quota `Managed policies attached to an IAM role` (L-0DA4ABF3)"
        )
    name = program.settings.environment.name
    return [Policy(f"web-store-{name}-deploy-{number}", part) for number, part in enumerate(parts, 1)]


def _pieces(statement: Statement, room: int) -> Iterator[Statement]:
    """The statement, cut where the room of a policy ends; a cut one has a number behind its id."""
    wanted = statement["Action"]
    if isinstance(wanted, str):
        yield statement
        return
    left, number = list(wanted), 0
    while left:
        number += 1
        part = _fitting(statement, left, room)
        room = POLICY_CHARACTERS - size([])
        if part:
            whole = len(part) == len(wanted)
            yield {**statement, "Sid": statement["Sid"] if whole else f"{statement['Sid']}{number}", "Action": part}
            left = left[len(part) :]


def _fitting(statement: Statement, left: Sequence[str], room: int) -> list[str]:
    """As many actions as fit; none where the statement alone is longer than the room."""
    taken: list[str] = []
    length = len(json.dumps({**statement, "Sid": statement["Sid"] + "00", "Action": []}, separators=(",", ":"))) + 1
    for action in left:
        length += len(action) + 3
        if length > room:
            break
        taken.append(action)
    return taken


def size(part: Sequence[Statement]) -> int:
    """Characters that IAM counts: white space is not."""
    return len(json.dumps(Policy("", part).document, separators=(",", ":")))
