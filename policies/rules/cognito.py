"""Cognito: user pools, their clients, identity pools."""

from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list
from policies.rules.helpers.web_acls import ACL, ASSOCIATION, managed_groups

POOL = "cognito/userPool"
_POOL_GROUPS = {"AWSManagedRulesACFPRuleSet", "AWSManagedRulesATPRuleSet"}


@rule(
    "cognito-identity-pool-no-guests",
    control="IAM-16",
    pack="guardrails",
    title="Identity pools issue no credentials to guests",
    why="anyone on the internet would get AWS credentials, and the classic flow lets them choose the role",
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
    "cognito-user-pool-client-careful",
    control="IAM-20",
    pack="guardrails",
    title="App clients use the code flow, hide whether a user exists, and can revoke tokens",
    why="tokens in URLs leak, sign-in errors reveal who is a customer, and a stolen session cannot be ended",
    fix="leave implicit out of allowed_oauth_flows, set prevent_user_existence_errors to ENABLED, leave"
    " enable_token_revocation on, and use https callback_urls",
    severity="medium",
    dev="advisory",
    kinds=("cognito/userPoolClient",),
    paths=("allowedOauthFlows", "preventUserExistenceErrors", "enableTokenRevocation", "callbackUrls"),
    references=(
        "prowler:cognito_user_pool_client_prevent_user_existence_errors",
        "prowler:cognito_user_pool_client_token_revocation_enabled",
    ),
    url="https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html",
    limits="Plain http is accepted for localhost, and private-use schemes of apps are accepted, as Cognito does."
    " Clients with only client_credentials sign in no user: existence errors are not judged.",
)
def careful_client(subject: Subject) -> Iterator[Problem]:
    if "implicit" in subject.items("allowedOauthFlows"):
        yield subject.problem("allowedOauthFlows", "must not contain implicit: it puts tokens into URLs")
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
                yield subject.problem(path, f"{url} must be https")


@rule(
    "cognito-user-pool-deletion-protection",
    control="BCK-13",
    pack="guardrails",
    title="User pools are protected from deletion",
    why="all customer accounts are lost with the pool; passwords cannot be restored",
    fix="set deletion_protection to ACTIVE",
    severity="medium",
    dev="disabled",
    kinds=("cognito/userPool",),
    paths=("deletionProtection",),
    references=("fsbp:Cognito.6", "aws-config:COGNITO_USER_POOL_DELETION_PROTECTION_ENABLED"),
)
def pool_protected(subject: Subject) -> Iterator[Problem]:
    if subject.text("deletionProtection") not in ("ACTIVE", UNKNOWN):
        yield subject.problem("deletionProtection", "must be ACTIVE")


@rule(
    "cognito-user-pool-mfa",
    control="IAM-17",
    pack="guardrails",
    title="User pools have MFA",
    why="attackers try passwords leaked elsewhere on every store",
    fix="set mfa_configuration to ON (or OPTIONAL, where customers choose) with software_token_mfa_configuration",
    severity="high",
    dev="advisory",
    kinds=(POOL,),
    paths=("mfaConfiguration",),
    references=("fsbp:Cognito.5", "cdk-nag:COG2", "aws-config:COGNITO_USER_POOL_MFA_ENABLED"),
    settings={
        "accepted": Setting(
            ["ON", "OPTIONAL"],
            {"type": "array", "items": {"type": "string"}},
            "Accepted values; ON alone where only staff sign in.",
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
    title="User pools have a strong password policy",
    why="short passwords can be guessed",
    fix="set password_policy with minimum_length 8 or more, and require lowercase, uppercase and numbers",
    severity="medium",
    dev="mandatory",
    kinds=(POOL,),
    paths=("passwordPolicy.minimumLength", "passwordPolicy.requireNumbers"),
    references=(
        "fsbp:Cognito.3",
        "cdk-nag:COG1",
        "aws-config:COGNITO_USER_POOL_PASSWORD_POLICY_CHECK",
    ),
    settings={"length": Setting(8, {"type": "integer", "minimum": 6}, "Minimum length of a password.")},
    limits="A user pool without a policy has Cognito's default: 8 characters of all four kinds.",
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
    title="User pools block suspicious sign-ins",
    why="without threat protection nobody notices leaked passwords and account takeovers until a customer complains",
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
        yield subject.problem("userPoolTier", "must be PLUS: threat protection needs it")


@rule(
    "cognito-user-pool-web-acl",
    control="WAF-05",
    pack="waf",
    title="User pools have a web ACL that Cognito accepts",
    why="sign-in pages are the first target of credential stuffing",
    fix="add a wafv2.WebAclAssociation with resource_arn of the user pool; leave the ACFP and ATP rule groups out of"
    " its web ACL: Cognito rejects them",
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
        yield Problem("webAclAssociation", "must have a wafv2.WebAclAssociation; none references it")
    for association in stack.pointing_at(subject.resource, ASSOCIATION, "resourceArn", sure=True):
        acls = stack.referred(association, "webAclArn", ACL).resources
        for acl in acls if len(acls) == 1 else ():
            refused = sorted(managed_groups(subject, acl)[0] & _POOL_GROUPS)
            if refused:
                yield Problem("webAclAssociation", f"its web ACL {acl.name} must not contain {', '.join(refused)}")
