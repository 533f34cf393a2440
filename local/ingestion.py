"""OpenSearch Ingestion pipelines from a table into the search domain, as the state has them.

Reads the stream from its beginning: a run starts with empty tables, so there is nothing to export. Knows what our
pipelines have (https://docs.opensearch.org/latest/data-prepper/pipelines/), and refuses the rest when the run starts.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml
from boto3.dynamodb.types import TypeDeserializer

from local.cloud import Cloud
from local.errors import LocalError
from local.journal import Journal
from local.judge import Judge
from local.opensearch.server import SearchServer
from local.pacing import Pacing
from local.state import Deployed, Resource
from local.streams import Record, Retries, shards_of, work

PIPELINE: Final = "aws:opensearchingest/pipeline:Pipeline"
_MOST: Final = 100
_RETRIES: Final = Retries(attempts=-1, age_seconds=24 * 3600, bisects=True)
_DROP = re.compile(r'/(?P<name>\w+) != "(?P<value>[^"]*)"')
_ACTIONS: Final = {"INSERT": "index", "MODIFY": "index", "REMOVE": "delete"}
_plain = TypeDeserializer().deserialize


class Ingestion:
    """One pipeline.

    Raises:
        LocalError: its configuration has something that is not known here.
    """

    def __init__(
        self, pipeline: Resource, cloud: Cloud, server: SearchServer, judge: Judge, journal: Journal, pacing: Pacing
    ) -> None:
        self._pipeline = pipeline
        self._cloud, self._server, self._judge = cloud, server, judge
        self._journal, self._pacing = journal, pacing
        body = yaml.safe_load(pipeline.outputs["pipelineConfigurationBody"])
        (of,) = (value for name, value in body.items() if name != "version")
        source, sink = of["source"]["dynamodb"], of["sink"][0]["opensearch"]
        (table,) = source["tables"]
        self._table_arn: str = table["table_arn"]
        self._sees_removed = table["stream"].get("view_on_remove") == "OLD_IMAGE"
        self._role: str = source["aws"]["sts_role_arn"]
        self._index: str = sink["index"]
        self._check(of, sink)
        self._kept: tuple[str, str] | None = None
        self._deleted: Sequence[str] = ()
        for step in of.get("processor", ()):
            ((kind, given),) = step.items()
            found = _DROP.fullmatch(given.get("drop_when", "")) if kind == "drop_events" else None
            if found:
                self._kept = (found["name"], found["value"])
            elif kind == "delete_entries" and given.keys() == {"with_keys"}:
                self._deleted = given["with_keys"]
            else:
                raise LocalError(f"pipeline {pipeline.name} has a processor that is not known here: {kind} {given}")

    @property
    def name(self) -> str:
        return self._pipeline.name

    async def run(self) -> None:
        """Read the stream without end."""
        table = self._table_arn.partition(":table/")[2]
        stream = {"StreamArn": await self._cloud.stream_arn(table)}
        shards = await shards_of(self._cloud, "dynamodbstreams", stream)
        await asyncio.gather(*(shard.read(self._cloud, "TRIM_HORIZON", _MOST, self._take) for shard in shards))

    async def _take(self, records: list[Record]) -> None:
        fitting = [one for one in records if self._kept is None or self._value(one, self._kept[0]) == self._kept[1]]
        if fitting:
            await work(fitting, self._handle, self._give_up, _RETRIES, self._pacing)

    def _value(self, record: Record, name: str) -> Any:
        """Attribute of an event. The event of a deleted item is empty unless the stream is read by old images
        (`StreamConfig.view_on_remove` of Data Prepper)."""
        facts = record["dynamodb"]
        removed = facts.get("OldImage") if self._sees_removed else None
        value = (facts.get("NewImage") or removed or {}).get(name)
        return None if value is None else _plain(value)

    async def _handle(self, batch: Sequence[Record]) -> int | None:
        stream = f"{self._table_arn}/stream/local"
        if not self._judge(self._role, "dynamodb:GetRecords", stream, {}).allowed:
            return 0
        lines = "".join(f"{json.dumps(line)}\n" for record in batch for line in self._lines(record))
        path = f"/{self._index}/_bulk"
        status, answer = self._server.as_role(self._role, "osis", "POST", path, lines.encode())
        if status >= 300:
            self._journal.event("ingestion.failed", pipeline=self.name, status=status, why=str(answer)[:300])
            return 0
        refused = [one for item in answer["items"] for one in item.values() if "error" in one]
        for one in refused:
            self._journal.event("ingestion.dead-letter", pipeline=self.name, document=one["_id"], why=one["error"])
        self._journal.event("ingestion.done", pipeline=self.name, records=len(batch) - len(refused))
        return None

    def _lines(self, record: Record) -> list[Mapping[str, Any]]:
        facts = record["dynamodb"]
        action = _ACTIONS[record["eventName"]]
        version = int(facts["SequenceNumber"])
        head = {"_id": self._value(record, "product_id"), "version": version, "version_type": "external"}
        if action == "delete":
            return [{action: head}]
        item = {name: _plain(value) for name, value in facts["NewImage"].items() if name not in self._deleted}
        return [{action: head}, json.loads(json.dumps(item, default=int))]

    async def _give_up(self, records: Sequence[Record], condition: str) -> None:
        self._journal.event("ingestion.lost", pipeline=self.name, records=len(records), condition=condition)

    def _check(self, of: Mapping[str, Any], sink: Mapping[str, Any]) -> None:
        wanted = {
            "document_id": "${/product_id}",
            "action": '${getMetadata("opensearch_action")}',
            "document_version": '${getMetadata("document_version")}',
            "document_version_type": "external",
            "index_type": "management_disabled",
        }
        other = sorted(name for name, value in wanted.items() if sink.get(name) != value)
        unknown = sorted(of.keys() - {"source", "processor", "sink"})
        if other or unknown or len(of["sink"]) != 1:
            told = ", ".join([*other, *unknown]) or "several sinks"
            raise LocalError(f"pipeline {self.name} has what is not known here: {told}")


def ingestions(
    deployed: Deployed, server: SearchServer | None, cloud: Cloud, judge: Judge, journal: Journal, pacing: Pacing
) -> list[Ingestion]:
    """All pipelines of the state that end in its search domain.

    Raises:
        LocalError: one has something that is not known here.
    """
    if server is None:
        return []
    return [Ingestion(one, cloud, server, judge, journal, pacing) for one in deployed.of_type(PIPELINE)]
