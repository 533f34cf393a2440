"""The page of the API: every route of every stack, public routes first, and the models of requests."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from api.catalogue import Model, models
from settings.endpoints import ROOT, Endpoint, endpoints, shape_of
from settings.stack_files import stack_settings
from settings.store import StoreSettings

_PROJECT = Path(__file__).resolve().parent.parent
RELEASED = _PROJECT / "docs" / "api.json"
_HEAD = ("Route", "Scope", "Service", "Body", "Query", "Limit")


def pages() -> Mapping[Path, str]:
    """Path in the project to the page's text.

    Raises:
        SettingsError: an invalid stack file.
    """
    stacks = stack_settings()
    return {
        RELEASED: json.dumps(released_form(stacks), indent=2) + "\n",
        _PROJECT / "docs" / "api.md": page(stacks),
    }


def broken() -> list[str]:
    """Reasons why the routes must not replace those of `docs/api.json`; empty if there is none."""
    if not RELEASED.is_file():
        return []
    stacks = stack_settings()
    retired = {stack: settings.api.retired for stack, settings in stacks.items()}
    return broken_promises(json.loads(RELEASED.read_text()), released_form(stacks), retired)


def released_form(stacks: Mapping[str, StoreSettings]) -> dict[str, list[str]]:
    """Stack to its routes, in the form of `docs/api.json`."""
    return {stack: [endpoint.key for endpoint in _served(settings)] for stack, settings in stacks.items()}


def broken_promises(
    released: Mapping[str, Sequence[str]],
    current: Mapping[str, Sequence[str]],
    retired: Mapping[str, Sequence[str]],
) -> list[str]:
    """Removed routes that are not retired: the next deployment would still serve them."""
    problems: list[str] = []
    for stack, routes in released.items():
        if stack not in current:
            continue
        known = {_place(route) for route in (*current[stack], *retired[stack])}
        problems += [
            f"{stack}: the removed route {route} must be retired for one deployment, or it is still served: write"
            f' api.retired: ["{route}"] in Pulumi.{stack}.yaml'
            for route in routes
            if _place(route) not in known
        ]
    return problems


def page(stacks: Mapping[str, StoreSettings]) -> str:
    lines = [
        "# API",
        "",
        "<!-- Generated from the routes of the stack files and from api/models by `make docs`. -->",
        "",
        f"Customers call `https://<store>/{ROOT}<path>` with an access token that has the route's scope. Machines sign",
        f"their requests to `https://<host label>.<domain>/{ROOT}<path>` as a role that was granted the route. Routes",
        "for everybody come first: a new line there is a new door.",
        "",
        'Errors of the API are JSON, `{"error": ..., "request_id": ...}`, or the service\'s own answer. At the',
        "store's host CloudFront replaces 502, 503 and 504 of every origin by status 503 with the maintenance page,",
        "which is HTML: clients go by the status, and try again. The API's own host answers machines with JSON. No",
        "error is cached. Requests to the store's host must have a `User-Agent`, or its web ACL answers 403.",
        "",
    ]
    for stack, settings in stacks.items():
        lines += [f"## {stack}", "", *_stack(settings)]
    lines += ["## Models", "", "What a request's body must be; anything else gets 400 from API Gateway.", ""]
    lines += ["| Model | Meaning | Must hold |", "| --- | --- | --- |"]
    lines += [
        f"| [`{name}`](../api/models/{name}.json) | {model.meaning} | {_must_hold(model)} |"
        for name, model in models().items()
    ]
    return "\n".join(lines).rstrip() + "\n"


def _stack(settings: StoreSettings) -> Iterator[str]:
    served = _served(settings)
    if not served:
        yield from ("No service has a route.", "")
        return
    for title, found in (
        ("For everybody, without authentication", [e for e in served if e.auth == "public"]),
        ("For customers, by scope", [e for e in served if e.auth not in ("public", "iam")]),
        ("For machines, by signature", [e for e in served if e.auth == "iam"]),
    ):
        yield from (f"### {title}", "")
        if not found:
            yield from ("None.", "")
            continue
        yield from (f"| {' | '.join(_HEAD)} |", f"|{' --- |' * len(_HEAD)}")
        yield from (_row(endpoint, settings) for endpoint in found)
        yield ""
    if settings.api.retired:
        yield from ("### Closed", "", *(f"- `{route}`" for route in settings.api.retired), "")


def _row(endpoint: Endpoint, settings: StoreSettings) -> str:
    route = endpoint.route
    assert route is not None
    limit = route.throttle or settings.api.throttle
    query = [f"`{name}`{'' if need == 'required' else ' (optional)'}" for name, need in route.query.items()]
    cells = (
        f"`{endpoint.key}`",
        f"`{route.auth}`" if route.auth not in ("public", "iam") else "",
        f"{endpoint.service} ({'Fargate' if endpoint.tasks else 'Lambda'})",
        f"`{route.body}`" if route.body else "form" if route.form else "",
        ", ".join(query),
        f"{limit.requests_per_second:g}/s, burst {limit.burst}",
    )
    return f"| {' | '.join(cells)} |"


def _served(settings: StoreSettings) -> tuple[Endpoint, ...]:
    return endpoints(settings.app_tier.services)


def _place(route: str) -> tuple[str, ...]:
    method, _, path = route.partition(" ")
    return (method, *shape_of(path.strip("/").split("/")))


def _must_hold(model: Model) -> str:
    required = ", ".join(f"`{name}`" for name in model.schema.get("required", ()))
    return required or ("at least one property" if model.schema["properties"] else "nothing")
