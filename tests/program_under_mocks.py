"""Runs the whole program of a stack against the recorder of `tests/mocks.py`, in seconds and without an engine."""

import copy
import gc
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime import set_all_config

from tests.mocks import Recorder, record

PROJECT = Path(__file__).resolve().parent.parent
Config = dict[str, Any]


def store(stack: str, change: Callable[[Config], object] = lambda _: None) -> Recorder:
    """Run `__main__.py` for `stack`; `change` edits the stack file's `config` before."""
    config: Config = copy.deepcopy(yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"])
    change(config)

    def program() -> None:
        set_all_config({key: json.dumps(value) for key, value in config.items()})
        runpy.run_path(str(PROJECT / "__main__.py"))

    try:
        return record(program, stack=stack)
    finally:
        gc.enable()  # the program does without collections
        set_all_config({})
