"""Makes the index of products what it is to be, in steps that each can be done again.

1. Roles of a domain, the IAM roles that have them, and what is audited; a collection has access policies instead.
2. The index, by the template and the synonyms beside this file, under a name that only they have.
3. Its documents, unless a pipeline brings them.
4. The alias that readers ask for, once the index has what the table has; in the same moment it leaves the former index.
5. Former indices are deleted.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import dynamodb, setting, table
from functions.common.log import logger
from functions.common.names import SEARCH_COPIES, SEARCH_FILLS, SEARCH_INDEX, SEARCH_ROLES, SEARCH_SIGNED_FOR
from functions.common.product import EVERYTHING
from functions.common.search import ALIAS, Engine, SearchError, document, engine, write

_HERE = Path(__file__).parent
_METRIC = "UnfinishedIndex"
_PAGE = 500
_WAKING_SECONDS, _SHOWN_SECONDS, _PAUSE_SECONDS = 90, 60, 5
_NOT_YET = (401, 403, 429)
_BROKEN = 500
_BEHIND_SECONDS = 60
_ROLES = "/_plugins/_security/api"
# Without a share of documents: changes are on their way while both are counted.
_ENOUGH_PERCENT = 99
_PERMISSIONS: dict[str, dict[str, Any]] = {
    "reader": {
        "cluster_permissions": [],
        "index_permissions": [{"index_patterns": [f"{ALIAS}*"], "allowed_actions": ["indices:data/read/search*"]}],
    },
    "writer": {
        "cluster_permissions": ["cluster_composite_ops", "cluster_monitor"],
        "index_permissions": [
            {
                "index_patterns": [f"{ALIAS}-*"],
                "allowed_actions": ["indices:data/write*", "indices:admin/get", "indices:admin/mapping/put"],
            }
        ],
    },
}
_MADE_HERE = {"made_by": "template"}
# Refused requests and changes of the security settings; bodies have words of customers.
_AUDIT: dict[str, Any] = {
    "enabled": True,
    "audit": {
        "enable_rest": True,
        "disabled_rest_categories": ["AUTHENTICATED", "GRANTED_PRIVILEGES"],
        "enable_transport": True,
        "disabled_transport_categories": ["AUTHENTICATED", "GRANTED_PRIVILEGES"],
        "log_request_body": False,
        "resolve_bulk_requests": False,
        "resolve_indices": True,
        "exclude_sensitive_headers": True,
        "ignore_users": [],
        "ignore_requests": [],
    },
    "compliance": {
        "enabled": True,
        "internal_config": True,
        "external_config": False,
        "read_metadata_only": True,
        "read_watched_fields": {},
        "read_ignore_users": [],
        "write_metadata_only": True,
        "write_log_diffs": False,
        "write_watched_indices": [],
        "write_ignore_users": [],
    },
}
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """
    Args:
        event: Of a schedule, or of an update; it says nothing.

    Returns:
        `index`, and whether readers are answered from it (`serves`).

    Raises:
        SearchError, ClientError: a step failed; the next run does it.
    """
    search, index = engine(2, 20), setting(SEARCH_INDEX)
    if _is_domain():
        _map_roles(search)
        _audit(search)
    else:
        _wake(search)
    _make(search, index)
    former = _aliased(search)
    if former == [index]:
        metrics.add_metric(name=_METRIC, unit=MetricUnit.Count, value=0)
    else:
        metrics.add_metric(name=_METRIC, unit=MetricUnit.Count, value=int(not _switched(search, index, former)))
    serves = _aliased(search) == [index]
    if serves:
        _delete_others(search, index)
    return {"index": index, "serves": serves}


def _is_domain() -> bool:
    return setting(SEARCH_SIGNED_FOR) == "es"


def _wake(search: Engine) -> None:
    """Wait until the collection answers: one that has scaled to zero takes up to 30 seconds, and a new access policy
    about a minute (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html).

    Raises:
        SearchError: it does not.
    """
    until = time.monotonic() + _WAKING_SECONDS
    while True:
        try:
            _aliased(search)
            return
        except SearchError as error:
            is_late = error.status is None or error.status in _NOT_YET or error.status >= _BROKEN
            if not is_late or time.monotonic() >= until:
                raise
            logger.info("collection is not ready", extra={"status": error.status})
            time.sleep(_PAUSE_SECONDS)


def _template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads((_HERE / "template.json").read_text())
    lines = (_HERE / "synonyms.txt").read_text().splitlines()
    synonyms = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    template["mappings"]["_meta"] = _MADE_HERE
    settings = template["settings"]["index"]
    settings["analysis"]["filter"]["synonyms"]["synonyms"] = synonyms
    if _is_domain():
        settings["number_of_replicas"] = int(setting(SEARCH_COPIES))
    else:  # a collection sizes itself
        template["settings"]["index"] = {"analysis": settings["analysis"]}
    return template


def _map_roles(search: Engine) -> None:
    for role, arns in json.loads(setting(SEARCH_ROLES)).items():
        name = f"{ALIAS}-{role}"
        search.ask("PUT", f"{_ROLES}/roles/{name}", _PERMISSIONS[role])
        search.ask("PUT", f"{_ROLES}/rolesmapping/{name}", {"backend_roles": sorted(arns)})


def _audit(search: Engine) -> None:
    """Domains publish audit logs only once the security plugin writes them
    (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/audit-logs.html)."""
    now = search.ask("GET", f"{_ROLES}/audit")["config"]
    parts = ("audit", "compliance")
    if not now.get("enabled") or any({**now.get(part, {}), **_AUDIT[part]} != now.get(part) for part in parts):
        search.ask("PUT", f"{_ROLES}/audit/config", _AUDIT)
        logger.info("audit switched on")


def _make(search: Engine, index: str) -> None:
    """Make the index. Who wrote into it before it was there made one without the template, which answers nothing."""
    there = search.ask("GET", f"/{index}", absent=True)
    if there is not None and there[index]["mappings"].get("_meta") == _MADE_HERE:
        return
    if there is not None:
        search.ask("DELETE", f"/{index}", absent=True)
        logger.warning("index had no template", extra={"index": index})
    search.ask("PUT", f"/{index}", _template())
    logger.info("index made", extra={"index": index})


def _aliased(search: Engine) -> list[str]:
    """Indices that the alias leads to."""
    return sorted(search.ask("GET", f"/_alias/{ALIAS}", absent=True) or {})


def _switched(search: Engine, index: str, former: list[str]) -> bool:
    """Whether the alias leads to the index now."""
    if setting(SEARCH_FILLS) == "true":
        _fill(search, index)
    wanted = _products()
    there = _documents(search, index, wanted)
    facts = {"index": index, "documents": there, "products": wanted}
    if not _suffices(there, wanted):
        logger.warning("index is not filled yet", extra=facts)
        return False
    removed = [{"remove": {"index": name, "alias": ALIAS}} for name in former if name != index]
    search.ask("POST", "/_aliases", {"actions": [*removed, {"add": {"index": index, "alias": ALIAS}}]})
    logger.info("alias switched", extra=facts)
    return True


def _suffices(there: int, wanted: int) -> bool:
    return there * 100 >= wanted * _ENOUGH_PERCENT


def _documents(search: Engine, index: str, wanted: int) -> int:
    """Documents that searches find. A collection shows what is written after some seconds, and has no request for it
    (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html)."""
    if _is_domain():
        search.ask("POST", f"/{index}/_refresh")
    until = time.monotonic() + (0 if _is_domain() else _SHOWN_SECONDS)
    while True:
        there: int = search.ask("GET", f"/{index}/_count")["count"]
        if _suffices(there, wanted) or time.monotonic() >= until:
            return there
        time.sleep(_PAUSE_SECONDS)


def _fill(search: Engine, index: str) -> None:
    """Write all products as they are now; what changes meanwhile comes by the stream, with a later version.

    Raises:
        SearchError: the engine refused documents.
    """
    for version, items in _pages():
        refused = write(search, index, [(item["product_id"], version, document(item)) for item in items])
        if refused:
            raise SearchError(f"{len(refused)} documents were refused")


def _pages() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    start: dict[str, Any] = {}
    while True:
        version = version_at(time.time())
        answer = dynamodb().query(**_listed(), Limit=_PAGE, **start)
        yield version, answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _products() -> int:
    pages = dynamodb().get_paginator("query").paginate(**_listed(), Select="COUNT")
    return sum(page["Count"] for page in pages)


def _listed() -> dict[str, Any]:
    return {
        "TableName": table("products"),
        "IndexName": "by_category",
        "KeyConditionExpression": "category_id = :all",
        "ExpressionAttributeValues": {":all": EVERYTHING},
    }


def version_at(seconds: float) -> int:
    """Version of a document that was read then. An index of the table may be behind: whatever the stream tells of the
    last minute is newer."""
    return int(seconds) - _BEHIND_SECONDS


def _delete_others(search: Engine, index: str) -> None:
    for name in search.ask("GET", f"/{ALIAS}-*", absent=True) or {}:
        if name != index:
            search.ask("DELETE", f"/{name}", absent=True)
            logger.info("former index deleted", extra={"index": name})
