"""Names that the stack fixes and somebody else, or an earlier life of the stack, has already."""

from collections.abc import Callable, Iterator

from doctor.account import Account, UnseenError
from doctor.program import Program
from doctor.result import Check, Finding, Step, missing, ok, unseen
from doctor.tagged import owned_arns
from offline.recorder import Registered

Look = Callable[[str, str, Account], str]
"""Name, Region -> ARN of what has the name, or empty."""


def _log_group(name: str, region: str, account: Account) -> str:
    found = account.every("logs", "describe_log_groups", "logGroups", region=region, logGroupNamePrefix=name)
    return next((entry["arn"].removesuffix(":*") for entry in found if entry["logGroupName"] == name), "")


def _alias(name: str, region: str, account: Account) -> str:
    found = account.every("kms", "list_aliases", "Aliases", region=region)
    return next((entry["AliasArn"] for entry in found if entry["AliasName"] == name), "")


def _bus(name: str, region: str, account: Account) -> str:
    found = account.find(
        "events", "describe_event_bus", absent=("ResourceNotFoundException",), region=region, Name=name
    )
    return found["Arn"] if found else ""


def _secret(name: str, region: str, account: Account) -> str:
    found = account.find(
        "secretsmanager", "describe_secret", absent=("ResourceNotFoundException",), region=region, SecretId=name
    )
    return found["ARN"] if found else ""


def _table(name: str, region: str, account: Account) -> str:
    found = account.find(
        "dynamodb", "describe_table", absent=("ResourceNotFoundException",), region=region, TableName=name
    )
    return found["Table"]["TableArn"] if found else ""


def _bucket(name: str, region: str, account: Account) -> str:
    found = account.find("s3", "head_bucket", absent=("404", "NoSuchBucket"), region=region, Bucket=name)
    return f"arn:aws:s3:::{name}" if found is not None else ""


def _repository(name: str, region: str, account: Account) -> str:
    found = account.find(
        "ecr", "describe_repositories", absent=("RepositoryNotFoundException",), region=region, repositoryNames=[name]
    )
    return found["repositories"][0]["repositoryArn"] if found else ""


_KINDS: dict[str, tuple[str, str, str, Look, str]] = {
    # Token -> input with the name, word, type of the tagging API, look, how it goes away.
    "aws:cloudwatch/logGroup:LogGroup": (
        "name", "log group", "logs:log-group", _log_group,
        "aws logs delete-log-group --region {region} --log-group-name {name}",
    ),
    "aws:kms/alias:Alias": (
        "name", "KMS alias", "kms:key", _alias, "aws kms delete-alias --region {region} --alias-name {name}",
    ),
    "aws:cloudwatch/eventBus:EventBus": (
        "name", "event bus", "events:event-bus", _bus, "aws events delete-event-bus --region {region} --name {name}",
    ),
    "aws:secretsmanager/secret:Secret": (
        "name", "secret", "secretsmanager:secret", _secret,
        "aws secretsmanager delete-secret --region {region} --secret-id {name} --force-delete-without-recovery",
    ),
    "aws:dynamodb/table:Table": (
        "name", "table", "dynamodb:table", _table, "aws dynamodb delete-table --region {region} --table-name {name}",
    ),
    "aws:s3/bucket:Bucket": ("bucket", "bucket", "s3", _bucket, "choose another name: all accounts share them"),
    "aws:ecr/repository:Repository": (
        "name", "repository", "ecr:repository", _repository,
        "aws ecr delete-repository --region {region} --repository-name {name}   # with all images: --force",
    ),
}  # fmt: skip


def _run(program: Program, account: Account) -> Iterator[Finding]:
    mine: dict[tuple[str, str], list[str]] = {}
    for resource in program.resources:
        if resource.type not in _KINDS:
            continue
        key, word, tagged, look, command = _KINDS[resource.type]
        name = resource.inputs.get(key)
        if not isinstance(name, str):
            continue  # Pulumi gives it a name that nobody else has
        region = program.region_of(resource)
        subject = f"{word} {name}"
        try:
            holder = look(name, region, account)
            if holder and (region, tagged) not in mine:
                mine[region, tagged] = owned_arns(account, program, region, tagged)
        except UnseenError as reason:
            yield unseen(subject, str(reason))
            continue
        yield _judged(
            resource, subject, holder, mine.get((region, tagged), []), command.format(region=region, name=name)
        )


def _judged(resource: Registered, subject: str, holder: str, mine: list[str], command: str) -> Finding:
    if not holder:
        return ok(subject, "free")
    # An alias has no tags; that the stack has keys says that it has been deployed.
    if holder in mine or (resource.type == "aws:kms/alias:Alias" and mine):
        return ok(subject, "the stack's own")
    return missing(
        subject,
        f"exists ({holder}) without the stack's tags, so the update would fail",
        f"pulumi import {resource.type} {resource.name} <id>, or, if nobody needs it: {command}",
    )


def _prefix(program: Program, account: Account) -> Iterator[Finding]:
    for domain in program.of("cognito/userPoolDomain:UserPoolDomain"):
        name = str(domain.inputs.get("domain"))
        if "." in name:
            continue
        holder = account.call("cognito-idp", "describe_user_pool_domain", Domain=name)["DomainDescription"]
        if not holder:
            yield ok(f"sign-in domain {name}", "no pool of this account has it; another account's would not be seen")
        elif holder.get("UserPoolId") and owned_arns(account, program, program.home, "cognito-idp:userpool"):
            yield ok(f"sign-in domain {name}", "the stack's own")
        else:
            yield missing(
                f"sign-in domain {name}",
                f"user pool {holder.get('UserPoolId')} has it",
                f"web-store:identity.domain: {{ kind: prefix, prefix: another name }}, or: aws cognito-idp "
                f"delete-user-pool-domain --user-pool-id {holder.get('UserPoolId')} --domain {name}",
            )


CHECKS = (
    Check(
        name="names",
        step=Step.NAMES,
        looks_at="Log groups, KMS aliases, event buses, secrets, tables, buckets and repositories whose names the "
        "program fixes: that nothing without the stack's tags has them, left by an earlier life or made by AWS.",
        mends="`pulumi import`, or delete what is left.",
        run=_run,
    ),
    Check(
        name="sign-in-prefix",
        step=Step.NAMES,
        looks_at="The prefix of Cognito's sign-in domain, which all accounts of a Region share "
        "(`cognito-idp describe-user-pool-domain`).",
        mends="Another prefix in the stack file.",
        run=_prefix,
    ),
)
