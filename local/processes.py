"""Tasks of ECS services, one child process for each service whose image is built from this project."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from functions.common import names
from local.children import Child, Logs
from local.cloud import Cloud
from local.errors import AwsError, LocalError
from local.journal import Journal
from local.judge import Judge
from local.serving import HOST, free_port
from local.state import Deployed, Resource
from local.tasks import end

SERVICE: Final = "aws:ecs/service:Service"
TASK_DEFINITION: Final = "aws:ecs/taskDefinition:TaskDefinition"
_TARGET_GROUP: Final = "aws:lb/targetGroup:TargetGroup"
_MODULE: Final = ("services",)
_LOOK_SECONDS: Final = 0.1
_LONGEST_LOOK: Final = 1.0
# A run tells of a task that is not healthy by then, and goes on: sooner if it answers, but badly.
_HEALTHY_SECONDS: Final = 60.0
_BAD_ANSWERS: Final = 12
_STEADY_SECONDS: Final = 20.0
_LONGEST_PAUSE: Final = 30.0
_STOP_SECONDS: Final = 5.0

Variables = Callable[["Task"], Mapping[str, str]]
"""What a task's own variables are replaced and completed with: credentials, endpoint, addresses."""


@dataclass
class Task:
    """The task of one service.

    Attributes:
        label: Name of the service, STORE_SERVICE of its container.
        is_ours: Its image is built from this project; another cannot run here.
        state: `running`, or why not.
    """

    label: str
    service: Resource
    definition: Resource
    container: Mapping[str, Any]
    is_ours: bool
    health_path: str
    port: int = 0
    child: Child | None = None
    state: str = "stopped"
    starts: int = 0
    keeper: "asyncio.Task[None] | None" = None

    @property
    def role_arn(self) -> str:
        return self.definition.outputs["taskRoleArn"]

    @property
    def groups(self) -> list[str]:
        """Security groups of its network interface."""
        return list((self.service.outputs.get("networkConfiguration") or {}).get("securityGroups") or [])

    @property
    def is_running(self) -> bool:
        return self.state == "running"


