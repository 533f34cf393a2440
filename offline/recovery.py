"""Cleans up before the next command what a killed engine left behind: its lock, and resources missing in the state."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from offline.aws.cloud import Cloud
from offline.console import console


def release_dead_locks(locks: Path, project: str, stack: str) -> bool:
    """Remove the stack's locks whose process is gone: an engine that was killed could not.

    Returns:
        Whether there was one.
    """
    dead = [
        lock for lock in locks.glob(f"*/{project}/{stack}/*.json") if not _alive(json.loads(lock.read_text())["pid"])
    ]
    for lock in dead:
        console.print(f"offline: an earlier run of {stack} was killed; its lock is removed")
        lock.unlink()
    return bool(dead)


def recover(home: Path, project: str, stack: str, recorded: Iterable[Mapping[str, Any]]) -> None:
    """Remove from the simulated cloud what the killed run made: the state, written at its end, does not contain it.

    On AWS the state is written at every step; only resources under way are lost, and must be looked up by hand.

    Args:
        recorded: Resources of the stack's state.
    """
    known = {entry["urn"] for entry in recorded}
    cloud = Cloud(home)
    lost = [
        resource
        for resource in cloud.all()
        if resource.urn.startswith(f"urn:pulumi:{stack}::{project}::") and resource.urn not in known
    ]
    with cloud.transaction():
        for resource in lost:
            cloud.remove(resource)
    cloud.close()
    if lost:
        console.print(f"offline: {len(lost)} resources that it made are removed from the simulated cloud")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
