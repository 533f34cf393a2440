"""APIs written as one OpenAPI document, with the extensions of API Gateway.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from policies.library.documents import parse
from policies.library.rules import Problem
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read
from policies.library.yaml_text import DEPTH_MAX, load

_METHODS: Final = {name: name.upper() for name in ("get", "put", "post", "delete", "patch", "head", "options")}
_ANY: Final = "x-amazon-apigateway-any-method"
_AUTHORIZERS: Final = ("x-amazon-apigateway-authorizer", "x-amazon-apigateway-authtype")


UNREADABLE: Final = Problem(
    "body",
    "body: must be an OpenAPI document that can be read, in JSON or YAML, nested at most"
    f" {DEPTH_MAX} deep; nothing in it was judged",
)


class Operation(NamedTuple):
    key: str
    """Method and path: `GET /orders`, `ANY /{proxy+}`."""
    authorized: bool | None
    """Whether the operation has an authorizer; None if not known. An API key is no authorizer."""
    validated: bool | None
    """Whether the operation has a request validator."""


@lru_cache(maxsize=64)
def _in_yaml(text: str) -> Any:
    return load(text)


def document(value: Any) -> Any:
    """An OpenAPI document given as JSON, YAML or object; `MISSING` without one, `UNKNOWN` if it cannot be read."""
    found = parse(value)
    if found is UNKNOWN and isinstance(value, str):
        found = _in_yaml(value)
    return found if found is MISSING or isinstance(found, dict) else UNKNOWN


def _schemes(api: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in ("components.securitySchemes", "securityDefinitions"):
        block = read(api, place)
        found |= block if isinstance(block, dict) else {}
    return found


def _authorized(api: dict[str, Any], operation: dict[str, Any]) -> bool | None:
    own = as_text(read(operation.get("x-amazon-apigateway-auth"), "type"))
    if isinstance(own, str):
        return own.upper() != "NONE"
    wanted = operation.get("security", api.get("security", []))
    if wanted is UNKNOWN or own is UNKNOWN:
        return None
    schemes = _schemes(api)
    answers: list[bool | None] = []
    for requirement in as_list(wanted):
        if not isinstance(requirement, dict):
            answers.append(None)
            continue
        kinds = [schemes.get(name, UNKNOWN if UNKNOWN in schemes.values() else MISSING) for name in requirement]
        held = [isinstance(kind, dict) and any(name in kind for name in _AUTHORIZERS) for kind in kinds]
        answers.append(True if any(held) else None if UNKNOWN in kinds else False)
    if not answers or False in answers:
        return False
    return None if None in answers else True


def operations(api: Any) -> Iterator[Operation]:
    """The operations of a document; unknown ones are left out."""
    paths = read(api, "paths") if isinstance(api, dict) else MISSING
    default = read(api, "x-amazon-apigateway-request-validator") if isinstance(api, dict) else MISSING
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for name, operation in item.items() if isinstance(item, dict) else ():
            method = "ANY" if name == _ANY else _METHODS.get(str(name).lower())
            if method is None or not isinstance(operation, dict):
                continue
            validator = operation.get("x-amazon-apigateway-request-validator", default)
            yield Operation(
                key=f"{method} {path}",
                authorized=_authorized(api, operation),
                validated=None if validator is UNKNOWN else isinstance(validator, str),
            )
