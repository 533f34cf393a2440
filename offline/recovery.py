"""What a killed engine leaves behind, put in order before the next command: its lock, and what it was making."""

import json
import os
import subprocess
from pathlib import Path
from typing import Protocol

from offline.aws.cloud import Cloud
from offline.console import console


class _Workspace(Protocol):
    @property
    def home(self) -> Path: ...
    def checkpoint(self, stack: str) -> dict[str, object]: ...
    def pulumi(self, *arguments: str, capture: bool, given: str | None = None) -> subprocess.CompletedProcess[str]: ...


def release_dead_locks(locks: Path, project: str, stack: str) -> None:
    """Remove the stack's locks whose process is gone: an engine that was killed could not."""
    for lock in locks.glob(f"*/{project}/{stack}/*.json"):
        if not _alive(json.loads(lock.read_text())["pid"]):
            console.print(f"offline: an earlier run of {stack} was killed; its lock is removed")
            lock.unlink()


def recover(workspace: _Workspace, stack: str) -> None:
    """Take what exists of the resources that were being created into the state, and forget the rest.

    On AWS a person looks up their ids; here the simulated cloud knows for which resource it made what.
    """
    if not workspace.checkpoint(stack).get("pending_operations"):
        return
    console.print(f"offline: an earlier run of {stack} was killed; what it was making is looked up")
    exported = json.loads(workspace.pulumi("stack", "export", "--stack", stack, capture=True).stdout)
    deployment = exported["deployment"]
    unfinished = {
        entry["resource"]["urn"]: entry["resource"]
        for entry in deployment.pop("pending_operations")
        if entry["type"] == "creating"
    }
    cloud = Cloud(workspace.home)
    made = {resource.urn: resource.id for resource in cloud.all() if resource.urn in unfinished}
    cloud.close()
    for urn, identifier in made.items():
        # What AWS added to the inputs comes with the refresh below.
        deployment["resources"].append(
            {**unfinished[urn], "id": identifier, "outputs": unfinished[urn].get("inputs", {})}
        )
    workspace.pulumi("stack", "import", "--stack", stack, capture=True, given=json.dumps(exported))
    if made:
        targets = [option for urn in made for option in ("--target", urn)]
        workspace.pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *targets, capture=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
