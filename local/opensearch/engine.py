"""The API of a domain: indices, aliases, documents, searches, roles.

https://docs.opensearch.org/latest/api-reference/
"""

import fnmatch
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.opensearch.index import Index
from local.opensearch.query import search
from local.opensearch.refusal import RefusalError, only

_NAME = r"(?P<name>[a-z0-9][a-z0-9._*-]*)"
# The part of the security plugin's actions that our roles name, by what a request does.
_ACTIONS = {
    "search": "indices:data/read/search",
    "write": "indices:data/write/bulk",
    "read": "indices:data/read/get",
    "administer": "indices:admin/create",
}


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    does: str
    handle: Callable[["Domain", Mapping[str, str], Any], tuple[int, Any]]


@dataclass
class Domain:
    """
    Attributes:
        administrator: ARN of the role that may do everything; all others may what is mapped to them.
    """

    administrator: str
    indices: dict[str, Index] = field(default_factory=dict)
    aliases: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    mapped: dict[str, Sequence[str]] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=lambda: {"enabled": False})

    def answer(self, role_arn: str, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """
        Raises:
            RefusalError: the request is not known here, not allowed in the domain, or wrong.
        """
        for route in ROUTES:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                named = found.groupdict()
                self._require(role_arn, route.does, named.get("name", ""))
                return route.handle(self, named, _lines(body) if path.endswith("_bulk") else _json(body))
        raise RefusalError(f"{method} {path} is not known here", status=501, kind="illegal_argument_exception")

    def named(self, name: str) -> Index:
        """
        Raises:
            RefusalError: 404, there is no index or alias of this name.
        """
        names = self.aliases.get(name) or {name}
        found = [self.indices[one] for one in names if one in self.indices]
        if len(found) != 1:
            raise RefusalError(f"no such index [{name}]", status=404, kind="index_not_found_exception")
        return found[0]

    def _require(self, role_arn: str, does: str, name: str) -> None:
        """https://docs.opensearch.org/latest/security/access-control/"""
        if role_arn == self.administrator:
            return
        mine = [role for role, arns in self.mapped.items() if role_arn in arns]
        names = {name, *self.aliases.get(name, ())}
        for role in mine:
            for allowed in self.roles.get(role, {}).get("index_permissions", ()):
                patterns, actions = allowed["index_patterns"], allowed["allowed_actions"]
                if any(fnmatch.fnmatchcase(_ACTIONS[does], action) for action in actions) and any(
                    fnmatch.fnmatchcase(one, pattern) for one in names for pattern in patterns
                ):
                    return
        raise RefusalError(
            f"no permissions for [{_ACTIONS[does]}] and User [name={role_arn}, backend_roles=[{role_arn}]]",
            status=403,
            kind="security_exception",
        )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        raise RefusalError("request body must be JSON") from None


def _lines(body: bytes) -> list[Any]:
    if not body.endswith(b"\n"):
        raise RefusalError("The bulk request must be terminated by a newline [\\n]", kind="illegal_argument_exception")
    return [_json(line) for line in body.splitlines()]


def _make(domain: Domain, named: Mapping[str, str], body: Any) -> tuple[int, Any]:
    name = named["name"]
    if name in domain.indices or name in domain.aliases:
        raise RefusalError(f"index [{name}] already exists", kind="resource_already_exists_exception")
    domain.indices[name] = Index(name, body)
    return 200, {"acknowledged": True, "index": name}


def _describe(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    name = named["name"]
    if "*" in name:
        return 200, {one: {} for one in sorted(domain.indices) if fnmatch.fnmatchcase(one, name)}
    return 200, {domain.named(name).name: dict(domain.named(name).body)}


def _delete(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    if named["name"] not in domain.indices:
        raise RefusalError(f"no such index [{named['name']}]", status=404, kind="index_not_found_exception")
    del domain.indices[named["name"]]
    domain.aliases = {alias: rest for alias, to in domain.aliases.items() if (rest := to - {named["name"]})}
    return 200, {"acknowledged": True}


def _aliased(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    alias = named["alias"]
    if alias not in domain.aliases:
        raise RefusalError(f"alias [{alias}] missing", status=404, kind="aliases_not_found_exception")
    return 200, {index: {"aliases": {alias: {}}} for index in sorted(domain.aliases[alias])}


def _switch(domain: Domain, _: Mapping[str, str], body: Any) -> tuple[int, Any]:
    """All of its actions, or none."""
    only("_aliases", body, "actions")
    aliases = {alias: set(to) for alias, to in domain.aliases.items()}
    for action in body["actions"]:
        only("an action", action, "add", "remove")
        for kind, of in action.items():
            only(kind, of, "alias", "index")
            if of["index"] not in domain.indices:
                raise RefusalError(f"no such index [{of['index']}]", status=404, kind="index_not_found_exception")
            to = aliases.setdefault(of["alias"], set())
            to.add(of["index"]) if kind == "add" else to.discard(of["index"])
    domain.aliases = {alias: to for alias, to in aliases.items() if to}
    return 200, {"acknowledged": True}


def _count(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    return 200, {"count": len(domain.named(named["name"]).documents)}


def _refresh(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    """What is written is found at once here."""
    domain.named(named["name"])
    return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}


def _search(domain: Domain, named: Mapping[str, str], body: Any) -> tuple[int, Any]:
    return 200, search(domain.named(named["name"]), body)


def _get(domain: Domain, named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    found = domain.named(named["name"]).documents.get(named["id"])
    facts = {"_index": named["name"], "_id": named["id"], "found": found is not None}
    return (404, facts) if found is None else (200, {**facts, "_version": found.version, "_source": found.source})


def _bulk(domain: Domain, named: Mapping[str, str], lines: list[Any]) -> tuple[int, Any]:
    items: list[Any] = []
    index = domain.named(named["name"])
    rest = iter(lines)
    for line in rest:
        only("a bulk action", line, "delete", "index")
        ((kind, of),) = line.items()
        only(kind, of, "_id", "version", "version_type")
        source = next(rest) if kind == "index" else None
        facts = {"_index": index.name, "_id": of["_id"]}
        try:
            status = index.write(of["_id"], source, of.get("version"), of.get("version_type", "internal"))
            items.append({kind: {**facts, "status": status}})
        except RefusalError as problem:
            told = {"type": problem.kind, "reason": str(problem)}
            items.append({kind: {**facts, "status": problem.status, "error": told}})
    return 200, {"errors": any("error" in one for item in items for one in item.values()), "items": items}


def _put_role(domain: Domain, named: Mapping[str, str], body: Any) -> tuple[int, Any]:
    only("a role", body, "cluster_permissions", "index_permissions")
    there = named["role"] in domain.roles
    domain.roles[named["role"]] = body
    return (200 if there else 201), {"status": "OK" if there else "CREATED"}


def _map_role(domain: Domain, named: Mapping[str, str], body: Any) -> tuple[int, Any]:
    only("a mapping of a role", body, "backend_roles")
    there = named["role"] in domain.mapped
    domain.mapped[named["role"]] = body["backend_roles"]
    return (200 if there else 201), {"status": "OK" if there else "CREATED"}


def _audited(domain: Domain, _named: Mapping[str, str], _: Any) -> tuple[int, Any]:
    return 200, {"_readonly": [], "config": domain.audit}


def _audit(domain: Domain, _: Mapping[str, str], body: Any) -> tuple[int, Any]:
    only("the audit configuration", body, "enabled", "audit", "compliance")
    domain.audit = body
    return 200, {"status": "OK"}


_SECURITY = "/_plugins/_security/api"


def _route(method: str, pattern: str, does: str, handle: Any) -> Route:
    return Route(method, re.compile(pattern), does, handle)


ROUTES = (
    _route("PUT", rf"{_SECURITY}/roles/(?P<role>[\w-]+)", "administer", _put_role),
    _route("PUT", rf"{_SECURITY}/rolesmapping/(?P<role>[\w-]+)", "administer", _map_role),
    _route("GET", f"{_SECURITY}/audit", "administer", _audited),
    _route("PUT", f"{_SECURITY}/audit/config", "administer", _audit),
    _route("GET", r"/_alias/(?P<alias>[a-z0-9-]+)", "administer", _aliased),
    _route("POST", "/_aliases", "administer", _switch),
    _route("POST", rf"/{_NAME}/_search", "search", _search),
    _route("GET", rf"/{_NAME}/_search", "search", _search),
    _route("POST", rf"/{_NAME}/_bulk", "write", _bulk),
    _route("GET", rf"/{_NAME}/_doc/(?P<id>[^/]+)", "read", _get),
    _route("GET", rf"/{_NAME}/_count", "administer", _count),
    _route("POST", rf"/{_NAME}/_refresh", "administer", _refresh),
    _route("PUT", f"/{_NAME}", "administer", _make),
    _route("GET", f"/{_NAME}", "administer", _describe),
    _route("DELETE", f"/{_NAME}", "administer", _delete),
)
