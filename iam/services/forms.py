"""The forms in which services describe what their operations ask of IAM."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from iam.text import Values

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a request needs: an action on a resource, with the condition keys of the service.

    Attributes:
        resource: ARN; `*` for an action without resource types.
        decrypts: False where the request asks for encrypted data as it is.
    """

    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)
    decrypts: bool = True


class Account(Protocol):
    """What is not in a request: where it goes, and what the account holds."""

    @property
    def region(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    def arn_of(self, service: str, name: str) -> str | None:
        """ARN of a secret by its name, of a key by its id or alias; None if there is none."""
        ...

    def partition_key(self, table: str, index: str) -> str | None:
        """Name of the partition key of a table or, if `index` is not empty, of an index of it."""
        ...


Describe = Callable[[Parameters, Account], Sequence[Call]]
"""What an operation needs, from its parameters as boto3 has them."""


def arn(account: Account, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{account.region}:{account.account_id}:{resource}"


def plain(action: str, resource: Callable[[Parameters, Account], str]) -> Describe:
    """An operation with one action on one resource."""
    return lambda parameters, account: [Call(action, resource(parameters, account))]


def everything(_: Parameters, __: Account) -> str:
    """The resource of an action without resource types."""
    return "*"
