"""Cognito: user pools, their clients and domains."""

import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.edge import edge_certificate
from offline.checks.rules.registry import rule

_RESERVED = ("aws", "amazon", "cognito")
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LEGACY_FLOWS = frozenset({"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"})


@rule("cognito/userPool:UserPool")
def user_pool(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html"""
    if args.given("usernameAttributes") and args.given("aliasAttributes"):
        yield args.problem_without_value(
            "aliasAttributes", "only one of usernameAttributes and aliasAttributes may be set"
        )
    factors = ("smsConfiguration", "softwareTokenMfaConfiguration", "emailMfaConfiguration", "webAuthnConfiguration")
    if args.text("mfaConfiguration") in ("ON", "OPTIONAL") and all(args.missing(name) for name in factors):
        yield args.problem("mfaConfiguration", f"a second factor needs one of {', '.join(factors)}")


@rule("cognito/userPoolClient:UserPoolClient")
def user_pool_client(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    flows = {flow for _path, flow in args.texts("allowedOauthFlows")}
    if "client_credentials" in flows:
        if flows - {"client_credentials"}:
            yield args.problem_without_value("allowedOauthFlows", "client_credentials must be the only flow")
        if args.flag("generateSecret") is False or args.missing("generateSecret"):
            yield args.problem("generateSecret", "the flow client_credentials needs a client secret")
    if flows & {"code", "implicit"} and args.flag("allowedOauthFlowsUserPoolClient") and args.missing("callbackUrls"):
        yield args.problem("callbackUrls", "the flows code and implicit need callback URLs")
    yield from _urls(args)
    auth = {flow for _path, flow in args.texts("explicitAuthFlows")}
    if auth & _LEGACY_FLOWS and auth - _LEGACY_FLOWS:
        yield args.problem_without_value("explicitAuthFlows", "flows with and without ALLOW_ cannot be mixed")


def _urls(args: Block) -> Iterator[Problem]:
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


@rule("cognito/userPoolDomain:UserPoolDomain")
def user_pool_domain(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html"""
    domain = args.text("domain")
    if domain and args.missing("certificateArn"):
        if not _PREFIX.fullmatch(domain):
            yield args.problem(
                "domain", "must be 1 to 63 lowercase letters, digits or hyphens; a custom domain needs certificateArn"
            )
        elif any(word in domain for word in _RESERVED):
            yield args.problem("domain", f"a prefix cannot contain {', '.join(_RESERVED)}")
    yield from edge_certificate(args, "certificateArn")
