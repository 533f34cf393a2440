"""IAM names, KMS, Secrets Manager and Cognito."""

import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.formats import arn_parts
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_RESERVED = ("aws", "amazon", "cognito")
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LEGACY_FLOWS = frozenset({"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"})
_EDGE_REGION = "us-east-1"


@rule("iam/role:Role", "iam/policy:Policy", "iam/user:User", "iam/group:Group", "iam/instanceProfile:InstanceProfile")
def iam_path(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    path = args.text("path")
    if path and not _PATH.fullmatch(path):
        yield args.problem("path", "a path begins and ends with /")


@rule("iam/policy:Policy")
def policy_name(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    name = args.text("name")
    if name and not re.fullmatch(r"[\w+=,.@-]{1,128}", name, re.ASCII):
        yield args.problem("name", "1 to 128 letters, digits or _+=,.@-")


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
        yield args.problem("keyUsage", "a symmetric key can only ENCRYPT_DECRYPT")


@rule("kms/alias:Alias")
def alias(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    name = args.text("name")
    if name and name.startswith("alias/aws/"):
        yield args.problem("name", "alias/aws/ is reserved for AWS managed keys")
    elif name and len(name) > 256:
        yield args.problem("name", "an alias has at most 256 characters")


@rule("secretsmanager/secretVersion:SecretVersion")
def secret_version(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    if args.given("secretString") and args.given("secretBinary"):
        yield args.excess("secretBinary", "only one of secretString and secretBinary may be set")


@rule("cognito/userPool:UserPool")
def user_pool(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html"""
    if args.given("usernameAttributes") and args.given("aliasAttributes"):
        yield args.excess("aliasAttributes", "only one of usernameAttributes and aliasAttributes may be set")
    factors = ("smsConfiguration", "softwareTokenMfaConfiguration", "emailMfaConfiguration", "webAuthnConfiguration")
    if args.text("mfaConfiguration") in ("ON", "OPTIONAL") and all(args.missing(name) for name in factors):
        yield args.problem("mfaConfiguration", f"a second factor needs one of {', '.join(factors)}")


@rule("cognito/userPoolClient:UserPoolClient")
def user_pool_client(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    flows = {flow for _path, flow in args.texts("allowedOauthFlows")}
    if "client_credentials" in flows:
        if flows - {"client_credentials"}:
            yield args.excess("allowedOauthFlows", "client_credentials does not go with other flows")
        if args.flag("generateSecret") is False or args.missing("generateSecret"):
            yield args.problem("generateSecret", "the flow client_credentials needs a client secret")
    if flows & {"code", "implicit"} and args.flag("allowedOauthFlowsUserPoolClient") and args.missing("callbackUrls"):
        yield args.problem("callbackUrls", "the flows code and implicit need callback URLs")
    for name in ("callbackUrls", "logoutUrls"):
        for path, url in args.texts(name):
            if "://" not in url and ":" not in url:
                yield Problem(path, f"must be a URL; received {url!r}")
            elif url.startswith("http://") and not url.startswith(
                ("http://localhost", "http://127.0.0.1", "http://[::1]")
            ):
                yield Problem(path, f"must use HTTPS (HTTP only for localhost); received {url!r}")
    chosen = args.text("defaultRedirectUri")
    if chosen and args.settled("callbackUrls") and chosen not in [url for _path, url in args.texts("callbackUrls")]:
        yield args.problem("defaultRedirectUri", "must be one of callbackUrls")
    auth = {flow for _path, flow in args.texts("explicitAuthFlows")}
    if auth & _LEGACY_FLOWS and auth - _LEGACY_FLOWS:
        yield args.excess("explicitAuthFlows", "flows with and without ALLOW_ cannot be mixed")


@rule("cognito/userPoolDomain:UserPoolDomain")
def user_pool_domain(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html"""
    domain = args.text("domain")
    if domain and args.missing("certificateArn"):
        if not _PREFIX.fullmatch(domain):
            yield args.problem(
                "domain", "1 to 63 lowercase letters, digits or hyphens; a domain of one's own needs certificateArn"
            )
        elif any(word in domain for word in _RESERVED):
            yield args.problem("domain", f"a prefix cannot contain {', '.join(_RESERVED)}")
    service, region = arn_parts(args.text("certificateArn"))
    if service == "acm" and region != _EDGE_REGION:
        yield args.problem("certificateArn", f"the certificate must be in {_EDGE_REGION}")
