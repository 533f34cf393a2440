"""IAM, KMS and Secrets Manager."""

import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_PATH = re.compile(r"/|/[\x21-\x7e]+/")


@rule("iam/role:Role", "iam/policy:Policy", "iam/user:User", "iam/group:Group", "iam/instanceProfile:InstanceProfile")
def iam_path(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    path = args.text("path")
    if path and not _PATH.fullmatch(path):
        yield args.problem("path", "a path must begin and end with /")


@rule("iam/policy:Policy")
def policy_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    name = args.text("name")
    if name and not re.fullmatch(r"[\w+=,.@-]{1,128}", name, re.ASCII):
        yield args.problem("name", "must be 1 to 128 letters, digits or _+=,.@-")


@rule("iam/rolePolicyAttachment:RolePolicyAttachment", "iam/rolePolicy:RolePolicy")
def role_by_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html"""
    role = args.text("role")
    if role and role.startswith("arn:"):
        yield args.problem("role", "must be the name of the role, not its ARN")


@rule("kms/key:Key")
def key(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""
    spec = args.text("customerMasterKeySpec")
    if args.flag("enableKeyRotation") and spec and spec != "SYMMETRIC_DEFAULT":
        yield args.problem("enableKeyRotation", f"automatic rotation needs a symmetric key, not {spec}")
    usage = args.text("keyUsage")
    symmetric = args.missing("customerMasterKeySpec") or spec == "SYMMETRIC_DEFAULT"
    if symmetric and usage and usage != "ENCRYPT_DECRYPT":
        yield args.problem("keyUsage", "the usage of a symmetric key must be ENCRYPT_DECRYPT")


@rule("kms/alias:Alias")
def alias(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    name = args.text("name")
    if name and name.startswith("alias/aws/"):
        yield args.problem("name", "alias/aws/ is reserved for AWS managed keys")
    elif name and len(name) > 256:
        yield args.problem("name", "an alias must have at most 256 characters")


@rule("secretsmanager/secretVersion:SecretVersion")
def secret_version(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    if args.given("secretString") and args.given("secretBinary"):
        yield args.problem_without_value("secretBinary", "only one of secretString and secretBinary may be set")
