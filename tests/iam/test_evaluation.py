"""Which kinds of policies decide, by AWS's published examples and documented corner cases.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from iam.decision import Policies, Request, decide, message
from iam.errors import RequestError
from iam.principals import ANONYMOUS, Kind, principal
from tests.iam.asking import KEY, OTHER, OURS, QUEUE, ROLE, ROOT, SESSION, USER, allow, ask, deny

_BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
_SEND = "sqs:SendMessage"
_NO_IDENTITY = "no identity-based policy"
_NO_RESOURCE = "no resource-based policy"


@dataclass(frozen=True)
class Case:
    """
    Attributes:
        reason: Part of the reason; of an allowed request, the policy that allowed it.
    """

    name: str
    who: str
    action: str
    resource: str
    allowed: bool
    reason: str
    given: dict[str, Any] = field(default_factory=dict)


def _by(who: Any, *actions: str, **more: Any) -> dict[str, Any]:
    return allow(list(actions), Principal=who, **more)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
_CARLOS = {
    "identity": [
        allow(["s3:ListAllMyBuckets", "s3:GetBucketLocation"], Sid="AllowS3ListRead"),
        allow("s3:*", [f"{_BUCKET}-carlossalazar", f"{_BUCKET}-carlossalazar/*"], Sid="AllowS3Self"),
        deny("s3:*", "arn:aws:s3:::*log*", Sid="DenyS3Logs"),
    ]
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
_SHIRLEY = {"boundary": [allow(["s3:*", "cloudwatch:*", "ec2:*"])]}
_THEIRS = QUEUE.replace(OURS, OTHER)
_SHARED = {"on_resource": [_by({"AWS": OURS}, _SEND)]}
_NAMES_ROLE = [_by({"AWS": ROLE}, _SEND)]
_NAMES_SESSION = [_by({"AWS": SESSION}, _SEND)]
_EVERYBODY = [_by("*", _SEND)]
_SENDS = [allow(_SEND)]
_DELEGATES = [_by({"AWS": ROOT}, "kms:*", Sid="Enable IAM User Permissions")]
_RECEIVES = [allow("sqs:ReceiveMessage")]

SAME_ACCOUNT = [
    Case("nothing allows", ROLE, _SEND, QUEUE, False, _NO_IDENTITY),
    Case("his own bucket", USER, "s3:PutObject", f"{_BUCKET}-carlossalazar/x", True, "AllowS3Self", _CARLOS),
    Case("his own logs", USER, "s3:PutObject", f"{_BUCKET}-carlossalazar-logs/x", False, "DenyS3Logs", _CARLOS),
    Case("no bucket of others", USER, "s3:GetObject", f"{_BUCKET}-other/x", False, _NO_IDENTITY, _CARLOS),
    Case("the resource's policy suffices", USER, _SEND, QUEUE, True, "resource", {"on_resource": _EVERYBODY}),
    Case("a deny on the resource", ROLE, _SEND, QUEUE, False, "explicit deny", {
        "identity": _SENDS, "on_resource": [deny(_SEND, Principal="*")]}),
    Case("an account in a resource's policy delegates", ROLE, _SEND, QUEUE, False, _NO_IDENTITY, {
        "on_resource": [_by({"AWS": ROOT}, _SEND)]}),
    Case("the root user needs no policy", ROOT, _SEND, QUEUE, True, "root user"),
    Case("a deny holds for the root user", ROOT, _SEND, QUEUE, False, "explicit deny", {
        "on_resource": [deny(_SEND, Principal="*")]}),
]  # fmt: skip
LIMITS = [
    Case("in both", USER, "s3:GetObject", f"{_BUCKET}/x", True, "identity", {
        **_SHIRLEY, "identity": [allow("s3:*")]}),
    Case("not in the boundary", USER, "iam:CreateUser", USER, False, "no permissions boundary", {
        **_SHIRLEY, "identity": [allow("iam:CreateUser")]}),
    Case("a boundary allows nothing", USER, "s3:GetObject", f"{_BUCKET}/x", False, _NO_IDENTITY, _SHIRLEY),
    Case("a deny of the boundary", USER, "s3:GetObject", f"{_BUCKET}/x", False, "(permissions boundary)", {
        "identity": [allow("*")], "boundary": [allow("*"), deny("s3:*")]}),
    Case("a boundary limits what names the role", ROLE, _SEND, QUEUE, False, "no permissions boundary", {
        "boundary": _RECEIVES, "on_resource": _NAMES_ROLE}),
    Case("not what names the session", ROLE, _SEND, QUEUE, True, "resource", {
        "boundary": _RECEIVES, "on_resource": _NAMES_SESSION}),
    Case("not what names the user", USER, _SEND, QUEUE, True, "resource", {
        "boundary": _RECEIVES, "on_resource": [_by({"AWS": USER}, _SEND)]}),
    Case("not a wildcard with the role's ARN as condition", ROLE, _SEND, QUEUE, True, "resource", {
        "boundary": _RECEIVES,
        "on_resource": [_by("*", _SEND, Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})]}),
    Case("a session policy limits", ROLE, _SEND, QUEUE, False, "no session policy", {
        "identity": _SENDS, "session": _RECEIVES}),
    Case("a session policy limits what names the role", ROLE, _SEND, QUEUE, False, "no session policy", {
        "on_resource": _NAMES_ROLE, "session": _RECEIVES}),
    Case("a session policy alone allows nothing", ROLE, _SEND, QUEUE, False, _NO_IDENTITY, {"session": _SENDS}),
    Case("each level of the organization", ROLE, _SEND, QUEUE, False, "no service control policy", {
        "identity": _SENDS, "service_control": [[allow("*")], [allow("s3:*")]]}),
    Case("all levels", ROLE, _SEND, QUEUE, True, "identity", {
        "identity": _SENDS, "service_control": [[allow("*")], [allow("sqs:*")]]}),
    Case("it limits the root user", ROOT, _SEND, QUEUE, False, "explicit deny", {
        "service_control": [[allow("*"), deny("sqs:*")]]}),
    Case("an endpoint's policy limits", ROLE, _SEND, QUEUE, False, "no VPC endpoint policy", {
        "identity": _SENDS, "endpoint": [_by("*", "s3:*")]}),
    Case("what names the session, too", ROLE, _SEND, QUEUE, False, "no VPC endpoint policy", {
        "on_resource": _NAMES_SESSION, "endpoint": [_by({"AWS": USER}, _SEND)]}),
    Case("it allows nothing by itself", ROLE, _SEND, QUEUE, False, _NO_IDENTITY, {"endpoint": _EVERYBODY}),
    Case("both", ROLE, _SEND, QUEUE, True, "identity", {"identity": _SENDS, "endpoint": _EVERYBODY}),
    Case("a deny of the endpoint's policy", ROLE, _SEND, QUEUE, False, "explicit deny", {
        "identity": _SENDS, "endpoint": [*_EVERYBODY, deny(_SEND, Principal={"AWS": OURS})]}),
    Case("not services", "sns.amazonaws.com", _SEND, QUEUE, True, "resource", {
        "on_resource": [_by({"Service": "sns.amazonaws.com"}, _SEND)], "service_control": [[allow("s3:*")]]}),
]  # fmt: skip
ACROSS_ACCOUNTS = [
    Case("both sides", ROLE, _SEND, _THEIRS, True, "identity", {"identity": _SENDS, **_SHARED}),
    Case("not theirs alone", ROLE, _SEND, _THEIRS, False, _NO_IDENTITY, _SHARED),
    Case("not ours alone", ROLE, _SEND, _THEIRS, False, _NO_RESOURCE, {"identity": _SENDS}),
    Case("a role that is named needs its own, too", ROLE, _SEND, _THEIRS, False, _NO_IDENTITY, {
        "on_resource": _NAMES_ROLE}),
    Case("the boundary, too", ROLE, _SEND, _THEIRS, False, "no permissions boundary", {
        "identity": _SENDS, "boundary": _RECEIVES, **_SHARED}),
    Case("a bucket of another account", ROLE, "s3:GetObject", f"{_BUCKET}/x", False, _NO_RESOURCE, {
        "identity": [allow("s3:*")], "owner": OTHER}),
    Case("a bucket of the same account", ROLE, "s3:GetObject", f"{_BUCKET}/x", True, "identity", {
        "identity": [allow("s3:*")], "owner": OURS}),
]  # fmt: skip
OTHERS = [
    Case("a service by name", "events.amazonaws.com", _SEND, QUEUE, True, "resource", {
        "on_resource": [_by({"Service": "events.amazonaws.com"}, _SEND)]}),
    Case("not another one", "sns.amazonaws.com", _SEND, QUEUE, False, _NO_RESOURCE, {
        "on_resource": [_by({"Service": "events.amazonaws.com"}, _SEND)]}),
    Case("an account is no service", "events.amazonaws.com", _SEND, QUEUE, False, _NO_RESOURCE, {
        "on_resource": [_by({"AWS": ROOT}, _SEND)]}),
    Case("a confused deputy", "sns.amazonaws.com", _SEND, QUEUE, False, _NO_RESOURCE, {
        "on_resource": [_by({"Service": "sns.amazonaws.com"}, _SEND,
            Condition={"StringEquals": {"aws:SourceAccount": OURS}})],
        "context": {"aws:SourceAccount": OTHER}}),
    Case("everybody includes services", "sns.amazonaws.com", _SEND, QUEUE, True, "resource", {
        "on_resource": _EVERYBODY}),
    Case("a deny for all but services", "sns.amazonaws.com", _SEND, QUEUE, True, "resource", {
        "on_resource": [*_EVERYBODY, deny(_SEND, Principal="*",
            Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}})]}),
    Case("and for others", ROLE, _SEND, QUEUE, False, "explicit deny", {
        "on_resource": [*_EVERYBODY, deny(_SEND, Principal="*",
            Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}})]}),
    Case("the anonymous", "*", "s3:GetObject", f"{_BUCKET}/x", True, "resource", {
        "on_resource": [_by("*", "s3:GetObject")]}),
    Case("AWS: * is everybody", "*", "s3:GetObject", f"{_BUCKET}/x", True, "resource", {
        "on_resource": [_by({"AWS": "*"}, "s3:GetObject")]}),
    Case("an account is not everybody", "*", "s3:GetObject", f"{_BUCKET}/x", False, _NO_RESOURCE, {
        "on_resource": [_by({"AWS": ROOT}, "s3:GetObject")]}),
    Case("a web identity", "cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity", ROLE, True, "resource", {
        "on_resource": [_by({"Federated": "cognito-identity.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity",
            Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}})],
        "context": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}}),
]  # fmt: skip
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
KEYS = [
    Case("the default key policy leaves it to IAM", ROLE, "kms:Decrypt", KEY, True, "identity", {
        "identity": [allow("kms:Decrypt", KEY)], "on_resource": _DELEGATES}),
    Case("and allows nobody by itself", ROLE, "kms:Decrypt", KEY, False, _NO_IDENTITY, {"on_resource": _DELEGATES}),
    Case("without it IAM does not count", ROLE, "kms:Decrypt", KEY, False, _NO_RESOURCE, {
        "identity": [allow("kms:*")], "on_resource": [_by({"AWS": USER}, "kms:*")]}),
    Case("not even for the root user", ROOT, "kms:Decrypt", KEY, False, _NO_RESOURCE, {
        "on_resource": [_by({"AWS": USER}, "kms:*")]}),
    Case("a key policy may name the role", ROLE, "kms:Decrypt", KEY, True, "resource", {
        "on_resource": [_by({"AWS": ROLE}, "kms:Decrypt")]}),
    Case("through DynamoDB only", ROLE, "kms:Decrypt", KEY, False, _NO_IDENTITY, {
        "identity": [allow("kms:Decrypt", KEY,
            Condition={"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}})],
        "on_resource": _DELEGATES, "context": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}),
    Case("actions without a key need no key policy", ROLE, "kms:ListKeys", "*", True, "identity", {
        "identity": [allow("kms:ListKeys")]}),
    Case("another account's key needs both", ROLE, "kms:Decrypt", KEY.replace(OURS, OTHER), True, "identity", {
        "identity": [allow("kms:Decrypt")], "on_resource": [_by({"AWS": OURS}, "kms:Decrypt")]}),
]  # fmt: skip
TRUST = [
    Case("the trust policy names the user", USER, "sts:AssumeRole", ROLE, True, "resource", {
        "on_resource": [{"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}]}),
    Case("it leaves it to the account", USER, "sts:AssumeRole", ROLE, False, _NO_IDENTITY, {
        "on_resource": [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}]}),
    Case("permission alone does not do", USER, "sts:AssumeRole", ROLE, False, _NO_RESOURCE, {
        "identity": [allow("sts:AssumeRole")],
        "on_resource": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole"}]}),
]  # fmt: skip


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
def _unless(*names: str) -> dict[str, Any]:
    statement = deny(_SEND, NotPrincipal={"AWS": list(names)})
    return {"identity": _SENDS, "on_resource": [statement]}


NOT_PRINCIPAL = [
    Case("account and user named", USER, _SEND, QUEUE, True, "identity", _unless(ROOT, USER)),
    Case("the account alone does not do", USER, _SEND, QUEUE, False, "explicit deny", _unless(ROOT)),
    Case("nor the user alone", USER, _SEND, QUEUE, False, "explicit deny", _unless(USER)),
    Case("account, role and session named", ROLE, _SEND, QUEUE, True, "identity", _unless(ROOT, ROLE, SESSION)),
    Case("session not named", ROLE, _SEND, QUEUE, False, "explicit deny", _unless(ROOT, ROLE)),
    Case("the root user", ROOT, _SEND, QUEUE, True, "root user", _unless(ROOT)),
    Case("an Allow for all but one", USER, _SEND, QUEUE, False, _NO_IDENTITY, {
        "on_resource": [{"Effect": "Allow", "Action": _SEND, "Resource": "*", "NotPrincipal": {"AWS": USER}}]}),
    Case("and for another", ROLE, _SEND, QUEUE, True, "resource", {
        "on_resource": [{"Effect": "Allow", "Action": _SEND, "Resource": "*", "NotPrincipal": {"AWS": USER}}]}),
]  # fmt: skip
NEGATIONS = [
    Case("NotAction of an Allow", ROLE, "s3:GetObject", f"{_BUCKET}/x", True, "identity", {
        "identity": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}),
    Case("what it names", ROLE, "iam:CreateUser", USER, False, _NO_IDENTITY, {
        "identity": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}),
    Case("NotAction of a Deny", ROLE, "s3:GetObject", f"{_BUCKET}/x", False, "explicit deny", {
        "identity": [allow("*"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]}),
    Case("NotResource of a Deny", ROLE, "s3:GetObject", f"{_BUCKET}/hr/x", True, "identity", {
        "identity": [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{_BUCKET}/hr/*"}]}),
    Case("all else", ROLE, "s3:GetObject", f"{_BUCKET}/x", False, "explicit deny", {
        "identity": [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{_BUCKET}/hr/*"}]}),
    Case("actions ignore case", ROLE, "S3:getobject", f"{_BUCKET}/x", True, "identity", {
        "identity": [allow("s3:Get*")]}),
    Case("resources do not", ROLE, "s3:GetObject", f"{_BUCKET}/X", False, _NO_IDENTITY, {
        "identity": [allow("s3:Get*", f"{_BUCKET}/x")]}),
    Case("an action without resources needs *", ROLE, "s3:ListAllMyBuckets", "*", False, _NO_IDENTITY, {
        "identity": [allow("s3:*", "arn:aws:s3:::*")]}),
]  # fmt: skip
GROUPS = {
    "same account": SAME_ACCOUNT, "limits": LIMITS, "across accounts": ACROSS_ACCOUNTS, "other principals": OTHERS,
    "keys": KEYS, "trust": TRUST, "NotPrincipal": NOT_PRINCIPAL, "negations": NEGATIONS,
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{group}: {case.name}") for group, cases in GROUPS.items() for case in cases]
)
def test_it_is_decided_as_iam_documents(case: Case) -> None:
    decision = ask(case.who, case.action, case.resource, **case.given)
    assert (decision.allowed, case.reason in decision.reason) == (case.allowed, True), decision


def test_a_denial_reads_as_that_of_aws() -> None:
    request = Request(principal=principal(ROLE, session="local"), action=_SEND, resource=QUEUE)
    assert message(request, decide(request, Policies())) == (
        f"User: {SESSION} is not authorized to perform: sqs:SendMessage on resource: {QUEUE} "
        "because no identity-based policy allows the sqs:SendMessage action"
    )


@pytest.mark.parametrize(
    ("on_resource", "identity", "told"),
    [
        ([deny(_SEND, Principal="*")], _SENDS, "with an explicit deny in a resource-based policy"),
        (None, [*_SENDS, deny(_SEND)], "with an explicit deny in an identity-based policy"),
    ],
)
def test_an_explicit_deny_names_the_kind_of_policy(on_resource: Any, identity: Any, told: str) -> None:
    assert ask(ROLE, _SEND, QUEUE, identity=identity, on_resource=on_resource).told == told


def test_all_statements_of_the_identity_that_allow_are_told() -> None:
    identity = [allow(_SEND, Sid="One"), allow("s3:*", Sid="Other"), allow("sqs:*", QUEUE, Sid="Two")]
    decision = ask(ROLE, _SEND, QUEUE, identity=identity)
    assert decision.reason == "allowed by One of identity and Two of identity"
    assert str(decision.statement) == "One of identity"


def test_an_action_has_a_service() -> None:
    with pytest.raises(RequestError, match="service:action"):
        ask(ROLE, "SendMessage", QUEUE)


@pytest.mark.parametrize(
    ("text", "kind", "account"),
    [
        ("*", Kind.ANONYMOUS, ""),
        (OURS, Kind.ROOT, OURS),
        (ROOT, Kind.ROOT, OURS),
        (USER, Kind.USER, OURS),
        (ROLE, Kind.SESSION, OURS),
        (SESSION, Kind.SESSION, OURS),
        ("delivery.logs.amazonaws.com", Kind.SERVICE, ""),
        ("accounts.google.com", Kind.FEDERATED, ""),
        (f"arn:aws:iam::{OURS}:saml-provider/adfs", Kind.FEDERATED, ""),
    ],
)
def test_principals_are_read_as_policies_write_them(text: str, kind: Kind, account: str) -> None:
    found = principal(text, session="local")
    assert (found.kind, found.account) == (kind, account)


def test_the_anonymous_have_no_arn() -> None:
    assert "aws:PrincipalArn" not in ANONYMOUS.context


def test_a_principal_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError, match="got 'arn:aws:sqs"):
        principal(QUEUE)
