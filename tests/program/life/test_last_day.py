"""The last day of a stack, by the commands of `docs/taking-it-down.md`."""

import sqlite3
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from offline.aws.cloud import LIVE
from tests.program.conftest import Stack
from tests.program.life.frame import Change, Changes, Update, deploy

Config = dict[str, Any]


def left(stack: Stack) -> list[tuple[str, str]]:
    """Type and id of everything that lives in offline AWS."""
    with sqlite3.connect(stack.workspace.home / "cloud.sqlite") as cloud:
        return cloud.execute("select token, id from resources where status = ?", (LIVE,)).fetchall()


def test_nothing_is_left_of_a_stack_without_protection(dev: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = deploy(dev, None, tmp_path_factory.mktemp("gone"))
    assert left(stack)
    done = stack.destroy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert left(stack) == []


def without_protection(config: Config) -> None:
    config["web-store:environment"] |= {"profile": "dev", "protect": False}


class TestProductionGoes(Changes):
    BASE = "prod"
    STEPS: ClassVar = [[Change("protection is taken off", without_protection, {"aws:*": "update"})]]

    def test_then_it_is_destroyed(self, updates: Sequence[Update], stack: Stack) -> None:
        assert updates
        done = stack.destroy()
        assert done.returncode == 0, done.stdout + done.stderr
        assert left(stack) == []
