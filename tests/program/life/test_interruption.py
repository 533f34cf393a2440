"""What is left when an update is cut off, and how the next one goes on."""

import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from offline.aws.cloud import Cloud
from tests.program.conftest import Stack

_CREATED_BEFORE_THE_KILL = 60
Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


def existing(stack: Stack) -> list[str]:
    """URNs of what there is in the simulated cloud; empty ones of what dynamic providers made."""
    cloud = Cloud(stack.workspace.home)
    urns = [resource.urn for resource in cloud.all()]
    cloud.close()
    return urns


def test_an_update_that_was_killed_can_be_run_again_and_removed(variant: Variant) -> None:
    stack = variant("dev", dict.copy)
    command = ["pulumi", "-C", str(stack.workspace.folder), "--non-interactive", "up", "--yes", "--skip-preview"]
    with subprocess.Popen(
        [*command, "--stack", stack.name],
        env=stack.workspace.environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as engine:
        assert engine.stdout
        created = (line for line in engine.stdout if " created (" in line)
        for _ in range(_CREATED_BEFORE_THE_KILL):
            next(created)
        os.killpg(engine.pid, signal.SIGKILL)
    assert existing(stack)
    assert stack.resources == [], "the state is written at the end"

    stack.workspace.prepare(stack.name)
    # What dynamic providers made stays, as on AWS: the next update takes it over.
    assert [urn for urn in existing(stack) if urn] == []
    again = stack.up("--skip-preview")
    assert again.returncode == 0, again.stdout + again.stderr
    assert stack.preview("--expect-no-changes").returncode == 0

    gone = stack.destroy()
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert stack.resources == []
    assert existing(stack) == []
