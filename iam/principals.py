"""Who makes a request, and what the Principal element of a policy says of it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, Final

from iam.conditions import value_list
from iam.errors import PolicyError, RequestError

_ACCOUNT: Final = re.compile(r"\d{12}")
_ROOT: Final = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
_ENTITY: Final = re.compile(r"arn:(?P<partition>[\w-]+):iam::(?P<account>\d{12}):(?P<kind>user|role)/(?P<name>[^*?]+)")
_SESSION: Final = re.compile(
    r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/*?]+)/(?P<session>[^/*?]+)"
)
_SERVICE: Final = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)")
# A principal that was deleted shows as its unique id, and matches nobody.
_UNIQUE_ID: Final = re.compile(r"A[A-Z0-9]{15,}")
_WEB_IDENTITY: Final = ("cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com")
_KINDS: Final = ("AWS", "Service", "Federated", "CanonicalUser")


class Kind(Enum):
    """Kinds of principals; the first four are values of `aws:PrincipalType`."""

    SESSION = "AssumedRole"
    USER = "User"
    ROOT = "Account"
    ANONYMOUS = "Anonymous"
    FEDERATED = "identity provider"
    SERVICE = "service"


class Grant(IntEnum):
    """How directly a resource-based policy names who it admits."""

    NONE = 0
    ACCOUNT = 1
    """The account, which decides by its identity-based policies."""
    ROLE = 2
    """The role: permissions boundary and session policies limit its sessions."""
    DIRECT = 3
    """The user, the session, the service or everybody: only a Deny limits it."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """
    Attributes:
        name: As error messages and CloudTrail have it: ARN, service principal, identity provider; `*` if anonymous.
        account: Empty for services, identity providers and the anonymous.
        role: ARN of a session's role.
    """

    kind: Kind
    name: str
    account: str = ""
    role: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> tuple[str, ...]:
        """All by which a NotPrincipal element must name it to leave it alone."""
        name = "" if self.kind is Kind.ROOT else self.name
        return tuple(name for name in (self.account, self.role, name) if name)

    @property
    def context(self) -> Mapping[str, str]:
        """Condition keys that IAM adds to each request of it.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        match self.kind:
            case Kind.SERVICE:
                return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": self.name}
            case Kind.FEDERATED:
                return {"aws:PrincipalIsAWSService": "false", "aws:FederatedProvider": self.name}
            case Kind.ANONYMOUS:
                specific = {"aws:PrincipalAccount": "anonymous"}
            case Kind.USER:
                specific = self._of_account | {"aws:username": self.name.rpartition("/")[2]}
            case _:
                specific = self._of_account
        return {"aws:PrincipalIsAWSService": "false", "aws:PrincipalType": self.kind.value, **specific}

    @property
    def _of_account(self) -> dict[str, str]:
        return {"aws:PrincipalArn": self.role or self.name, "aws:PrincipalAccount": self.account}


ANONYMOUS: Final = Principal(kind=Kind.ANONYMOUS, name="*")


def principal(text: str, *, session: str = "session") -> Principal:
    """A principal as a policy would name it; a role stands for a session of it.

    Args:
        text: `*` for the anonymous, an account id, an ARN of IAM or STS, a service principal, an identity provider.
        session: Name of the session, where `text` is a role.

    Raises:
        RequestError: `text` is none of these.
    """
    if text == "*":
        return ANONYMOUS
    if (found := _ROOT.fullmatch(text)) or _ACCOUNT.fullmatch(text):
        account = found[1] if found else text
        return Principal(kind=Kind.ROOT, name=f"arn:aws:iam::{account}:root", account=account)
    if found := _ENTITY.fullmatch(text):
        if found["kind"] == "user":
            return Principal(kind=Kind.USER, name=text, account=found["account"])
        short = found["name"].rpartition("/")[2]
        name = f"arn:{found['partition']}:sts::{found['account']}:assumed-role/{short}/{session}"
        return Principal(kind=Kind.SESSION, name=name, account=found["account"], role=text)
    if found := _SESSION.fullmatch(text):
        role = f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"
        return Principal(kind=Kind.SESSION, name=text, account=found["account"], role=role)
    if text in _WEB_IDENTITY or ":saml-provider/" in text or ":oidc-provider/" in text:
        return Principal(kind=Kind.FEDERATED, name=text)
    if _SERVICE.fullmatch(text):
        return Principal(kind=Kind.SERVICE, name=text)
    raise RequestError(
        f"a principal must be *, an account id, an ARN of IAM or STS, a service principal or an identity provider; "
        f"got {text!r}"
    )


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal or NotPrincipal element."""

    everybody: bool
    named: frozenset[str]
    inverted: bool

    def grant(self, who: Principal) -> Grant:
        """How directly an Allow admits `who`."""
        if self.inverted:
            return Grant.NONE if self.everybody or self.named.intersection(who.names) else Grant.DIRECT
        if self.everybody or (who.name in self.named and who.kind is not Kind.ROOT):
            return Grant.DIRECT
        if who.role in self.named and who.role:
            return Grant.ROLE
        return Grant.ACCOUNT if who.account and who.account in self.named else Grant.NONE

    def denies(self, who: Principal) -> bool:
        """Whether a Deny reaches `who`: with NotPrincipal, unless account, role and session are all named."""
        if self.inverted:
            return not self.everybody and not self.named.issuperset(who.names)
        return self.grant(who) is not Grant.NONE


def read_principals(element: Any, where: str, *, inverted: bool) -> PrincipalElement:
    """
    Raises:
        PolicyError: the element breaks the grammar.
    """
    if element == "*":
        return PrincipalElement(everybody=True, named=frozenset(), inverted=inverted)
    if not isinstance(element, Mapping) or not element:
        raise PolicyError(f'{where}: Principal must be "*" or an object of {", ".join(_KINDS)}; got {element!r}')
    unknown = [kind for kind in element if kind not in _KINDS]
    if unknown:
        raise PolicyError(f"{where}: a kind of principals must be one of {', '.join(_KINDS)}; got {unknown[0]!r}")
    everybody = "*" in value_list(element.get("AWS", ()))
    named = [_named(kind, name, where) for kind, names in element.items() for name in _texts(names, where)]
    return PrincipalElement(everybody=everybody, named=frozenset(filter(None, named)), inverted=inverted)


def _texts(names: Any, where: str) -> Iterable[str]:
    for name in value_list(names):
        if not isinstance(name, str):
            raise PolicyError(f"{where}: a principal must be a string; got {name!r}")
        yield name


def _named(kind: str, name: str, where: str) -> str:
    """The name to compare; empty for everybody."""
    if kind != "AWS":
        if "*" in name:
            raise PolicyError(f"{where}: a {kind} principal must be named in full; got {name!r}")
        return name
    if name == "*":
        return ""
    if found := _ROOT.fullmatch(name):
        return found[1]
    if any(form.fullmatch(name) for form in (_ACCOUNT, _ENTITY, _SESSION, _UNIQUE_ID)) or ":federated-user/" in name:
        return name
    raise PolicyError(
        f'{where}: an AWS principal must be "*", an account, or the whole ARN of a user, role or session, without '
        f"wildcards; got {name!r}"
    )
