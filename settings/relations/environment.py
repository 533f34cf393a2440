"""Rules between the environment and what is made in it."""

from collections.abc import Collection, Iterator
from typing import Annotated

from settings.edge import SecretHeader, VpcOrigin
from settings.problems import NOTHING, Problem
from settings.relations.reads import Account, Region, Tables
from settings.relations.relation import Reads, problem, relation


@relation
def environment_is_named_like_its_stack(
    stack: Annotated[str, Reads("stack")], name: Annotated[str, Reads("environment.name")]
) -> Iterator[Problem]:
    if stack != name and not stack.startswith(f"{name}-"):
        yield problem(
            "environment.name",
            name,
            f"must be the stack's name `{stack}`, or its beginning up to a hyphen, so that no stack acts as another",
            stack,
        )


@relation
def role_is_in_the_account(
    account_id: Account, role_arn: Annotated[str | None, Reads("environment.assume_role_arn")]
) -> Iterator[Problem]:
    if role_arn is not None and role_arn.split(":")[4] != account_id:
        yield problem(
            "environment.assume_role_arn",
            role_arn,
            f"must be a role of the environment's account {account_id}",
            ":".join([*role_arn.split(":")[:4], account_id, *role_arn.split(":")[5:]]),
        )


@relation
def secret_header_has_its_secret(
    origin: Annotated[VpcOrigin | SecretHeader, Reads("edge.origin")],
    secrets: Annotated[Collection[str], Reads("secrets")],
) -> Iterator[Problem]:
    if origin.kind == "secret_header" and "origin_secret" not in secrets:
        yield problem(
            "origin_secret",
            NOTHING,
            "must be set with `edge.origin.kind: secret_header`: CloudFront sends it with each request",
            fix='pulumi config set --secret web-store:origin_secret "$(openssl rand -hex 32)"',
        )


@relation
def files_are_copied_to_another_region(
    region: Region, replica_region: Annotated[str | None, Reads("shared_files.replica_region")]
) -> Iterator[Problem]:
    if region == replica_region:
        yield problem(
            "shared_files.replica_region",
            replica_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )


@relation
def tables_are_copied_to_other_regions(region: Region, account_id: Account, tables: Tables) -> Iterator[Problem]:
    for name, (table, _) in tables.all.items():
        path = f"data.tables.{'extra.' if name in tables.extra else ''}{name}.replica_key_arns"
        for replica, key_arn in table.replica_key_arns.items():
            if replica == region:
                yield problem(path, replica, "must name other Regions than the home Region", fix=f"leave {replica} out")
            elif key_arn.split(":")[3:5] != [replica, account_id]:
                yield problem(
                    f"{path}.{replica}",
                    key_arn,
                    f"must be a key of the environment's account {account_id} in {replica}: DynamoDB encrypts each copy"
                    " with a key of its Region",
                    f"arn:aws:kms:{replica}:{account_id}:key/{key_arn.partition(':key/')[2]}",
                )


@relation
def media_is_copied_to_another_region(
    region: Region, replica_region: Annotated[str | None, Reads("media.replica_region")]
) -> Iterator[Problem]:
    if region == replica_region:
        yield problem(
            "media.replica_region",
            replica_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )
