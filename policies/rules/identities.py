"""Cognito: no guests, second factors, strong passwords, careful clients."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list

POOL = "cognito/userPool"


@rule(
    "cognito-identity-pool-no-guests",
    control="IAM-16",
    pack="guardrails",
    title="Identity pools give no credentials to guests",
    why="anybody on the internet would get AWS credentials, and the classic flow lets them choose the role",
    fix="set allow_unauthenticated_identities to false and leave allow_classic_flow out",
    severity="high",
    dev="mandatory",
    kinds=("cognito/identityPool",),
    paths=("allowUnauthenticatedIdentities", "allowClassicFlow"),
    references=(
        "fsbp:Cognito.2",
        "cdk-nag:COG7",
        "checkov:CKV_AWS_366",
        "aws-config:COGNITO_IDENTITY_POOL_UNAUTH_ACCESS_CHECK",
    ),
)
def no_guests(subject: Subject) -> Iterator[Problem]:
    for path in ("allowUnauthenticatedIdentities", "allowClassicFlow"):
        if subject.flag(path) is True:
            yield subject.problem(path, "must be false")


@rule(
    "cognito-user-pool-mfa",
    control="IAM-17",
    pack="guardrails",
    title="User pools ask for a second factor",
    why="passwords leaked elsewhere are tried on every store",
    fix="set mfa_configuration to ON (OPTIONAL for customers who choose) with software_token_mfa_configuration",
    severity="high",
    dev="advisory",
    kinds=(POOL,),
    paths=("mfaConfiguration",),
    references=("fsbp:Cognito.5", "cdk-nag:COG2", "aws-config:COGNITO_USER_POOL_MFA_ENABLED"),
    settings={
        "accepted": Setting(
            ["ON", "OPTIONAL"],
            {"type": "array", "items": {"type": "string"}},
            "Accepted values; ON alone where only staff signs in.",
        )
    },
)
def mfa(subject: Subject) -> Iterator[Problem]:
    value = subject.text("mfaConfiguration")
    if value is not UNKNOWN and value not in subject.config["accepted"]:
        yield subject.problem("mfaConfiguration", f"must be {' or '.join(subject.config['accepted'])}")


@rule(
    "cognito-user-pool-password-policy",
    control="IAM-18",
    pack="guardrails",
    title="User pools demand strong passwords",
    why="short passwords are guessed, and stay guessed",
    fix="leave password_policy's minimum_length at 8 or more and require letters of both cases and numbers",
    severity="medium",
    dev="mandatory",
    kinds=(POOL,),
    paths=("passwordPolicy.minimumLength", "passwordPolicy.requireNumbers"),
    references=(
        "fsbp:Cognito.3",
        "cdk-nag:COG1",
        "aws-config:COGNITO_USER_POOL_PASSWORD_POLICY_CHECK",
    ),
    settings={"length": Setting(8, {"type": "integer", "minimum": 6}, "Shortest password.")},
    limits="Without a policy Cognito's own holds: 8 characters of all four kinds.",
)
def password_policy(subject: Subject) -> Iterator[Problem]:
    if subject.value("passwordPolicy") in (MISSING, UNKNOWN):
        return
    needed = int(subject.config["length"])
    length = subject.number("passwordPolicy.minimumLength")
    if length is not UNKNOWN and (length is MISSING or length < needed):
        yield subject.problem("passwordPolicy.minimumLength", f"must be at least {needed}")
    for name in ("requireLowercase", "requireUppercase", "requireNumbers"):
        if subject.flag(f"passwordPolicy.{name}") in (False, MISSING):
            yield subject.problem(f"passwordPolicy.{name}", "must be true")


@rule(
    "cognito-user-pool-threat-protection",
    control="IAM-19",
    pack="guardrails",
    title="User pools act on suspicious sign-ins",
    why="leaked passwords and takeovers go unnoticed until a customer complains",
    fix="set user_pool_tier PLUS and user_pool_add_ons.advanced_security_mode ENFORCED",
    severity="medium",
    dev="disabled",
    kinds=(POOL,),
    paths=("userPoolAddOns.advancedSecurityMode", "userPoolTier"),
    references=(
        "fsbp:Cognito.1",
        "fsbp:Cognito.4",
        "cdk-nag:COG8",
        "aws-config:COGNITO_USER_POOL_ADVANCED_SECURITY_ENABLED",
    ),
)
def threat_protection(subject: Subject) -> Iterator[Problem]:
    if subject.value("userPoolAddOns") is UNKNOWN:
        return
    mode = subject.text("userPoolAddOns.advancedSecurityMode")
    if mode is not UNKNOWN and mode != "ENFORCED":
        yield subject.problem("userPoolAddOns.advancedSecurityMode", "must be ENFORCED")
    elif subject.text("userPoolTier") in ("LITE", "ESSENTIALS"):
        yield subject.problem("userPoolTier", "threat protection needs tier PLUS")


@rule(
    "cognito-user-pool-client-careful",
    control="IAM-20",
    pack="guardrails",
    title="App clients use the code flow, hide who exists, and revoke tokens",
    why="tokens in URLs leak, sign-in errors tell who is a customer, and a stolen session cannot be ended",
    fix="leave implicit out of allowed_oauth_flows, set prevent_user_existence_errors ENABLED, leave"
    " enable_token_revocation on, and give https callback_urls",
    severity="medium",
    dev="advisory",
    kinds=("cognito/userPoolClient",),
    paths=("allowedOauthFlows", "preventUserExistenceErrors", "enableTokenRevocation", "callbackUrls"),
    references=(
        "prowler:cognito_user_pool_client_prevent_user_existence_errors",
        "prowler:cognito_user_pool_client_token_revocation_enabled",
    ),
    url="https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html",
    limits="Plain http is accepted for localhost and private schemes of apps, as Cognito does. Clients of machines sign"
    " nobody in: existence errors are no matter of theirs.",
)
def careful_client(subject: Subject) -> Iterator[Problem]:
    if "implicit" in subject.items("allowedOauthFlows"):
        yield subject.problem("allowedOauthFlows", "the implicit flow puts tokens into URLs")
    flows = as_list(subject.value("allowedOauthFlows"))
    machine = bool(flows) and all(flow is UNKNOWN or flow == "client_credentials" for flow in flows)
    if not machine and subject.text("preventUserExistenceErrors") not in ("ENABLED", UNKNOWN):
        yield subject.problem("preventUserExistenceErrors", "must be ENABLED")
    if subject.flag("enableTokenRevocation") is False:
        yield subject.problem("enableTokenRevocation", "must be true")
    for path in ("callbackUrls", "logoutUrls"):
        for url in subject.items(path):
            local = ("http://localhost", "http://127.0.0.1", "http://[::1]")
            if isinstance(url, str) and url.startswith("http://") and not url.startswith(local):
                yield subject.problem(path, f"{url} is not https")
