"""May the caller deploy? Every action of the deployer's policy, simulated; and the roles that AWS makes for itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.account import Account, UnseenError
from doctor.policy import Statement, statements
from doctor.program import Program
from doctor.result import Check, Finding, Step, missing, ok, unseen
from doctor.service_roles import role_names

# Enough for few calls, and little enough for the size of a request.
_ACTIONS_AT_ONCE = 60
_SHOWN = 8


def _permissions(program: Program, account: Account) -> Iterator[Finding]:
    principal = _principal(account)
    subject = f"permissions of {principal.rpartition(':')[2]}"
    if principal.endswith(":root"):
        yield missing(
            subject,
            "the account's root user deploys, which nothing limits",
            f"make deploy-policy ENV={program.stack}   # and deploy with a role that has these policies",
        )
        return
    denied = sorted({action for statement in statements(program) for action in _denied(statement, principal, account)})
    if not denied:
        yield ok(subject, "every action of the stack is allowed")
        return
    shown = ", ".join(denied[:_SHOWN]) + (f" and {len(denied) - _SHOWN} more" if len(denied) > _SHOWN else "")
    yield missing(
        subject,
        f"{len(denied)} actions are not allowed: {shown}",
        f"make deploy-policy ENV={program.stack}   # writes the policies to attach",
    )


def _principal(account: Account) -> str:
    """ARN of the user, or of the role behind a session: simulation takes no session."""
    arn = account.caller["Arn"]
    session = re.fullmatch(r"arn:[\w-]+:sts::\d{12}:assumed-role/([^/]+)/.*", arn)
    return account.call("iam", "get_role", RoleName=session[1])["Role"]["Arn"] if session else arn


def _denied(statement: Statement, principal: str, account: Account) -> Iterator[str]:
    wanted = statement["Action"]
    wanted = [wanted] if isinstance(wanted, str) else wanted
    resources = statement["Resource"]
    first = resources if isinstance(resources, str) else resources[0]
    for start in range(0, len(wanted), _ACTIONS_AT_ONCE):
        results = account.every(
            "iam",
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=principal,
            ActionNames=wanted[start : start + _ACTIONS_AT_ONCE],
            ResourceArns=[first if first == "*" else first.replace("*", "doctor")],
            ContextEntries=list(_context(statement.get("Condition", {}))),
        )
        yield from (str(result["EvalActionName"]) for result in results if result["EvalDecision"] != "allowed")


def _context(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for key, value in conditions.get("StringEquals", {}).items():
        first = value if isinstance(value, str) else value[0]
        yield {"ContextKeyName": key, "ContextKeyValues": [first], "ContextKeyType": "string"}


def _service_roles(program: Program, account: Account) -> Iterator[Finding]:
    absent: list[str] = []
    for service, role in role_names(program).items():
        try:
            if account.find("iam", "get_role", absent=("NoSuchEntity",), RoleName=role) is None:
                absent.append(service)
        except UnseenError as reason:
            yield unseen(role, str(reason))
            return
    if absent:
        # The deployer's policy has iam:CreateServiceLinkedRole for exactly these.
        yield ok("service-linked roles", f"AWS makes these with the first update: {', '.join(absent)}")
    else:
        yield ok("service-linked roles", "all exist")


CHECKS = (
    Check(
        name="permissions",
        step=Step.DEPLOYER,
        looks_at="Every action of the deployer's policy, which follows from the resource types of the program, "
        "simulated for the caller (`iam simulate-principal-policy`; service control policies included).",
        mends="`make deploy-policy` writes the policies to attach to the deployer's role.",
        run=_permissions,
    ),
    Check(
        name="service-roles",
        step=Step.DEPLOYER,
        looks_at="Service-linked roles of the services in use (`iam get-role`).",
        mends="Nothing: AWS makes them, and the deployer's policy allows exactly these.",
        run=_service_roles,
    ),
)
