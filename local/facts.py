"""What the status page tells of a run."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any, Final

from local.cloud import QUEUE
from local.context import Context, Front
from local.journal import Entry
from local.loops import Loops

_SHOWN: Final = 40
"""Events, denials and other entries on the page."""


class Facts:
    """Gathers the facts of a run when they are asked for."""

    def __init__(self, context: Context, front: Front, loops: Loops) -> None:
        self._context = context
        self._front = front
        self._loops = loops

    async def gather(self) -> dict[str, Any]:
        context = self._context
        return {
            "stack": context.deployed.name,
            "region": context.deployed.region,
            "account": context.deployed.account_id,
            "links": self._front.urls,
            "codes": self._front.codes(),
            "services": [self._service(label) for label in context.processes.labels()],
            "functions": [self._function(function) for function in context.functions],
            "events": self._events(),
            "denied": _newest(context.journal.denied()),
            "troubles": _newest(entry for entry in context.journal.events() if _is_trouble(entry)),
            "third_parties": [
                {
                    "name": party.name,
                    "method": party.method,
                    "endpoint": party.endpoint,
                    "auth": party.auth,
                    "rate_limit_per_second": party.rate_limit_per_second,
                    "requests": [asdict(request) for request in reversed(party.requests)],
                }
                for party in context.third_parties
            ],
            "mails": [
                {
                    "id": mail.id,
                    "at": mail.at,
                    "kind": mail.kind,
                    "from": mail.sender,
                    "to": mail.to,
                    "subject": mail.subject,
                    "text": mail.text,
                }
                for mail in islice(context.mails, _SHOWN)
            ],
            "queues": await self._queues(),
            "archived": len(context.bus.archive),
            "not_emulated": self._loops.not_emulated,
            "not_judged": list(self._front.not_judged),
            "emulator": context.cloud.url,
            "gate": context.gate_url,
        }

    async def messages(self, name: str) -> list[dict[str, Any]]:
        """Messages of a queue of this logical name that can be received; they can be received again at once.

        Raises:
            LookupError: there is no such queue.
        """
        url = next((one.outputs["url"] for one in self._context.deployed.of_type(QUEUE) if one.name == name), None)
        if url is None:
            raise LookupError(f"no queue {name}")
        return await self._context.cloud.peek(url)

    def _service(self, label: str) -> dict[str, Any]:
        task = next(task for task in self._context.processes if task.label == label)
        return {
            "label": label,
            "state": task.state,
            "is_running": task.is_running,
            "address": f"127.0.0.1:{task.port}" if task.port else "",
            "image": task.container["image"],
            "role": task.role_arn.rpartition("/")[2],
            "groups": [self._group(group) for group in task.groups],
            "starts": task.starts,
        }

    def _group(self, group_id: str) -> str:
        groups = self._context.deployed.of_type("aws:ec2/securityGroup:SecurityGroup")
        return next((group.name for group in groups if group.id == group_id), group_id)

    def _function(self, function: Any) -> dict[str, Any]:
        return {
            "name": function.name,
            "role": function.outputs["role"].rpartition("/")[2],
            "changed": self._context.functions.changed(function),
            **self._context.functions.counts(function),
        }

    def _events(self) -> list[dict[str, Any]]:
        """Events of the buses, the newest first, each with what became of it at each target."""
        journal = self._context.journal
        ends: dict[str, list[Entry]] = {}
        for kind in ("bus.delivered", "bus.failed", "bus.dead-letter", "bus.lost", "bus.function-failed"):
            for entry in journal.entries(kind):
                ends.setdefault(entry["event_id"], []).append(entry)
        readers = {mapping.source.rpartition(":")[2]: mapping.reader for mapping in self._loops.mappings}
        return [
            {**event, "path": [_step(end, readers) for end in sorted(ends.get(event["event_id"], ()), key=_time)]}
            for event in _newest(journal.entries("bus.event"))
        ]

    async def _queues(self) -> list[dict[str, Any]]:
        """Queues that hold messages."""
        queues = self._context.deployed.of_type(QUEUE)
        counts = await asyncio.gather(*(self._context.cloud.counts(queue.outputs["url"]) for queue in queues))
        return [
            {"name": queue.name, "visible": visible, "in_flight": in_flight}
            for queue, (visible, in_flight) in zip(queues, counts, strict=True)
            if visible or in_flight
        ]


def _step(end: Entry, readers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rule": end["rule"],
        "target": end["target"],
        "reader": readers.get(end["target"], ""),
        "outcome": end["kind"].removeprefix("bus."),
        "attempt": end.get("attempt", 0),
        "code": end.get("code", ""),
    }


def _is_trouble(entry: Entry) -> bool:
    return entry["kind"].rpartition(".")[2] in ("failed", "ended", "lost", "dead-letter", "function-failed")


def _time(entry: Entry) -> str:
    return entry["at"]


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    return list(entries)[: -_SHOWN - 1 : -1]
