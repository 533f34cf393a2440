"""Roles and layers of others that AWS looks up while it creates what names them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.account import Account, UnseenError
from doctor.program import Program
from doctor.result import Check, Finding, Step, missing, ok, unseen

_PRINCIPAL = ":iam::"


def principals(program: Program) -> dict[str, list[str]]:
    """ARN of a role or user that a policy names as principal and the program does not make, to names of resources.

    AWS replaces such an ARN by the id behind it when the policy is stored, so it must exist
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
    """
    found: dict[str, list[str]] = {}
    for resource in program.resources:
        for value in resource.inputs.values():
            for arn in _named_in(value):
                if not program.made(arn):
                    found.setdefault(arn, []).append(resource.name)
    return found


def _named_in(value: Any) -> Iterator[str]:
    if not (isinstance(value, str) and '"Principal"' in value):
        return
    statements = json.loads(value).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, Mapping) else []
        for arn in [named] if isinstance(named, str) else named:
            if _PRINCIPAL in arn and not arn.endswith(":root") and "*" not in arn:
                yield arn


def _run(program: Program, account: Account) -> Iterator[Finding]:
    own = program.settings.environment.account_id
    for arn, resources in sorted(principals(program).items()):
        kind, _, path = arn.split(":", 5)[5].partition("/")
        name = path.rpartition("/")[2]
        named_by = f"named by the policy of {', '.join(sorted(set(resources)))}"
        command = f"aws iam get-{kind} --{kind}-name {name}"
        if arn.split(":")[4] != own:
            yield unseen(
                arn,
                f"{named_by}; AWS refuses the policy unless it exists, and another account cannot be looked into",
                f"in account {arn.split(':')[4]}: {command}",
            )
            continue
        try:
            there = account.find("iam", f"get_{kind}", absent=("NoSuchEntity",), **{f"{kind.capitalize()}Name": name})
        except UnseenError as reason:
            yield unseen(arn, str(reason))
            continue
        if there:
            yield ok(arn, "exists")
        elif path.startswith("aws-service-role/"):
            service = path.split("/")[1]
            yield missing(
                arn, f"does not exist; {named_by}", f"aws iam create-service-linked-role --aws-service-name {service}"
            )
        else:
            yield missing(arn, f"does not exist; {named_by}", "make the role, or take it out of the stack file")


def _layers(program: Program, account: Account) -> Iterator[Finding]:
    arns = {
        str(arn) for function in program.of("lambda/function:Function") for arn in function.inputs.get("layers") or []
    }
    for arn in sorted(arns):
        if program.made(arn):
            continue
        region = arn.split(":")[3]
        try:
            found = account.find(
                "lambda", "get_layer_version_by_arn", absent=("ResourceNotFoundException",), region=region, Arn=arn
            )
        except UnseenError as reason:
            # Lambda answers AccessDenied for a layer or version that does not exist, too.
            yield unseen(arn, f"{reason}, or there is no such layer version")
            continue
        if found:
            yield ok(arn, "can be used")
        else:
            yield missing(arn, "there is no such layer version", "name another version in the stack file")


CHECKS = (
    Check(
        name="principals",
        step=Step.PARTNERS,
        looks_at="Every role and user that a policy of the stack names as principal and nobody in it makes "
        "(`iam get-role`), service-linked roles included.",
        mends="The partner makes the role first; `aws iam create-service-linked-role` for AWS's own.",
        run=_run,
    ),
    Check(
        name="layers",
        step=Step.PARTNERS,
        looks_at="Lambda layers of other accounts (`lambda get-layer-version-by-arn`).",
        mends="Name a published version in the stack file.",
        run=_layers,
    ),
)
