"""Runs the whole program of a stack against the recorder of `offline/recorder.py`, in seconds and without an engine."""

from collections.abc import Callable
from pathlib import Path

from offline.recorder import Recorder, record_store
from tests.stack_files import Config, stack_file

PROJECT = Path(__file__).resolve().parent.parent


def store(stack: str, change: Callable[[Config], object] = lambda _: None) -> Recorder:
    """Run `__main__.py` for `stack`; `change` edits its configuration before."""
    config = stack_file(stack)
    change(config)
    return record_store(PROJECT, stack, config)
