"""The AWS account of a run without its front: data, functions, bus, pipes and mappings."""

import io
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from local.bus import Bus
from local.children import Logs
from local.cloud import QUEUE, Cloud
from local.functions import Functions
from local.journal import Journal
from local.pacing import Pacing
from local.state import Deployed, Resource
from local.third_parties import ThirdParties
from tests.local.front.parts import Judge as Recorded
from tests.local.front.parts import Verdict


@dataclass
class Judge(Recorded):
    """Denies calls on some resources, too."""

    denied_resources: set[str] = field(default_factory=set)

    def __call__(self, principal: str, action: str, resource: str, context: Mapping[str, str], /) -> Verdict:
        verdict = super().__call__(principal, action, resource, context)
        return Verdict(verdict.allowed and resource not in self.denied_resources)


@dataclass(kw_only=True)
class Account:
    deployed: Deployed
    cloud: Cloud
    functions: Functions
    third_parties: ThirdParties
    bus: Bus
    judge: Judge
    journal: Journal
    logs: Logs
    folder: Path

    def one(self, token: str, name: str) -> Resource:
        (found,) = (resource for resource in self.deployed.of_type(token) if resource.name == name)
        return found

    def queue(self, name: str) -> Resource:
        return self.one(QUEUE, name)

    async def messages(self, queue: str) -> list[dict[str, Any]]:
        return await self.cloud.peek(self.queue(queue).outputs["url"])

    async def empty(self) -> None:
        """Delete what can be received from any queue; SQS purges a queue once a minute at most."""
        for queue in self.deployed.of_type(QUEUE):
            url = queue.outputs["url"]
            ask = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
            while messages := (await self.cloud.call("sqs", "ReceiveMessage", **ask)).get("Messages"):
                for message in messages:
                    handle = message["ReceiptHandle"]
                    await self.cloud.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)


async def started(deployed: Deployed, folder: Path, parts: AsyncExitStack) -> Account:
    logs = Logs(folder / "logs", Console(file=io.StringIO()))
    journal = parts.enter_context(Journal(folder / "journal.jsonl"))
    cloud = await Cloud.start(deployed, logs)
    parts.push_async_callback(cloud.close)
    await cloud.provision()

    def variables(_: Resource) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_DEFAULT_REGION": deployed.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    functions = Functions(deployed, variables, logs, journal, folder / "code")
    parts.push_async_callback(functions.close)
    third_parties = ThirdParties(deployed)
    judge = Judge()
    bus = Bus(deployed, cloud, functions, third_parties, judge, journal, Pacing(0))
    parts.push_async_callback(bus.close)
    return Account(
        deployed=deployed,
        cloud=cloud,
        functions=functions,
        third_parties=third_parties,
        bus=bus,
        judge=judge,
        journal=journal,
        logs=logs,
        folder=folder,
    )
