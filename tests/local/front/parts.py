"""Stand-ins for the other parts of the run."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from local.front.balancer import Balancer
from local.front.messages import Answer, Call, Forwarder, HttpApp
from local.journal import Journal
from local.serving import HOST, serve
from local.state import Deployed
from offline.recorder import ACCOUNT_ID, REGION, Recorder


def entries_of(recorder: Recorder) -> list[dict[str, Any]]:
    """What a checkpoint would hold of a program that ran against the recorder."""
    outputs = {"environment_region": REGION, "environment_account_id": ACCOUNT_ID}
    stack = {"urn": "urn:pulumi:dev::web-store::pulumi:pulumi:Stack::web-store-dev", "type": "pulumi:pulumi:Stack"}
    return [
        {**stack, "outputs": outputs},
        *(
            {
                "urn": made.urn,
                "type": made.type,
                "id": made.id,
                "parent": made.parent,
                "inputs": made.inputs,
                "outputs": made.outputs,
            }
            for made in recorder.resources
        ),
    ]


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    why: str = "the test says so"


@dataclass
class Judge:
    """Denies the actions in `denied`; keeps what it was asked."""

    denied: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    contexts: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, principal: str, action: str, resource: str, context: Mapping[str, str], /) -> Verdict:
        self.asked.append((principal, action, resource))
        self.contexts.append(context)
        return Verdict(action not in self.denied)


@dataclass
class Groups:
    denied: bool = False
    asked: list[tuple[tuple[str, ...], tuple[str, ...], int]] = field(default_factory=list)

    def allows(self, source_groups: Sequence[str], target_groups: Sequence[str], port: int) -> Verdict:
        self.asked.append((tuple(source_groups), tuple(target_groups), port))
        return Verdict(not self.denied)


@dataclass
class Processes:
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)

    def address(self, service: str) -> tuple[str, int] | None:
        return self.addresses.get(service)

    def groups(self, service: str) -> Sequence[str]:
        return [f"sg-{service}"]


async def echo(call: Call) -> Answer:
    """A service that says what it got."""
    headers = dict(call.headers)
    got = {"method": call.method, "target": call.target, "query": call.query, "headers": headers}
    return Answer(
        status=int(headers.get("x-answer", "200")),
        headers=(
            ("content-type", "application/json"),
            ("server", "e"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ),
        body=json.dumps({**got, "body": call.body.decode()}).encode(),
    )


@asynccontextmanager
async def services(*names: str) -> AsyncIterator[Processes]:
    """Services of these labels, which all echo."""
    listener = await serve(HttpApp(echo))
    try:
        yield Processes(dict.fromkeys(names, (HOST, listener.port)))
    finally:
        await listener.close()


@dataclass
class Tier:
    """Load balancers of a state, and what is behind them."""

    deployed: Deployed
    journal: Journal
    processes: Processes = field(default_factory=Processes)
    groups: Groups = field(default_factory=Groups)
    forwarder: Forwarder = field(default_factory=Forwarder)
    clock: Callable[[], float] = lambda: 0.0

    def balancer(self, arn: str) -> Balancer:
        return Balancer(
            self.deployed,
            arn,
            forwarder=self.forwarder,
            processes=self.processes,
            groups=self.groups,
            journal=self.journal,
            clock=self.clock,
        )


@dataclass
class Functions:
    """Answers each invocation with `payload`, or fails with `error`."""

    payload: Any = None
    error: dict[str, str] | None = None
    events: list[tuple[str, Any]] = field(default_factory=list)

    def groups(self, _service: str) -> list[str]:
        return []

    async def invoke(self, function: str, event: Any) -> tuple[Any, dict[str, str] | None]:
        self.events.append((function, event))
        return (None, self.error) if self.error else (self.payload, None)
