"""What the state says of policies and keys, and calls that services of AWS make."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iam.decision import Policies, Request, decide
from iam.policy import identity_policy
from iam.principals import principal
from local.errors import LocalError
from local.gate import Gate, Verdict
from local.gate_policies import DeployedPolicies
from local.journal import Journal
from local.principals import Principals
from local.state import Deployed
from tests.iam.asking import allow, document
from tests.local.gate_state import (
    ACCOUNT,
    BOUNDARY,
    BOUNDED,
    BUS,
    DATED,
    FUNCTION,
    KEY,
    KEY_ID,
    KINESIS,
    OTHER_KEY,
    ROLE,
    SECRET,
    arn,
    entry,
    queue,
    role,
    small_state,
)

_MANAGED = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_OF_ROLES = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.fixture(scope="module")
def policies() -> DeployedPolicies:
    return DeployedPolicies(small_state())


def _names(found: Any) -> list[str]:
    return [policy.name for policy in found]


def test_a_role_has_inline_and_attached_policies() -> None:
    found = f"{_OF_ROLES}/reports"
    inside = [{"name": "inside", "policy": json.dumps(document(allow("s3:*")))}]
    state = small_state(
        *role(found, "reports", allow("sqs:*"), inlinePolicies=inside, managedPolicyArns=[_MANAGED]),
        entry("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", "a", role="reports", policyArn=BOUNDARY),
        entry("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "b", "b", role="reports", policyArn=_MANAGED),
    )
    expected = ["reports-inline", "inside", "boundary", "AWSLambdaBasicExecutionRole"]
    assert _names(DeployedPolicies(state).identity(found)) == expected


def test_inline_policies_of_the_provider_are_not_counted_twice() -> None:
    found = f"{_OF_ROLES}/reports"
    same = [{"name": "reports-inline", "policy": json.dumps(document(allow("sqs:*")))}]
    state = small_state(*role(found, "reports", allow("sqs:*"), inlinePolicies=same))
    assert _names(DeployedPolicies(state).identity(found)) == ["reports-inline"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"managedPolicyArns": [f"arn:aws:iam::{ACCOUNT}:policy/gone"]}, "must hold the policy"),
        ({"managedPolicyArns": ["arn:aws:iam::aws:policy/Invented"]}, "must be one that moto knows"),
    ],
)
def test_a_policy_that_cannot_be_read_is_told(more: dict[str, Any], told: str) -> None:
    found = f"{_OF_ROLES}/reports"
    with pytest.raises(LocalError, match=told):
        DeployedPolicies(small_state(*role(found, "reports", **more))).identity(found)


@pytest.mark.parametrize(
    "more",
    [
        role(f"{_OF_ROLES}/x", "x", {"Effect": "Allow", "Action": "sqs:*"}),
        role(f"{_OF_ROLES}/x", "x", inlinePolicies=[{"name": "y", "policy": "{"}]),
        queue("broken", allow("sqs:*")),
    ],
    ids=["inline", "listed", "queue"],
)
def test_a_policy_that_breaks_the_grammar_ends_the_run_at_its_start(more: Any, tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal.jsonl") as journal,
        pytest.raises(LocalError, match=r"must understand each policy of the state: (x-inline|y|broken)"),
    ):
        Gate(small_state(*more), Principals(), journal, "http://127.0.0.1:1")


def test_a_role_that_is_not_deployed_is_told(policies: DeployedPolicies) -> None:
    with pytest.raises(LocalError, match="must hold the role arn:aws:iam::1:role/x"):
        policies.identity("arn:aws:iam::1:role/x")


def test_a_boundary_is_that_of_the_role(policies: DeployedPolicies) -> None:
    bounded = policies.boundary(BOUNDED)
    assert bounded
    assert (policies.boundary(ROLE), bounded.name) == (None, "boundary")


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (ROLE, "carts"),
        (KEY, "customer"),
        (arn("sqs", "shut"), "shut"),
        (arn("sqs", "inbox"), None),
        ("arn:aws:s3:::media", "media"),
        ("arn:aws:s3:::media/a/b", "media"),
        ("arn:aws:s3:::archive", None),
        (SECRET, "cms"),
        (BUS, "events"),
        (FUNCTION, "permissions of translate"),
        (arn("logs", "log-group:x:log-stream:y"), "log resource policies"),
        ("*", None),
    ],
)
def test_a_resource_has_its_policy(policies: DeployedPolicies, resource: str, name: str | None) -> None:
    found = policies.of_resource(resource)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        (arn("dynamodb", "table/carts"), KEY),
        (arn("dynamodb", "table/carts/index/by_item"), KEY),
        (arn("dynamodb", "table/foreign"), OTHER_KEY),
        (arn("dynamodb", "table/plain"), None),
        (arn("sqs", "locked"), KEY),
        (arn("sqs", "events"), KEY),
        (arn("sqs", "default-key"), None),
        ("arn:aws:s3:::archive/2026/x", KEY),
        ("arn:aws:s3:::media/x", None),
        (SECRET, KEY),
        (KINESIS, KEY),
    ],
)
def test_a_resource_has_its_key(policies: DeployedPolicies, resource: str, key: str | None) -> None:
    assert policies.key_of(resource) == key


def test_names_lead_to_arns(policies: DeployedPolicies) -> None:
    names = (KEY_ID, KEY, "alias/customer", arn("kms", "alias/customer"))
    assert {policies.arn_of("kms", name) for name in names} == {KEY}
    assert policies.arn_of("secretsmanager", "cms") == policies.arn_of("secretsmanager", SECRET) == SECRET
    assert policies.arn_of("kms", "alias/aws/sqs") is None


@pytest.mark.parametrize(
    ("table", "index", "key"),
    [
        ("carts", "", "id"),
        ("carts", "by_item", "item"),
        ("carts", "by_date", "id"),
        ("carts", "x", None),
        ("x", "", None),
    ],
)
def test_partition_keys_are_those_of_table_and_index(
    policies: DeployedPolicies, table: str, index: str, key: str | None
) -> None:
    assert policies.partition_key(table, index) == key


def test_a_stream_of_the_emulator_is_that_of_the_state(policies: DeployedPolicies) -> None:
    table = arn("dynamodb", "table/carts")
    assert policies.as_in_state(f"{table}/stream/2030-01-01T00:00:00.000") == f"{table}/stream/{DATED}"
    assert policies.as_in_state(table) == table


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Journal(tmp_path / "journal.jsonl") as journal:
        yield Gate(small_state(), Principals(), journal, "http://127.0.0.1:1")


_RULE = {"aws:SourceArn": arn("events", "rule/orders"), "aws:SourceAccount": ACCOUNT}
_POOL = {"aws:SourceArn": arn("cognito-idp", "userpool/p"), "aws:SourceAccount": ACCOUNT}
_EVENTS, _COGNITO = "events.amazonaws.com", "cognito-idp.amazonaws.com"


@pytest.mark.parametrize(
    ("who", "action", "resource", "context", "allowed", "why"),
    [
        (
            _EVENTS,
            "sqs:SendMessage",
            arn("sqs", "events"),
            _RULE,
            True,
            "RulesSend of events; allowed by Rules of customer",
        ),
        (_EVENTS, "sqs:SendMessage", arn("sqs", "events"), {}, False, "no resource-based policy"),
        (_EVENTS, "sqs:SendMessage", arn("sqs", "inbox"), _RULE, False, "no resource-based policy"),
        (_COGNITO, "lambda:InvokeFunction", FUNCTION, _POOL, True, "p1 of permissions of translate"),
        (_COGNITO, "lambda:InvokeFunction", FUNCTION, _RULE, False, "no resource-based policy"),
        ("sns.amazonaws.com", "lambda:InvokeFunction", FUNCTION, _POOL, False, "no resource-based policy"),
        (
            "route53.amazonaws.com",
            "logs:PutLogEvents",
            arn("logs", "log-group:q:log-stream:s"),
            {},
            True,
            "Route53Writes",
        ),
        ("ecs-tasks.amazonaws.com", "sts:AssumeRole", ROLE, {}, True, "of carts"),
        ("lambda.amazonaws.com", "sts:AssumeRole", ROLE, {}, False, "no resource-based policy"),
        (ROLE, "dynamodb:GetItem", arn("dynamodb", "table/carts"), {}, True, "Items of carts-inline; allowed by Key"),
        (ROLE, "dynamodb:GetItem", arn("dynamodb", "table/orders"), {}, False, "no identity-based policy"),
        (BOUNDED, "sqs:SendMessage", arn("sqs", "inbox"), {}, False, "no permissions boundary"),
        (ROLE, "secretsmanager:GetSecretValue", SECRET, {}, False, "no identity-based policy allows the kms:Decrypt"),
    ],
)
def test_services_of_aws_are_judged(
    gate: Gate, who: str, action: str, resource: str, context: dict[str, str], allowed: bool, why: str
) -> None:
    verdict = gate.judge(who, action, resource, context)
    assert (verdict.allowed, why in verdict.why) == (allowed, True), verdict


def test_a_session_has_the_tags_of_its_role(tmp_path: Path) -> None:
    found = f"{_OF_ROLES}/tagged"
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    topic = arn("sns", "news")
    state = small_state(
        *role(found, "tagged", allow("sns:Publish", topic, Condition=condition), tagsAll={"team": "blue"}),
        entry("aws:sns/topic:Topic", "news", topic, arn=topic, tagsAll={"team": "blue"}),
    )
    with Journal(tmp_path / "journal.jsonl") as journal:
        gate = Gate(state, Principals(), journal, "http://127.0.0.1:1")
        assert gate.judge(found, "sns:Publish", topic).allowed


def test_a_key_is_used_via_a_service(tmp_path: Path) -> None:
    found = f"{_OF_ROLES}/via"
    directly, through = ({"Bool": {"aws:ViaAWSService": value}} for value in ("false", "true"))
    state = small_state(
        *role(found, "via", allow("sqs:*", Condition=directly), allow("kms:*", KEY, Condition=through)),
    )
    with Journal(tmp_path / "journal.jsonl") as journal:
        gate = Gate(state, Principals(), journal, "http://127.0.0.1:1")
        assert gate.judge(found, "sqs:SendMessage", arn("sqs", "locked")).allowed
        assert not gate.judge(found, "kms:Decrypt", KEY).allowed


def _judged(deployed: Deployed, tmp_path: Path, who: str, action: str, resource: str) -> Verdict:
    with Journal(tmp_path / "journal.jsonl") as journal:
        return Gate(deployed, Principals(), journal, "http://127.0.0.1:1").judge(who, action, resource)


def test_all_policies_of_the_program_can_be_read(deployed: Deployed) -> None:
    found = DeployedPolicies(deployed)
    roles = deployed.of_type("aws:iam/role:Role")
    assert roles
    assert all(found.of_resource(one.arn) for one in roles)
    assert [found.boundary(one.arn) for one in roles if found.identity(one.arn)]


_STRANGERS = ("*", "arn:aws:iam::999999999999:root", "arn:aws:iam::999999999999:role/curious")
_SOME = {
    "kms": "Decrypt",
    "s3": "GetObject",
    "sqs": "SendMessage",
    "secretsmanager": "GetSecretValue",
    "sns": "Publish",
}


@pytest.mark.parametrize("who", _STRANGERS)
def test_no_stranger_may_use_what_the_program_makes(deployed: Deployed, who: str) -> None:
    found = DeployedPolicies(deployed)
    everything = [identity_policy(document(allow("*")), "everything")]
    opened, asked = [], 0
    for arn_ in {resource.arn for resource in deployed.resources if resource.arn}:
        policy = found.of_resource(arn_)
        actions = {text.source for one in policy.statements for text in one.actions.texts} if policy else ()
        for action in actions:
            service, name = action.split(":")
            request = Request(
                principal=principal(who),
                action=f"{service}:{_SOME.get(service, name) if '*' in name else name}",
                resource=arn_,
                context={"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"},
                resource_account=deployed.account_id,
            )
            asked += 1
            decision = decide(request, Policies(identity=everything, resource=policy))
            opened += [f"{request.action} on {arn_}: {decision.reason}"] if decision.allowed else []
    assert not opened
    assert asked > 100


@pytest.mark.parametrize(
    ("who", "table", "allowed"),
    [("app-carts-task", "data-carts", True), ("app-carts-task", "data-orders", False)],
)
def test_a_service_of_the_program_writes_its_own_table_only(
    deployed: Deployed, tmp_path: Path, who: str, table: str, allowed: bool
) -> None:
    named = {
        one.name: one.arn
        for token in ("iam/role:Role", "dynamodb/table:Table")
        for one in deployed.of_type(f"aws:{token}")
    }
    verdict = _judged(deployed, tmp_path, named[who], "dynamodb:PutItem", named[table])
    assert verdict.allowed is allowed, verdict
