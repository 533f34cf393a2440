"""Secrets and parameters that the stack names and does not make."""

import re
from collections.abc import Iterator

from doctor.account import Account, UnseenError
from doctor.named_secrets import named
from doctor.program import Program
from doctor.result import Check, Finding, Step, later, missing, ok, unseen


def _run(program: Program, account: Account) -> Iterator[Finding]:
    for arn in named(program):
        name = arn.split(":", 6)[6] if ":secretsmanager:" in arn else arn.partition(":parameter")[2]
        try:
            look = _secret if ":secretsmanager:" in arn else _parameter
            yield look(arn, name, account)
        except UnseenError as reason:
            yield unseen(name, str(reason))
    yield from _set_afterwards(program, account)


def _secret(arn: str, name: str, account: Account) -> Finding:
    region = arn.split(":")[3]
    found = account.find(
        "secretsmanager", "describe_secret", absent=("ResourceNotFoundException",), region=region, SecretId=arn
    )
    plain = re.sub(r"-[A-Za-z0-9]{6}$", "", name)
    if found is None:
        return missing(
            name,
            "there is no such secret; AWS chooses the six characters at the end of its ARN",
            f"aws secretsmanager create-secret --region {region} --name {plain} --secret-string file://value.json"
            "   # then its ARN into the stack file",
        )
    if "DeletedDate" in found:
        return missing(
            name, "is being deleted", f"aws secretsmanager restore-secret --region {region} --secret-id {arn}"
        )
    if not _has_value(found.get("VersionIdsToStages")):
        return missing(name, "has no value", _put(arn, region))
    return ok(name, "has a value")


def _has_value(stages: dict[str, list[str]] | None) -> bool:
    return any("AWSCURRENT" in labels for labels in (stages or {}).values())


def _put(arn: str, region: str) -> str:
    return f"aws secretsmanager put-secret-value --region {region} --secret-id {arn} --secret-string file://value.json"


def _parameter(arn: str, name: str, account: Account) -> Finding:
    region = arn.split(":")[3]
    found = account.every(
        "ssm",
        "describe_parameters",
        "Parameters",
        region=region,
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}],
    )
    if found:
        return ok(name, f"{found[0]['Type']}, version {found[0]['Version']}")
    return missing(
        name,
        "there is no such parameter",
        f"aws ssm put-parameter --region {region} --type SecureString --name {name} --value file://value.txt",
    )


def _set_afterwards(program: Program, account: Account) -> Iterator[Finding]:
    """Secrets that the update makes empty, for a person to fill."""
    filled = {
        str(version.inputs.get("secretId")) for version in program.of("secretsmanager/secretVersion:SecretVersion")
    }
    for secret in program.of("secretsmanager/secret:Secret"):
        arn, name = str(secret.outputs.get("arn")), str(secret.outputs.get("name"))
        if filled & {arn, secret.id, name}:
            continue
        region = program.region_of(secret)
        there = account.find(
            "secretsmanager", "describe_secret", absent=("ResourceNotFoundException",), region=region, SecretId=name
        )
        if there and "DeletedDate" not in there and _has_value(there.get("VersionIdsToStages")):
            yield ok(name, "has a value")
        else:
            yield later(name, "the update makes it without a value", _put(name, region))


CHECKS = (
    Check(
        name="secrets",
        step=Step.SECRETS,
        looks_at="Every secret and parameter that the stack names: that it exists and has a value "
        "(`secretsmanager describe-secret`, `ssm describe-parameters`; the value itself is never read).",
        mends="`aws secretsmanager create-secret` and its ARN into the stack file; at once.",
        run=_run,
    ),
)