class Processes:
    """Starts, watches and stops tasks; a task that ends by itself is started again, as ECS does."""

    def __init__(
        self,
        deployed: Deployed,
        cloud: Cloud,
        judge: Judge,
        logs: Logs,
        journal: Journal,
        *,
        module: Sequence[str] = _MODULE,
        is_ours: Callable[[str], bool] | None = None,
    ) -> None:
        """
        Args:
            module: Python module that serves any service, and its arguments.
            is_ours: Whether an image is built from this project; by the images of the state if not given.
        """
        self._cloud = cloud
        self._judge = judge
        self._logs = logs
        self._journal = journal
        self._module = tuple(module)
        built = images_of(deployed)
        paths = {group.arn: group.outputs["healthCheck"]["path"] for group in deployed.of_type(_TARGET_GROUP)}
        definitions = {one.arn: one for one in deployed.of_type(TASK_DEFINITION)}
        self._tasks: dict[str, Task] = {}
        for service in deployed.of_type(SERVICE):
            definition = definitions[service.outputs["taskDefinition"]]
            container = _container(service, definition)
            own = (is_ours or built.__contains__)(container["image"])
            groups = service.outputs.get("loadBalancers") or []
            path = next((paths[one["targetGroupArn"]] for one in groups if one["targetGroupArn"] in paths), "")
            task = Task(_label(service, container), service, definition, container, own, path)
            task.state = "stopped" if own else f"its image {container['image']} is not built from this project"
            self._tasks[task.label] = task

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def labels(self) -> list[str]:
        return list(self._tasks)

    def address(self, label: str) -> tuple[str, int] | None:
        """Where the task of a service listens, while it runs."""
        task = self._tasks.get(label)
        return (HOST, task.port) if task and task.is_running else None

    def groups(self, label: str) -> list[str]:
        """Security groups of a service's tasks."""
        return self._tasks[label].groups if label in self._tasks else []

    async def start(self, variables: Variables) -> None:
        """Start the task of each service, and wait until they answer; one that does not is told by its state."""
        self._variables = variables
        await asyncio.gather(*(self._start(task) for task in self if task.is_ours))

    async def restart(self, label: str) -> None:
        """Stop the task if it runs, and start a new one.

        Raises:
            LookupError: there is no such service.
        """
        await self.stop(label)
        await self._start(self._tasks[label])

    async def stop(self, label: str) -> None:
        """Stop the task; it stays so until `restart`.

        Raises:
            LookupError: there is no such service.
        """
        await self._end(self._tasks[label], _STOP_SECONDS)

    async def kill(self, label: str) -> None:
        """End the task's process at once, as a crash does: a new one is started.

        Raises:
            LookupError: there is no such service.
        """
        child = self._tasks[label].child
        if child:
            await child.stop(0)

    async def close(self) -> None:
        await asyncio.gather(*(self._end(task, _STOP_SECONDS) for task in self))

    async def _start(self, task: Task) -> None:
        if not task.is_ours:
            return
        begun = asyncio.Event()
        task.keeper = asyncio.create_task(self._keep(task, begun))
        await begun.wait()

    async def _end(self, task: Task, grace_seconds: float) -> None:
        if task.keeper:
            await end([task.keeper])
            task.keeper = None
        if task.child:
            await task.child.stop(grace_seconds)
            task.child = None
        if task.is_ours:
            task.state = "stopped"

    async def _keep(self, task: Task, begun: asyncio.Event) -> None:
        """Run the task without end; `begun` is set after the first attempt."""
        pause = 1.0
        while True:
            since = time.monotonic()
            try:
                code = await self._run_once(task, begun)
            except LocalError as problem:
                task.state = f"cannot start: {problem}"
                self._journal.event("task.failed", service=task.label, why=str(problem))
            else:
                task.state = f"ended with exit code {code}; it is started again. Log: {self._logs.path(task.label)}"
                self._journal.event("task.ended", service=task.label, code=code)
            begun.set()
            if time.monotonic() - since > _STEADY_SECONDS:
                pause = 1.0
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _run_once(self, task: Task, begun: asyncio.Event) -> int:
        """Start the task's process and wait for its end.

        Raises:
            LocalError: it may not read its secrets, or there is none.
        """
        secrets = await self._secrets(task)
        task.port = free_port()
        task.starts += 1
        task.state = "starting"
        own = {one["name"]: one["value"] for one in task.container.get("environment") or []}
        given = {**own, **secrets, **self._variables(task), "STORE_HOST": HOST, "STORE_PORT": str(task.port)}
        child = task.child = await Child.start(task.label, self._module, given, self._logs)
        healthy = asyncio.create_task(self._await_health(task, child, begun))
        late = asyncio.get_running_loop().call_later(_HEALTHY_SECONDS, begun.set)
        try:
            return await child.ended()
        finally:
            late.cancel()
            healthy.cancel()

    async def _await_health(self, task: Task, child: Child, begun: asyncio.Event) -> None:
        """Ask as the load balancer does, until the answer is good."""
        path = task.health_path or "/health/live"
        pause, bad = _LOOK_SECONDS, 0
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=1) as http:
            while child.is_alive:
                try:
                    answer = await http.get(f"http://{HOST}:{task.port}{path}")
                    if answer.is_success:
                        task.state = "running"
                        self._journal.event("task.running", service=task.label, port=task.port)
                        begun.set()
                        return
                    task.state = f"not healthy: GET {path} must answer 2xx, and answers {answer.status_code}"
                    pause, bad = min(_LONGEST_LOOK, pause * 2), bad + 1
                    if bad > _BAD_ANSWERS:
                        begun.set()
                except httpx.TransportError:
                    pause = _LOOK_SECONDS
                await asyncio.sleep(pause)

    async def _secrets(self, task: Task) -> dict[str, str]:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"""
        return {one["name"]: await self._secret(task, one["valueFrom"]) for one in task.container.get("secrets") or []}

    async def _secret(self, task: Task, reference: str) -> str:
        parts = reference.split(":")
        arn, (key, *_) = ":".join(parts[:7]), [*parts[7:], ""]
        verdict = self._judge(task.definition.outputs["executionRoleArn"], "secretsmanager:GetSecretValue", arn, {})
        if not verdict.allowed:
            raise LocalError(f"it may not read the secret {arn}: {verdict.why}")
        try:
            value = (await self._cloud.call("secretsmanager", "GetSecretValue", SecretId=arn))["SecretString"]
            return str(json.loads(value)[key]) if key else value
        except AwsError as error:
            raise LocalError(f"the secret {arn} cannot be read: {error}") from None
        except (KeyError, TypeError, ValueError):
            raise LocalError(f"the secret {arn} must be a JSON object with the key {key!r}") from None


def images_of(deployed: Deployed) -> set[str]:
    """Images that the stack, or another one for it, builds from this project."""
    built = {
        uri
        for token, output in (("awsx:ecr:Image", "imageUri"), ("docker-build:index:Image", "ref"))
        for image in deployed.of_type(token)
        if (uri := image.outputs.get(output))
    }
    proven = (box.outputs.get("source_uris") or {} for box in deployed.of_type("webstore:images:Images"))
    return built.union(*(uris.values() for uris in proven))


def _container(service: Resource, definition: Resource) -> Mapping[str, Any]:
    """The container behind the load balancer, else the first that must run."""
    containers = json.loads(definition.outputs["containerDefinitions"])
    balanced = {one["containerName"] for one in service.outputs.get("loadBalancers") or []}
    wanted = [one for one in containers if one["name"] in balanced] or [
        one for one in containers if one.get("essential", True)
    ]
    return wanted[0]


def _label(service: Resource, container: Mapping[str, Any]) -> str:
    own = {one["name"]: one["value"] for one in container.get("environment") or []}
    return own.get(names.SERVICE) or service.name.removesuffix("-service")
