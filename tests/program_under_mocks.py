"""Runs the whole program of a stack against the recorder of `offline/recorder.py`, in seconds and without an engine."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from offline.recorder import Recorder, record_store

PROJECT = Path(__file__).resolve().parent.parent
Config = dict[str, Any]


def store(stack: str, change: Callable[[Config], object] = lambda _: None) -> Recorder:
    """Run `__main__.py` for `stack`; `change` edits the stack file's `config` before."""
    config: Config = copy.deepcopy(yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"])
    change(config)
    return record_store(PROJECT, stack, config)
