"""Rules of accounts: the environment's own, partners', and those that publish something for everybody."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from settings.examples import node_at, strings
from settings.form import ANOTHER_ACCOUNT
from settings.problems import Problem
from settings.relations.reads import Account
from settings.relations.relation import Reads, problem, relation
from settings.store import settings_schema

_NAMED = re.compile(r"\barn:aws[a-z-]*:[^:\s]*:[^:\s]*:(?P<arn>\d{12}):|\b(?P<registry>\d{12})\.dkr[.-]ecr")


@relation
def accounts_are_the_environments_own(
    account_id: Account,
    others: Annotated[Mapping[str, str], Reads("environment.other_accounts")],
    texts: Annotated[Mapping[tuple[str | int, ...], str], Reads("texts")],
    told: Annotated[Collection[tuple[str | int, ...]], Reads("told")],
) -> Iterator[Problem]:
    for path, text in texts.items():
        for found in _NAMED.finditer(text):
            account = found["arn"] or found["registry"]
            # Rules that know the setting say more.
            if account in (account_id, *others) or path in told or _may_be_anothers(path):
                continue
            yield problem(
                path,
                text,
                f"must name the environment's account {account_id}, or one of `environment.other_accounts`: this"
                f" {'ARN' if found['arn'] else 'registry'} is of account {account}",
                text.replace(account, "${account}"),
            )
            break


def _may_be_anothers(path: tuple[str | int, ...]) -> bool:
    schema = settings_schema()
    node = node_at(schema, path, schema["$defs"])
    return node is not None and any(ANOTHER_ACCOUNT in found for found in strings(node, schema["$defs"]))
