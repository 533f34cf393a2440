"""Which statements of resource policies are public."""

from collections.abc import Iterator

from policies.library.documents import Statement, names_anybody, parse, statements
from policies.library.rules import Problem, Subject
from policies.library.values import UNKNOWN

_BOUNDS = (
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceIp",
    "aws:VpcSourceIp",
    "aws:userid",
    "kms:CallerAccount",
    "elasticfilesystem:AccessedViaMountTarget",
    "elasticfilesystem:AccessPointArn",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "sns:Endpoint",
)
"""Condition keys that restrict the caller: a statement for everyone with one of them is not public
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)."""


def _is_open(statement: Statement) -> bool:
    """Whether a statement allows any account, without a restricting condition."""
    if not statement.allows or not (statement.is_public() or statement.not_principals):
        return False
    if statement.conditions is None:
        return False
    bounds = {bound.lower() for bound in _BOUNDS}
    return not any(
        key in bounds
        and not operator.endswith("ifexists")
        and operator != "null"
        and "not" not in operator
        and not (values is not None and any(map(names_anybody, values)))
        for operator, key, values in statement.conditions
    )


def open_statements(subject: Subject, path: str) -> Iterator[Problem]:
    """A problem for each public statement of a policy."""
    document = parse(subject.value(path))
    if document is UNKNOWN:
        subject.defer(path)
    for statement in statements(document):
        if _is_open(statement):
            actions = ", ".join((statement.actions or ("its actions",))[:3])
            yield Problem(path, f"{path} must not allow {actions} to everyone")
