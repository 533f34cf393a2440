"""What a killed engine leaves behind, put in order before the next command: its lock, and what it was making."""

import json
import os
from pathlib import Path
from typing import Protocol

from offline.aws.cloud import Cloud
from offline.console import console


class _Workspace(Protocol):
    @property
    def home(self) -> Path: ...
    def checkpoint(self, stack: str) -> dict[str, object]: ...
    def pulumi(self, *arguments: str, capture: bool) -> object: ...


def release_dead_locks(locks: Path, project: str, stack: str) -> None:
    """Remove the stack's locks whose process is gone: an engine that was killed could not."""
    for lock in locks.glob(f"*/{project}/{stack}/*.json"):
        if not _alive(json.loads(lock.read_text())["pid"]):
            console.print(f"offline: an earlier run of {stack} was killed; its lock is removed")
            lock.unlink()


def recover(workspace: _Workspace, stack: str) -> None:
    """Take what exists of the resources that were being created into the state, and forget the rest.

    On AWS a person looks up the ids for `pulumi refresh --import-pending-creates`; here the simulated cloud knows for
    which resource it made what.
    """
    operations = workspace.checkpoint(stack).get("pending_operations")
    if not isinstance(operations, list):
        return
    urns = [entry["resource"]["urn"] for entry in operations if entry["type"] == "creating"]
    if not urns:
        return
    cloud = Cloud(workspace.home)
    made = {resource.urn: resource.id for resource in cloud.all()}
    cloud.close()
    pairs = [part for urn in urns if urn in made for part in (urn, made[urn])]
    imports = [option for part in pairs for option in ("--import-pending-creates", part)]
    console.print(f"offline: an earlier run of {stack} was killed; {len(urns)} unfinished resources are looked up")
    refresh = ("refresh", "--yes", "--skip-preview", "--stack", stack)
    if imports:
        workspace.pulumi(*refresh, *imports, capture=True)
    if len(pairs) < 2 * len(urns):
        workspace.pulumi(*refresh, "--clear-pending-creates", capture=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
