"""Policy documents, read once and checked against IAM's grammar.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iam.conditions import Condition, read_conditions, value_list
from iam.errors import PolicyError
from iam.principals import PrincipalElement, read_principals
from iam.text import Context, Text, read

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_DOCUMENT: Final = {"Version", "Id", "Statement"}
_STATEMENT: Final = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"),
}
_ANYTHING: Final = Context({})


@dataclass(frozen=True, slots=True)
class Listed:
    """An element with its negation: `Action` or `NotAction`, `Resource` or `NotResource`."""

    texts: tuple[Text, ...]
    inverted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """
    Attributes:
        label: `Sid` of policy, or its position, for messages.
        principals: None in an identity-based policy.
    """

    label: str
    allows: bool
    actions: Listed
    resources: Listed
    principals: PrincipalElement | None
    conditions: tuple[Condition, ...]

    def covers(self, action: str, resource: str, context: Context) -> bool:
        """Whether action, resource and all conditions match; the principal is left out."""
        named = any(text.matches(action, _ANYTHING, ignore_case=True) for text in self.actions.texts)
        if named is self.actions.inverted:
            return False
        matched = any(text.matches_arn(resource, context) for text in self.resources.texts)
        if matched is self.resources.inverted:
            return False
        return all(condition.holds(context) for condition in self.conditions)

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, kw_only=True)
class Policy:
    name: str
    statements: tuple[Statement, ...]


def identity_policy(document: str | Mapping[str, Any], name: str) -> Policy:
    """An identity-based policy, permissions boundary, session policy or service control policy.

    Args:
        document: Text, or what JSON makes of it.
        name: What messages call it.

    Raises:
        PolicyError: the document breaks the grammar.
    """
    return _policy(document, name, on_resource=False)


def resource_policy(document: str | Mapping[str, Any], name: str) -> Policy:
    """A policy of a queue, key, bucket, or the trust policy of a role; without Resource, a statement is about its own.

    Raises:
        PolicyError: the document breaks the grammar.
    """
    return _policy(document, name, on_resource=True)


def _policy(document: str | Mapping[str, Any], name: str, *, on_resource: bool) -> Policy:
    whole = _document(document, name)
    version = whole.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise PolicyError(f"{name}: Version must be one of {', '.join(_VERSIONS)}; got {version!r}")
    variables = version == _VERSIONS[0]
    statements = value_list(whole.get("Statement", []))
    if not statements:
        raise PolicyError(f"{name}: a policy must have a Statement")
    return Policy(
        name=name,
        statements=tuple(
            _statement(entry, name, position, on_resource=on_resource, variables=variables)
            for position, entry in enumerate(statements, start=1)
        ),
    )


def _document(document: str | Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as problem:
            raise PolicyError(f"{name}: a policy must be JSON: {problem}") from None
    if not isinstance(document, Mapping):
        raise PolicyError(f"{name}: a policy must be an object; got {document!r}")
    _only(document, _DOCUMENT, name)
    return document


def _statement(entry: Any, name: str, position: int, *, on_resource: bool, variables: bool) -> Statement:
    where = f"{name}, statement {position}"
    if not isinstance(entry, Mapping):
        raise PolicyError(f"{where}: a statement must be an object; got {entry!r}")
    _only(entry, _STATEMENT, where)
    if entry.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect must be Allow or Deny; got {entry.get('Effect')!r}")
    actions = _listed(entry, "Action", where, variables=False)
    resources = _listed(entry, "Resource", where, variables=variables)
    if actions is None:
        raise PolicyError(f"{where}: a statement must have Action or NotAction")
    if resources is None and not on_resource:
        raise PolicyError(f"{where}: a statement of an identity-based policy must have Resource or NotResource")
    return Statement(
        label=f"{entry.get('Sid') or position} of {name}",
        allows=entry["Effect"] == "Allow",
        actions=actions,
        resources=resources or Listed((read("*", variables=False),), inverted=False),
        principals=_principals(entry, where, on_resource=on_resource),
        conditions=read_conditions(entry.get("Condition", {}), where, variables=variables),
    )


def _listed(entry: Mapping[str, Any], element: str, where: str, *, variables: bool) -> Listed | None:
    negation = f"Not{element}"
    if element in entry and negation in entry:
        raise PolicyError(f"{where}: a statement must not have both {element} and {negation}")
    inverted = negation in entry
    if not inverted and element not in entry:
        return None
    texts = value_list(entry[negation if inverted else element])
    for text in texts:
        if not isinstance(text, str) or (element == "Action" and text != "*" and ":" not in text):
            form = "* or service:action" if element == "Action" else "* or an ARN"
            raise PolicyError(f"{where}: {element} must be {form}, or a list of them; got {text!r}")
    return Listed(tuple(read(text, variables=variables) for text in texts), inverted)


def _principals(entry: Mapping[str, Any], where: str, *, on_resource: bool) -> PrincipalElement | None:
    given = [element for element in ("Principal", "NotPrincipal") if element in entry]
    if len(given) != int(on_resource):
        rule = "must have either Principal or NotPrincipal" if on_resource else "must not have a Principal"
        kind = "resource" if on_resource else "identity"
        raise PolicyError(f"{where}: a statement of a {kind}-based policy {rule}")
    return read_principals(entry[given[0]], where, inverted=given[0] == "NotPrincipal") if given else None


def _only(found: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise PolicyError(f"{where}: elements must be of {', '.join(sorted(known))}; got {', '.join(unknown)}")
