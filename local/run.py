"""One run of a deployed stack: its parts in the order in which they need each other."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from functions.common import names
from local.bus import Bus
from local.children import Logs
from local.cloud import Cloud
from local.context import Context, Front
from local.errors import LocalError
from local.front.start import start_front
from local.functions import Functions, service_of
from local.gate import Gate
from local.journal import Journal
from local.lex import Lex
from local.location import Location
from local.loops import Loops
from local.mailbox import Mailbox
from local.opensearch.server import SearchServer, domain_of
from local.pacing import Pacing
from local.page import Page
from local.personalize import Personalize
from local.principals import Principals
from local.processes import Processes, Task
from local.security_groups import SecurityGroups
from local.seed import SEED, Feeds, seed
from local.serving import HOST, Listener, serve
from local.state import Deployed, Resource
from local.third_parties import ThirdParties
from offline.commands import STORE
from offline.workspace import Workspace

_TOKEN_BYTES: Final = 24
# Traces go to an image of AWS's, or to Lambda's own daemon, that cannot run here.
_UNTRACED: Final = {"OTEL_SDK_DISABLED": "true"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """
    Attributes:
        port: Port of the store; 0 takes any free one.
        page_port: Port of the status page; 0 takes any free one.
        longest_retry_seconds: Bound of each wait before a retry by rules, pipes, mappings and queues. If not given,
            queues wait as deployed, and the others a minute at most.
        module: Python module that serves any service, and its arguments.
        is_ours: Whether an image is built from this project; by the state if not given.
        seed: Folder with records of the feeds; None puts none.
    """

    env: str
    port: int = 8080
    page_port: int = 0
    longest_retry_seconds: float | None = None
    workspace: Workspace = STORE
    module: Sequence[str] = ("services",)
    is_ours: Callable[[str], bool] | None = None
    seed: Path | None = SEED
    console: Console = field(default_factory=Console)


@dataclass(kw_only=True)
class Run:
    """A stack that runs.

    Attributes:
        page_url: Status page, with its token.
        seeded: Records put on each feed.
    """

    context: Context
    front: Front
    loops: Loops
    feeds: Feeds
    page_url: str
    seeded: Mapping[str, int]


@contextmanager
def alone(folder: Path, env: str) -> Iterator[None]:
    """Hold the lock of a stack's run; it is free as soon as its holder ends, however that ends.

    Raises:
        LocalError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise LocalError(
                f"stack {env} runs already, in process {pid}. Use that run, or end it: kill -INT {pid}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


async def start(options: Options, deployed: Deployed, parts: AsyncExitStack) -> Run:
    """Start all parts; `parts` ends them, the last one first.

    Raises:
        LocalError: a part cannot start.
    """
    folder = options.workspace.home / "run" / options.env
    parts.enter_context(alone(folder, options.env))
    journal = parts.enter_context(Journal(folder / "journal.jsonl"))
    logs = Logs(folder / "logs", options.console)
    pacing = Pacing() if options.longest_retry_seconds is None else Pacing(options.longest_retry_seconds)
    context, given = await _account(options, deployed, folder, journal, logs, pacing, parts)
    front = given.front = await start_front(context, logs)
    _at_end(parts, front.close)

    judge = context.gate.judge
    loops = Loops(deployed, context.cloud, context.functions, context.bus, judge, journal, pacing, context.search)
    loops.start()
    _at_end(parts, loops.close)
    feeds = Feeds(deployed, context.cloud, loops.topics)
    seeding = seed(feeds, loops.mappings, options.seed) if options.seed else _nothing()
    seeded, _ = await asyncio.gather(seeding, context.processes.start(given.of_task))

    token = secrets.token_urlsafe(_TOKEN_BYTES)
    page = await serve(Page(context, front, loops, feeds, logs, token), options.page_port)
    _at_end(parts, page.close)
    return Run(
        context=context, front=front, loops=loops, feeds=feeds, page_url=f"{page.url}/?token={token}", seeded=seeded
    )


async def _account(
    options: Options,
    deployed: Deployed,
    folder: Path,
    journal: Journal,
    logs: Logs,
    pacing: Pacing,
    parts: AsyncExitStack,
) -> "tuple[Context, _Given]":
    """The AWS account: its data, who may do what, functions and events; tasks are not started yet."""
    cloud = await Cloud.start(deployed, logs)
    _at_end(parts, cloud.close)
    await cloud.provision(options.longest_retry_seconds)

    principals = Principals()
    gate = Gate(deployed, principals, journal, cloud.url)
    _at_end(parts, gate.close)
    listener = await serve(gate)
    _at_end(parts, listener.close)
    domain = domain_of(deployed)
    search = SearchServer(domain, gate, principals, journal, deployed) if domain else None
    found = await serve(search) if search else None
    if found:
        _at_end(parts, found.close)
    given = _Given(deployed, principals, listener, found)

    third_parties = ThirdParties(deployed)
    functions = Functions(deployed, given.of_function, logs, journal, folder / "code", is_ours=options.is_ours)
    _at_end(parts, functions.close)
    gate.invoke = functions.invoke
    bus = Bus(deployed, cloud, functions, third_parties, gate.judge, journal, pacing)
    _at_end(parts, bus.close)
    gate.served["events", "PutEvents"] = bus.put_events
    mails = Mailbox(deployed, cloud, bus)
    gate.served["sesv2", "SendEmail"] = mails.send
    gate.served["lexv2-runtime", "RecognizeText"] = Lex(deployed, functions, gate.judge).recognize_text
    gate.served |= Location(deployed, bus).operations
    personalize = Personalize(deployed, cloud)
    gate.served |= personalize.operations
    processes = Processes(deployed, cloud, gate.judge, logs, journal, module=options.module, is_ours=options.is_ours)
    _at_end(parts, processes.close)
    context = Context(
        env=options.env,
        port=options.port,
        folder=folder,
        deployed=deployed,
        journal=journal,
        principals=principals,
        security_groups=SecurityGroups(deployed),
        gate=gate,
        gate_url=listener.url,
        cloud=cloud,
        functions=functions,
        processes=processes,
        third_parties=third_parties,
        bus=bus,
        personalize=personalize,
        mails=mails,
        search=search,
    )
    return context, given


async def _nothing() -> Mapping[str, int]:
    return {}


def _at_end(parts: AsyncExitStack, close: Callable[[], Awaitable[None]]) -> None:
    parts.push_async_callback(close)


class _Given:
    """What tasks and functions get beside their own variables."""

    def __init__(
        self, deployed: Deployed, principals: Principals, gate: Listener, search: Listener | None = None
    ) -> None:
        self._deployed = deployed
        self._principals = principals
        self._gate = gate
        self._search = search
        self.front: Front | None = None

    def of_task(self, task: Task) -> Mapping[str, str]:
        assert self.front
        own = {one["name"] for one in task.container.get("environment") or []}
        return {**self._common(task.role_arn, own), **_UNTRACED, **self.front.variables(task.label)}

    def of_function(self, function: Resource) -> Mapping[str, str]:
        own = (function.outputs.get("environment") or {}).get("variables") or {}
        common, service = self._common(function.outputs["role"], own), service_of(function)
        if service is None:
            return common
        assert self.front
        return {**common, **_UNTRACED, **self.front.variables(service)}

    def _common(self, role_arn: str, own: Collection[str]) -> dict[str, str]:
        credentials = self._principals.credentials(role_arn)
        address = f"{HOST}:{self._gate.port}"
        return {
            **({names.SEARCH_ENDPOINT: self._search.url} if self._search and names.SEARCH_ENDPOINT in own else {}),
            "AWS_ENDPOINT_URL": self._gate.url,
            # All services are at this address, and no name is below it.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_REGION": self._deployed.region,
            "AWS_DEFAULT_REGION": self._deployed.region,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": address,
            "no_proxy": address,
        }
