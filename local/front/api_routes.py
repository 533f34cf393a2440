"""Resources and methods of a REST API, from the state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from local.state import Deployed, Resource

_RESOURCE: Final = "aws:apigateway/resource:Resource"
_METHOD: Final = "aws:apigateway/method:Method"
_INTEGRATION: Final = "aws:apigateway/integration:Integration"


@dataclass(frozen=True)
class Route:
    """A method of a resource."""

    method: str
    path: str
    """Of the resource: `/orders/{order_id}`."""
    given: Mapping[str, Any]
    """Outputs of the method."""
    integration: Mapping[str, Any] | None

    @property
    def key(self) -> str:
        """As method settings name it: `orders/{order_id}/GET`."""
        return f"{self.path.removeprefix('/')}/{self.method}"


@dataclass(frozen=True)
class Matched:
    route: Route
    parameters: Mapping[str, str]
    """Path parameters, decoded."""


class Routes:
    """Finds the method of a request."""

    def __init__(self, deployed: Deployed, rest_api: Resource) -> None:
        def parts(token: str) -> list[Resource]:
            return [part for part in deployed.of_type(token) if part.outputs["restApi"] == rest_api.id]

        paths = _paths(rest_api.outputs["rootResourceId"], parts(_RESOURCE))
        integrations = {
            (part.outputs["resourceId"], part.outputs["httpMethod"]): part.outputs for part in parts(_INTEGRATION)
        }
        self.all = [
            Route(
                part.outputs["httpMethod"],
                paths[part.outputs["resourceId"]],
                part.outputs,
                integrations.get((part.outputs["resourceId"], part.outputs["httpMethod"])),
            )
            for part in parts(_METHOD)
        ]
        self._by_path: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in self.all:
            self._by_path.setdefault(_segments(route.path), {})[route.method] = route

    def find(self, method: str, target: str) -> Matched | None:
        """
        Args:
            target: Path below the stage, percent-encoded.
        """
        sent = [unquote(segment) for segment in _segments(target)]
        found = max(
            ((_rank(shape), shape) for shape in self._by_path if _fits(shape, sent)),
            default=None,
            key=lambda ranked: ranked[0],
        )
        if found is None:
            return None
        methods = self._by_path[found[1]]
        route = methods.get(method) or methods.get("ANY")
        return None if route is None else Matched(route, _values(found[1], sent))


def _paths(root: str, resources: Sequence[Resource]) -> dict[str, str]:
    """Path of each resource by its id; `path` of the provider holds the last segment only in some versions."""
    by_id = {resource.id: resource.outputs for resource in resources}

    def path(resource_id: str) -> str:
        if resource_id == root:
            return ""
        given = by_id[resource_id]
        return f"{path(given['parentId'])}/{given['pathPart']}"

    return {root: "/", **{resource_id: path(resource_id) for resource_id in by_id}}


def _segments(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("/").removesuffix("/")
    return tuple(inner.split("/")) if inner else ()


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _is_greedy(segment: str) -> bool:
    return segment.endswith("+}")


def _fits(shape: tuple[str, ...], sent: Sequence[str]) -> bool:
    greedy = bool(shape) and _is_greedy(shape[-1])
    if len(sent) < len(shape) or (len(sent) > len(shape) and not greedy):
        return False
    return all((_is_parameter(wanted) and value) or wanted == value for wanted, value in zip(shape, sent, strict=False))


def _rank(shape: tuple[str, ...]) -> tuple[int, ...]:
    """Literal segments before parameters, and these before greedy ones."""
    return tuple(0 if _is_greedy(segment) else 1 if _is_parameter(segment) else 2 for segment in shape)


def _values(shape: tuple[str, ...], sent: Sequence[str]) -> dict[str, str]:
    found = {
        wanted[1:-1]: value
        for wanted, value in zip(shape, sent, strict=False)
        if _is_parameter(wanted) and not _is_greedy(wanted)
    }
    if shape and _is_greedy(shape[-1]):
        found[shape[-1][1:-2]] = "/".join(sent[len(shape) - 1 :])
    return found
