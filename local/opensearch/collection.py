"""A collection of OpenSearch Serverless: the requests that it has, and who may make them by its data access policy."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.opensearch.engine import Domain
from local.opensearch.refusal import RefusalError

_INDEX = r"/(?P<name>[a-z0-9][a-z0-9._*-]*)"
_ALIASES = ("Create", "Delete", "Describe", "Update")
# What a request needs, of an index or of the collection
# (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html).
_NEEDS: Final[Sequence[tuple[str, str, Sequence[str]]]] = (
    ("GET|POST", f"{_INDEX}/_search", ["aoss:ReadDocument"]),
    ("GET", f"{_INDEX}/_count", ["aoss:ReadDocument"]),
    ("GET", f"{_INDEX}/_doc/[^/]+", ["aoss:ReadDocument"]),
    ("POST", f"{_INDEX}/_bulk", ["aoss:WriteDocument"]),
    ("PUT", _INDEX, ["aoss:CreateIndex"]),
    ("GET", _INDEX, ["aoss:DescribeIndex"]),
    ("DELETE", _INDEX, ["aoss:DeleteIndex"]),
    ("GET", "/_alias/[a-z0-9-]+", ["aoss:DescribeCollectionItems"]),
    ("POST", "/_aliases", [f"aoss:{verb}CollectionItems" for verb in _ALIASES if verb != "Describe"]),
)


class Collection(Domain):
    """
    Attributes:
        collection: Its name.
        policies: Rules with their principals, of the data access policies that are deployed.
    """

    def __init__(self, collection: str, policies: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(administrator="")
        self.collection = collection
        self.policies = policies

    def answer(self, role_arn: str, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """
        Raises:
            RefusalError: a collection has no such request, no policy allows it, or it is wrong.
        """
        for methods, pattern, needed in _NEEDS:
            found = re.fullmatch(pattern, path)
            if found and method in methods.split("|"):
                names = self._names(found.groupdict().get("name"))
                missing = [one for one in needed if not self._allows(role_arn, one, names)]
                if missing:
                    raise RefusalError(
                        f"{role_arn} must have {', '.join(missing)} on {' or '.join(names)} by a data access policy",
                        status=403,
                        kind="security_exception",
                    )
                return super().answer(role_arn, method, path, body)
        raise RefusalError(f"a collection has no {method} {path}", status=404, kind="not_found_exception")

    def _require(self, role_arn: str, does: str, name: str) -> None:
        """Roles of a domain; a collection has none."""

    def _names(self, index: str | None) -> list[str]:
        """Resources as policies name them; an alias stands for its indices, too."""
        if index is None:
            return [f"collection/{self.collection}"]
        return [f"index/{self.collection}/{one}" for one in (index, *sorted(self.aliases.get(index, ())))]

    def _allows(self, role_arn: str, permission: str, names: Sequence[str]) -> bool:
        return any(
            fnmatch.fnmatchcase(permission, allowed) and fnmatch.fnmatchcase(name, resource)
            for policy in self.policies
            if role_arn in policy["Principal"]
            for rule in policy["Rules"]
            for allowed in rule["Permission"]
            for resource in rule["Resource"]
            for name in names
        )
