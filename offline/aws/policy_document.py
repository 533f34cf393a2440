"""`iam.getPolicyDocument`: statements in, IAM JSON out.

The JSON is what the provider writes: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from offline.aws.relations import RefusedError
from offline.wire import Properties

_VERSION = "2012-10-17"
_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def policy_document(arguments: Properties) -> Properties:
    """The answer of the invoke.

    Raises:
        RefusedError: a source is no JSON, or two of them use one Sid.
    """
    statements = _from_sources(arguments.get("sourcePolicyDocuments") or (), is_unique=True)
    statements = _merged(statements, [_statement(item) for item in arguments.get("statements") or ()])
    statements = _merged(statements, _from_sources(arguments.get("overridePolicyDocuments") or (), is_unique=False))
    document: Properties = {"Version": arguments.get("version") or _VERSION}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    document["Statement"] = statements
    text = json.dumps(document, indent=2)
    return {
        **arguments,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statement(item: Mapping[str, Any]) -> Properties:
    statement: Properties = {}
    if item.get("sid"):
        statement["Sid"] = item["sid"]
    statement["Effect"] = item.get("effect") or "Allow"
    for key, name in _LISTS.items():
        if item.get(key):
            statement[name] = _one_or_many([_variables(text) for text in item[key]])
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if item.get(key):
            statement[name] = _principals(item[key])
    conditions: dict[str, dict[str, Any]] = {}
    for condition in item.get("conditions") or ():
        values = [_variables(text) for text in condition.get("values") or ()]
        conditions.setdefault(condition["test"], {})[_variables(condition["variable"])] = (
            values[0] if len(values) == 1 else values
        )
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principals(principals: Sequence[Mapping[str, Any]]) -> Any:
    by_type: dict[str, list[str]] = {}
    for principal in principals:
        by_type.setdefault(principal["type"], []).extend(map(_variables, principal["identifiers"]))
    if by_type == {"*": ["*"]}:
        return "*"
    return {name: _one_or_many(identifiers) for name, identifiers in by_type.items()}


def _variables(text: str) -> str:
    """`&{aws:username}` is how an IAM variable is written where `${}` has a meaning of its own."""
    return str(text).replace("&{", "${")


def _one_or_many(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else sorted(set(items), reverse=True)


def _from_sources(sources: Sequence[str], *, is_unique: bool) -> list[Properties]:
    found: list[Properties] = []
    for number, source in enumerate(sources):
        if not source:
            continue
        try:
            statements = json.loads(source).get("Statement", [])
        except (ValueError, AttributeError):
            raise RefusedError(f"iam.getPolicyDocument: document {number} is not a JSON policy") from None
        statements = statements if isinstance(statements, list) else [statements]
        taken = {item["Sid"] for item in found if "Sid" in item}
        twice = [item["Sid"] for item in statements if item.get("Sid") in taken]
        if is_unique and twice:
            raise RefusedError(f"iam.getPolicyDocument: duplicate Sid {', '.join(twice)}")
        found = _merged(found, statements)
    return found


def _merged(statements: list[Properties], others: Sequence[Properties]) -> list[Properties]:
    """A statement with a Sid takes the place of the one with the same Sid."""
    merged = list(statements)
    for other in others:
        place = next((i for i, item in enumerate(merged) if other.get("Sid") and item.get("Sid") == other["Sid"]), None)
        if place is None:
            merged.append(other)
        else:
            merged[place] = other
    return merged
