"""The search engine: signed requests, and documents of the index of products.

A document is an item `CATEGORY#*` of table `products` (`functions.common.product`) without its keys, under the
`product_id`.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from functions.common.aws import setting
from functions.common.names import SEARCH_ENDPOINT, SEARCH_SIGNED_FOR, UNSEARCHED_ATTRIBUTES

ALIAS = "products"
_JSON, _LINES = "application/json", "application/x-ndjson"
_REFUSED = 300
_GONE = 404
_CONFLICT = 409


class SearchError(Exception):
    """The engine did not do what it was asked; the message has no part of the request or the answer.

    Attributes:
        status: HTTP status of the answer; None without one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Engine:
    """Requests that are signed with the credentials of the process.

    Args:
        endpoint: URL, without a path.
        signed_for: Service in the signature.
        timeouts: Seconds until there is a connection, and until there is an answer.
    """

    def __init__(self, endpoint: str, signed_for: str, timeouts: tuple[float, float]) -> None:
        self._endpoint, self._signed_for = endpoint.rstrip("/"), signed_for
        # Inside the VPC: no proxy stands between.
        self._http = URLLib3Session(timeout=timeouts, max_pool_connections=50, proxies={})
        self._session = boto3.Session()

    def ask(self, method: str, path: str, body: Any = None, *, absent: bool = False) -> Any:
        """The answer, from JSON.

        Args:
            body: A JSON value, or a list of JSON values that are sent as lines where the path ends with `_bulk`.
            absent: Whether what the path names may be missing; then the answer is None.

        Raises:
            SearchError: there is no answer, or the engine refuses.
        """
        in_lines = path.endswith("_bulk")
        content = None if body is None else _lines(body) if in_lines else json.dumps(body)
        kind = _LINES if in_lines else _JSON
        request = AWSRequest(method, f"{self._endpoint}{path}", data=content, headers={"Content-Type": kind})
        if self._signed_for == "aoss":
            # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html#serverless-signing
            request.context["payload_signing_enabled"] = True
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise SearchError("there are no credentials to sign with")
            SigV4Auth(credentials, self._signed_for, self._session.region_name).add_auth(request)
            answer = self._http.send(request.prepare())
        except (BotoCoreError, OSError) as error:
            raise SearchError(f"no answer: {type(error).__name__}") from None
        if absent and answer.status_code == _GONE:
            return None
        if answer.status_code >= _REFUSED:
            raise SearchError(f"{method} was answered {answer.status_code}", answer.status_code)
        try:
            return json.loads(answer.content or b"{}")
        except ValueError:
            raise SearchError(f"{method} was answered by something else than JSON", answer.status_code) from None


@cache
def engine(*timeouts: float) -> Engine:
    """Engine of the environment, by the variables that the program sets."""
    connect, read = timeouts
    return Engine(setting(SEARCH_ENDPOINT), setting(SEARCH_SIGNED_FOR), (connect, read))


def document(item: Mapping[str, Any]) -> dict[str, Any]:
    """Document of an item, with plain numbers."""
    return {
        name: int(value) if isinstance(value, Decimal) else value
        for name, value in item.items()
        if name not in UNSEARCHED_ATTRIBUTES
    }


def write(to: Engine, index: str, changes: Iterable[tuple[str, int, Mapping[str, Any] | None]]) -> list[str]:
    """Write documents, each if its version is as new as the one that is there, or newer.

    Args:
        changes: Product id, version, and document; None deletes.

    Returns:
        Ids of the documents that were refused.

    Raises:
        SearchError: none was written, or it is not known which.
    """
    lines: list[Any] = []
    for product_id, version, content in changes:
        facts = {"_id": product_id, "version": version, "version_type": "external_gte"}
        lines += [{"delete": facts}] if content is None else [{"index": facts}, content]
    if not lines:
        return []
    answer = to.ask("POST", f"/{index}/_bulk", lines)
    outcomes = [outcome for item in answer["items"] for outcome in item.values()]
    # A newer version is there (409), or there is nothing to delete (404).
    return [one["_id"] for one in outcomes if one["status"] >= _REFUSED and one["status"] not in (_GONE, _CONFLICT)]


def _lines(values: Iterable[Any]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)
